//! A study as an array job: submitted, looked at, cancelled.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::answers::{Job, Standing};
use super::commands::{Slurm, SlurmError};
use super::record::{CellTask, Submission, Submissions};
use super::script::Script;

/// How a study's cells are to be submitted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// At most this many tasks at a time; `None`: as many as Slurm lets.
    pub at_once: Option<usize>,
    /// Options of `sbatch`, each one argument.
    pub options: Vec<String>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// A new job of so many cells.
    Job(Job, usize),
    /// Every cell waits or runs already.
    Nothing,
}

/// Variables that decide where data, runs and a person's own settings are looked for.
const VARIABLES: [&str; 3] = ["MUG_RUNS_DIR", "MUG_DATA_DIR", "MUG_CONFIG_DIR"];

impl Request {
    /// The batch script for cells of the study in a folder, each by its name.
    ///
    /// # Errors
    /// An option that cannot be passed on, or a path that is no text.
    pub fn script(&self, study: &Path, cells: &[String]) -> Result<String, SlurmError> {
        let program = std::env::current_exe().map_err(|source| SlurmError::Program { source })?;
        let study = absolute(study)?;
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let variables = VARIABLES.into_iter().filter_map(|name| Some((name, set(name)?)));
        let variables = variables.map(|(name, value)| Ok((name.to_owned(), absolute(Path::new(&value))?)));
        Script {
            name: study.file_name().map_or_else(|| "study".into(), |name| name.to_string_lossy().into_owned()),
            program,
            study,
            cells: cells.to_vec(),
            at_once: self.at_once,
            options: self.options.clone(),
            variables: variables.collect::<Result<_, SlurmError>>()?,
        }
        .text()
    }

    /// Submits those of the cells that do not wait or run already, as one array job, and notes it in the study's folder.
    ///
    /// # Errors
    /// Slurm is not there or refuses, or the folder cannot be written; then nothing is left in the queue.
    pub fn submit(&self, slurm: &Slurm, study: &Path, cells: &[String]) -> Result<Submitted, SlurmError> {
        let mut submissions = Submissions::read(study)?;
        let known = submissions.ask(slurm)?;
        let cells: Vec<String> =
            cells.iter().filter(|&cell| !known.get(cell).is_some_and(CellTask::is_live)).cloned().collect();
        if cells.is_empty() {
            return Ok(Submitted::Nothing);
        }
        let script = self.script(study, &cells)?;
        // What a task prints goes there, and Slurm makes no folder.
        let logs = study.join("slurm");
        std::fs::create_dir_all(&logs).map_err(crate::run::FileError::new("make the folder", &logs))?;
        let (job, count) = (slurm.submit(&script)?, cells.len());
        let submission = Submission { job: job.clone(), cells };
        if let Err(error) = submissions.add(study, submission) {
            // Nobody would know of it. Where it cannot be cancelled either, the first error still says what to mend.
            let _ = slurm.cancel(&job);
            return Err(error);
        }
        Ok(Submitted::Job(job, count))
    }
}

/// The longest that tasks that were cancelled may take: Slurm kills them after half a minute, unless it is set otherwise.
const LAST_WORDS: Duration = Duration::from_secs(90);

/// Cancels every array of a study that has a task in the queue or running, waits for the ends of their tasks, and tells which
/// these are.
///
/// # Errors
/// Slurm is not there or refuses.
pub fn cancel(slurm: &Slurm, study: &Path) -> Result<Vec<Job>, SlurmError> {
    let mut cancelled = Vec::new();
    for Submission { job, .. } in Submissions::read(study)?.jobs {
        if is_live(slurm, &job)? {
            slurm.cancel(&job)?;
            cancelled.push(job);
        }
    }
    let begun = Instant::now();
    for job in &cancelled {
        while is_live(slurm, job)? && begun.elapsed() < LAST_WORDS {
            std::thread::sleep(Duration::from_millis(500));
        }
    }
    Ok(cancelled)
}

fn is_live(slurm: &Slurm, job: &Job) -> Result<bool, SlurmError> {
    Ok(slurm.tasks(job)?.iter().any(|task| task.standing() != Standing::Ended))
}

fn absolute(path: &Path) -> Result<PathBuf, SlurmError> {
    std::path::absolute(path).map_err(|_| SlurmError::Path { path: path.to_owned() })
}

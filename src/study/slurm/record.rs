//! Which array job has which cells of a study: `slurm.json` in the study's folder, written at each submission.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::answers::{Job, Standing, Task};
use super::commands::{Slurm, SlurmError};
use crate::files;
use crate::run::{FileError, write_atomically};

/// One submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    #[serde(flatten)]
    pub job: Job,
    /// The cell of each task, in the order of the array.
    pub cells: Vec<String>,
}

/// All submissions of a study, the latest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submissions {
    pub jobs: Vec<Submission>,
}

/// What Slurm says of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellTask {
    pub job: Job,
    /// `None`: Slurm no longer knows it.
    pub task: Option<Task>,
}

impl CellTask {
    /// It waits in the queue or runs.
    pub fn is_live(&self) -> bool {
        self.task.as_ref().is_some_and(|task| task.standing() != Standing::Ended)
    }

    /// In words: `job 1234: pending (Resources)`, `job 1234: Slurm no longer knows it`.
    pub fn words(&self) -> String {
        let state = self.task.as_ref().map_or_else(|| "Slurm no longer knows it".to_owned(), Task::words);
        format!("job {}: {state}", self.job)
    }
}

fn path(study: &Path) -> PathBuf {
    study.join("slurm.json")
}

impl Submissions {
    /// Those of a study's folder; none where it never was submitted.
    ///
    /// # Errors
    /// A file that cannot be read or is not ours.
    pub fn read(study: &Path) -> Result<Submissions, SlurmError> {
        let path = path(study);
        match files::read_text(&path, files::LONGEST_TEXT) {
            Ok(text) => serde_json::from_str(&text).map_err(|e| SlurmError::Record { path, message: e.to_string() }),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Submissions::default()),
            Err(e) => Err(FileError::new("read", &path)(e).into()),
        }
    }

    /// Adds one and writes the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, study: &Path, submission: Submission) -> Result<(), SlurmError> {
        self.jobs.push(submission);
        let path = path(study);
        let text = serde_json::to_string_pretty(self)
            .map_err(|e| SlurmError::Record { path: path.clone(), message: e.to_string() })?;
        Ok(write_atomically(&path, |w| writeln!(w, "{text}"))?)
    }

    /// What Slurm says of each cell that was ever submitted, by its latest submission.
    ///
    /// # Errors
    /// `squeue` is not there or does not answer.
    pub fn ask(&self, slurm: &Slurm) -> Result<BTreeMap<String, CellTask>, SlurmError> {
        let mut cells: BTreeMap<String, CellTask> = BTreeMap::new();
        for Submission { job, cells: names } in self.jobs.iter().rev() {
            // A job all of whose cells were submitted again need not be asked for.
            if names.iter().all(|name| cells.contains_key(name)) {
                continue;
            }
            let tasks = slurm.tasks(job)?;
            for (index, name) in names.iter().enumerate() {
                let task = || tasks.iter().find(|task| task.index == index).cloned();
                cells.entry(name.clone()).or_insert_with(|| CellTask { job: job.clone(), task: task() });
            }
        }
        Ok(cells)
    }
}

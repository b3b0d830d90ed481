//! Slurm's commands, called: each with a limit of time, its message handed on where it refuses.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::answers::{self, Job, SQUEUE_FORMAT, Standing, Task};

/// What went wrong between this program and Slurm.
#[derive(Debug, thiserror::Error)]
pub enum SlurmError {
    #[error(
        "cannot find {program}: Slurm is not installed on this machine, or not in PATH; submit from a machine that has it, or \
         leave --slurm out to run the study here"
    )]
    Missing { program: String },
    #[error("cannot call {program}: {source}")]
    Call { program: String, source: io::Error },
    #[error("{program} refused: {said}{}", advice(said))]
    Refused { program: String, said: String },
    #[error("{program} did not answer within {seconds} s; see whether the cluster does: scontrol ping")]
    Silent { program: String, seconds: u64 },
    #[error(
        "sbatch answered {found:?}; expected the job's number. If it was submitted, squeue --me shows it and scancel ends it"
    )]
    Answer { found: String },
    #[error("--slurm-arg {option:?} cannot be passed on: {why}")]
    Option { option: String, why: String },
    #[error("cannot tell where this program lies, which the batch script has to name: {source}")]
    Program { source: io::Error },
    #[error("{path:?} cannot stand in a batch script; use a path of plain text without line breaks")]
    Path { path: PathBuf },
    #[error(transparent)]
    File(#[from] crate::run::FileError),
    #[error("{path}: {message}; it was written by another version of mug or changed by hand")]
    Record { path: PathBuf, message: String },
}

/// Slurm's commands.
#[derive(Clone, Debug)]
pub struct Slurm {
    /// Where they lie; `None`: in `PATH`.
    folder: Option<PathBuf>,
    patience: Duration,
}

/// Longer than Slurm's own commands wait for a controller that is busy.
const PATIENCE: Duration = Duration::from_secs(120);
/// More than any answer of use. What is longer is cut there.
const LONGEST: u64 = 256 << 20;

impl Default for Slurm {
    /// As `PATH` has them.
    fn default() -> Slurm {
        Slurm { folder: None, patience: PATIENCE }
    }
}

impl Slurm {
    /// Those in a folder, each given this long to answer.
    pub fn in_folder(folder: &Path, patience: Duration) -> Slurm {
        Slurm { folder: Some(folder.to_owned()), patience }
    }

    /// Submits a batch script.
    ///
    /// # Errors
    /// `sbatch` is not there, refuses, or answers something else.
    pub fn submit(&self, script: &str) -> Result<Job, SlurmError> {
        let answer = self.call("sbatch", ["--parsable"], script)?;
        answers::sbatch(&answer).ok_or(SlurmError::Answer { found: answer })
    }

    /// The tasks of an array that Slurm still knows, waiting, running and ended: from `squeue`, and from `sacct` those that
    /// `squeue` has forgotten, some minutes after their end. Where no accounting is kept, those are not told.
    ///
    /// # Errors
    /// `squeue` is not there or does not answer.
    pub fn tasks(&self, job: &Job) -> Result<Vec<Task>, SlurmError> {
        let mut tasks = self.known(job)?;
        let live = |tasks: &[Task]| tasks.iter().any(|task| task.standing() != Standing::Ended);
        if !live(&tasks) || tasks.is_empty() {
            for task in self.accounted(job).unwrap_or_default() {
                if !tasks.iter().any(|known| known.index == task.index) {
                    tasks.push(task);
                }
            }
        }
        tasks.sort_by_key(|task| task.index);
        Ok(tasks)
    }

    /// Takes an array out of the queue. Tasks that run are told by SIGTERM, and killed half a minute later. A job that Slurm
    /// no longer knows is no error.
    ///
    /// # Errors
    /// `scancel` is not there or refuses.
    pub fn cancel(&self, job: &Job) -> Result<(), SlurmError> {
        match self.call("scancel", of(job, &[&job.id.to_string()]), "") {
            Ok(_) => Ok(()),
            Err(SlurmError::Refused { said, .. }) if is_unknown(&said) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn known(&self, job: &Job) -> Result<Vec<Task>, SlurmError> {
        let (jobs, format) = (format!("--jobs={}", job.id), format!("--format={SQUEUE_FORMAT}"));
        match self.call("squeue", of(job, &["--noheader", "--array", "--states=all", &jobs, &format]), "") {
            Ok(answer) => Ok(answers::squeue(&answer)),
            Err(SlurmError::Refused { said, .. }) if is_unknown(&said) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn accounted(&self, job: &Job) -> Option<Vec<Task>> {
        let answer = self.call("sacct", of(job, &["--json", &format!("--jobs={}", job.id)]), "").ok()?;
        answers::sacct(&answer, job.id)
    }

    /// Standard output of a command that succeeds.
    fn call<S: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
        input: &str,
    ) -> Result<String, SlurmError> {
        let path = self.folder.as_ref().map_or_else(|| PathBuf::from(program), |folder| folder.join(program));
        let mut command = Command::new(path);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (status, out, err) =
            answer_of(&mut command, input, self.patience).map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => SlurmError::Missing { program: program.to_owned() },
                io::ErrorKind::TimedOut => {
                    SlurmError::Silent { program: program.to_owned(), seconds: self.patience.as_secs() }
                }
                _ => SlurmError::Call { program: program.to_owned(), source },
            })?;
        if status.success() {
            return Ok(out);
        }
        let said = [err.trim(), out.trim()].into_iter().find(|text| !text.is_empty());
        let said = said.map_or_else(|| format!("{status}, without a word"), str::to_owned);
        Err(SlurmError::Refused { program: program.to_owned(), said })
    }
}

/// The arguments of a command on a job, with its cluster where there are several.
fn of(job: &Job, arguments: &[&str]) -> Vec<String> {
    let cluster = job.cluster.iter().map(|name| format!("--clusters={name}"));
    cluster.chain(arguments.iter().map(|&a| a.to_owned())).collect()
}

/// What to try, where Slurm's words do not say it.
fn advice(said: &str) -> &'static str {
    if said.contains("Invalid job array specification") {
        return "; a study has a task for each cell, and the cluster allows MaxArraySize of them (scontrol show config): \
                choose fewer seeds or variants for each submission";
    }
    ""
}

/// How Slurm says that it knows no such job.
fn is_unknown(said: &str) -> bool {
    said.contains("Invalid job id")
}

/// Status, standard output and standard error. A command that takes longer than `patience` is killed:
/// [`io::ErrorKind::TimedOut`].
fn answer_of(command: &mut Command, input: &str, patience: Duration) -> io::Result<(ExitStatus, String, String)> {
    let mut child = command.spawn()?;
    let (out, err) = (read(child.stdout.take()), read(child.stderr.take()));
    let written = child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(input.as_bytes()));
    let status = wait(&mut child, patience)?;
    // A command that refuses need not read what it is given.
    match written {
        Err(e) if status.success() && e.kind() != io::ErrorKind::BrokenPipe => Err(e),
        _ => Ok((status, out.join().unwrap_or_default(), err.join().unwrap_or_default())),
    }
}

fn wait(child: &mut Child, patience: Duration) -> io::Result<ExitStatus> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if begin.elapsed() >= patience {
            child.kill()?;
            child.wait()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Reads to the end, beside whoever waits for the process.
fn read(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What cannot be read is missing; the status tells whether it matters.
        let _ = pipe.map(|pipe| pipe.take(LONGEST).read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

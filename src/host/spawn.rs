//! Starts a run's process so that it outlives whoever started it.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::client;
use super::prepare::{PrepareError, check_ready, check_restart};
use crate::run::FileError;
use crate::run::directory::RunDir;
use crate::run::lock;
use crate::training::events::Stage;

/// Why a run's process did not start.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    #[error("run {run} is being trained already; attach to it with mug attach {run}")]
    Alive { run: String },
    #[error("cannot start {program}: {source}")]
    Start { program: PathBuf, source: io::Error },
    #[error("the run's process ended at once ({status}); it said:\n{said}")]
    Died { status: ExitStatus, said: String },
    #[error("the run's process {pid} did not answer within {seconds} s; look into {log}")]
    Silent { pid: u32, seconds: u64, log: PathBuf },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Prepare(Box<PrepareError>),
}

impl From<PrepareError> for SpawnError {
    fn from(error: PrepareError) -> Self {
        SpawnError::Prepare(error.into())
    }
}

/// How long a new process may take until it answers; it listens before it opens any data.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts `mug host DIR` detached from the terminal and waits until it answers; returns its process id.
///
/// # Errors
/// Somebody trains the run already, its manifest or its data stand in the way, or the new process did not come up; then with the end of its log.
pub fn start_detached(dir: &RunDir, resume: bool) -> Result<u32, SpawnError> {
    start_program(&this_program(), dir, resume.then_some(OsStr::new("--resume")).as_slice())
}

/// As [`start_detached`] with `resume`, beginning one stage (and those after it) anew.
///
/// # Errors
/// As [`start_detached`].
pub fn restart_detached(dir: &RunDir, stage: Stage) -> Result<u32, SpawnError> {
    check_restart(dir, stage)?;
    start_program(&this_program(), dir, &["--resume", "--restart", stage.name()].map(OsStr::new))
}

/// As [`start_detached`] with `resume`, going on with a stage that was ended early.
///
/// # Errors
/// As [`start_detached`].
pub fn continue_detached(dir: &RunDir, stage: Stage) -> Result<u32, SpawnError> {
    start_program(&this_program(), dir, &["--resume", "--continue", stage.name()].map(OsStr::new))
}

/// This program, also where its file was replaced or deleted since it started.
fn this_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { running } else { std::env::current_exe().unwrap_or_else(|_| PathBuf::from("mug")) }
}

fn start_program(program: &Path, dir: &RunDir, options: &[&OsStr]) -> Result<u32, SpawnError> {
    if lock::is_alive(dir) {
        return Err(SpawnError::Alive { run: dir.name().to_owned() });
    }
    check_ready(dir)?;
    let path = dir.log_path();
    let open = || -> io::Result<(File, File, u64)> {
        let log = OpenOptions::new().create(true).append(true).open(&path)?;
        Ok((log.try_clone()?, log.try_clone()?, log.metadata()?.len()))
    };
    let (out, err, begin) = open().map_err(FileError::new("open", &path))?;
    let mut command = Command::new(program);
    // The new process makes a session of its own as its first act (`leave_the_terminal`). It must not be made a group's
    // leader here: a leader cannot.
    command.arg0("mug").arg("host").arg(dir.path()).args(options);
    command.stdin(Stdio::null()).stdout(out).stderr(err);
    let mut child = command.spawn().map_err(|source| SpawnError::Start { program: program.to_owned(), source })?;
    let result = wait_for(&mut child, dir, begin);
    // Somebody has to take note of its end, or it stays in the process table while this program lives.
    std::thread::spawn(move || child.wait());
    result
}

fn wait_for(child: &mut Child, dir: &RunDir, begin: u64) -> Result<u32, SpawnError> {
    let (pid, start) = (child.id(), Instant::now());
    while start.elapsed() < PATIENCE {
        if let Ok(Some(status)) = child.try_wait() {
            // One that was done this quickly was still there.
            return if status.success() { Ok(pid) } else { Err(SpawnError::Died { status, said: said(dir, begin) }) };
        }
        if let Some(holder) = lock::holder(dir).filter(|h| h.pid == pid) {
            // Without a socket it trains all the same, and its log says why there is none.
            if holder.socket.is_none() || client::connect(dir, mpsc::channel().0).is_ok() {
                return Ok(pid);
            }
        }
        std::thread::sleep(Duration::from_millis(15));
    }
    Err(SpawnError::Silent { pid, seconds: PATIENCE.as_secs(), log: dir.log_path() })
}

/// The end of what was logged from `begin` on.
fn said(dir: &RunDir, begin: u64) -> String {
    const MOST: u64 = 4096;
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(dir.log_path())?;
        let from = file.metadata()?.len().saturating_sub(MOST).max(begin);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let text = read().map(|b| String::from_utf8_lossy(&b).trim().to_owned()).unwrap_or_default();
    if text.is_empty() { "nothing".to_owned() } else { text }
}

/// Gives this process a session of its own, without a terminal: what happens to the terminal it was started from no
/// longer concerns it.
pub fn leave_the_terminal() {
    // Refused only to a leader of its group, which a process started by hand from a shell is; SIGHUP is taken anyway.
    let _ = rustix::process::setsid();
}

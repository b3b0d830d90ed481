//! Starts a run's process so that it outlives whoever started it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::client;
use super::prepare::{PrepareError, check_ready, check_restart};
use crate::device;
use crate::files;
use crate::run::FileError;
use crate::run::directory::RunDir;
use crate::run::lock::{self, LockError, RunLock};
use crate::training::events::{Body, Event, Stage};

/// Why a run's process did not start.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("cannot start {program}: {source}")]
    Start { program: PathBuf, source: io::Error },
    #[error("the run's process ended at once ({status}); it said:\n{said}")]
    Died { status: ExitStatus, said: String },
    #[error("the run's process {pid} did not answer within {seconds} s; look into {log}")]
    Silent { pid: u32, seconds: u64, log: PathBuf },
    #[error("run {run} failed before it trained: {message}")]
    Failed { run: String, message: String },
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
pub fn start_detached(dir: &RunDir) -> Result<u32, SpawnError> {
    start_program(&this_program(), dir, &[], Share::default(), &mut |_| {})
}

/// What a worker of many may take of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Threads that compute on the CPU; `None`: one a core.
    pub threads: Option<usize>,
    /// Which of the adapters that `mug devices` lists, from 0; `None`: the best.
    pub gpu: Option<usize>,
}

/// As [`start_detached`] for a run that is one of many: a new one, or with `resume` one that goes on from its last
/// checkpoint.
///
/// # Errors
/// As [`start_detached`].
pub fn start_worker(dir: &RunDir, resume: bool, share: Share, tell: &mut dyn FnMut(&str)) -> Result<u32, SpawnError> {
    let options = if resume { vec![OsStr::new("--resume")] } else { Vec::new() };
    start_program(&this_program(), dir, &options, share, tell)
}

/// Where a run that is taken up goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    LastCheckpoint,
    /// A stage is begun anew, and those after it.
    Anew(Stage),
    /// Where a stage was ended early.
    AfterCut(Stage),
}

/// Starts a process that goes on with a run. `tell` gets a message where it has to be waited first.
///
/// # Errors
/// As [`start_detached`]; a stage that cannot be begun anew.
pub fn take_up(dir: &RunDir, begin: Begin, tell: &mut dyn FnMut(&str)) -> Result<u32, SpawnError> {
    let options = match begin {
        Begin::LastCheckpoint => vec!["--resume"],
        Begin::Anew(stage) => {
            check_restart(dir, stage)?;
            vec!["--resume", "--restart", stage.name()]
        }
        Begin::AfterCut(stage) => vec!["--resume", "--continue", stage.name()],
    };
    let options: Vec<&OsStr> = options.into_iter().map(OsStr::new).collect();
    start_program(&this_program(), dir, &options, Share::default(), tell)
}

/// How long a process that was started is watched making data and model ready; what fails at once, fails sooner.
const PREPARATION: Duration = Duration::from_secs(20);

/// Waits until a process that was just started trains: true once it does, false where it is still making ready. `from` is
/// the length of the run's events before it was started.
///
/// # Errors
/// It failed, or died; why.
pub fn wait_until_training(dir: &RunDir, from: u64) -> Result<bool, SpawnError> {
    let begin = Instant::now();
    let failed = |message: String| Err(SpawnError::Failed { run: dir.name().to_owned(), message });
    while begin.elapsed() < PREPARATION {
        // Asked before the events are read: a process that has ended by now has written all of its events.
        let alive = lock::is_alive(dir);
        for event in events_from(&dir.events_path(), from) {
            match event.body {
                Body::Fault { message } => return failed(message),
                Body::Step { .. } | Body::Epoch { .. } | Body::Paused | Body::Stopped | Body::Finished { .. } => {
                    return Ok(true);
                }
                _ => {}
            }
        }
        if !alive {
            return failed(format!("its process died; look into {}", dir.log_path().display()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(false)
}

/// The first events that were recorded behind byte `from`; none where the file cannot be read.
fn events_from(path: &Path, from: u64) -> Vec<Event> {
    const MOST: u64 = 1 << 20;
    let read = || -> io::Result<Vec<u8>> {
        let mut file = files::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    bytes.split(|&b| b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// The number of threads that compute, as rayon reads it.
const THREADS: &str = "RAYON_NUM_THREADS";

/// This program, also where its file was replaced or deleted since it started.
pub fn this_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { running } else { std::env::current_exe().unwrap_or_else(|_| PathBuf::from("mug")) }
}

fn start_program(
    program: &Path,
    dir: &RunDir,
    options: &[&OsStr],
    share: Share,
    tell: &mut dyn FnMut(&str),
) -> Result<u32, SpawnError> {
    // Taken for a moment, so that whatever is to be waited for is waited for here, where somebody can be told.
    drop(RunLock::acquire(dir, tell)?);
    check_ready(dir)?;
    let path = dir.log_path();
    let open = || -> io::Result<(File, File, u64)> {
        let log = files::open_to_append(&path)?;
        Ok((log.try_clone()?, log.try_clone()?, log.metadata()?.len()))
    };
    let (out, err, begin) = open().map_err(FileError::new("open", &path))?;
    let mut command = Command::new(program);
    // The new process makes a session of its own as its first act (`leave_the_terminal`). It must not be made a group's
    // leader here: a leader cannot.
    command.arg0("mug").arg("host").arg(dir.path()).args(options);
    command.stdin(Stdio::null()).stdout(out).stderr(err);
    // What the user says of threads holds.
    if let Some(threads) = share.threads.filter(|_| std::env::var_os(THREADS).is_none()) {
        command.env(THREADS, threads.to_string());
    }
    if let Some(gpu) = share.gpu {
        command.env(device::GPU, gpu.to_string());
    }
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
            // A run that short may have ended already: then the process did start.
            return if status.success() { Ok(pid) } else { Err(SpawnError::Died { status, said: said(dir, begin) }) };
        }
        if let Some(holder) = lock::holder(dir).filter(|h| h.pid == pid) {
            // Without a socket it trains all the same, and its log says why there is none.
            if holder.socket.is_none() || client::connect_to_command(dir, mpsc::channel().0).is_ok() {
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
        let mut file = files::open(&dir.log_path())?;
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

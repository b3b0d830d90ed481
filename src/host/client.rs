//! The viewer's side of the socket: blocking, one thread that reads.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use super::place::{self, PlaceError};
use super::wire::{self, Down, Up, WireError};
use crate::run::directory::RunDir;
use crate::run::lock::{self, Holder};
use crate::training::events::Command;

/// Why there is no link to a run's process.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no process trains run {run} now; mug resume {run} takes it up again")]
    NotRunning { run: String },
    #[error("run {run} is trained on {machine}; go there, or watch it from here with mug attach --follow {path}")]
    Elsewhere { run: String, machine: String, path: PathBuf },
    #[error("run {run} has no socket (its log says why); watch it with mug attach --follow {path}")]
    NoSocket { run: String, path: PathBuf },
    #[error("the process of the run does not answer on {path}: {message}")]
    Silent { path: PathBuf, message: String },
    /// It answered that it does not serve this link, and why.
    #[error("{reason}")]
    TurnedAway { reason: String },
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("the link to the run's process broke: {0}")]
    Broken(io::Error),
}

/// What comes over a link.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkEvent {
    /// The first event of every link.
    Hello {
        /// The host's program version.
        version: String,
        run: String,
        pid: u32,
        /// Length of `events.jsonl`.
        recorded: u64,
    },
    /// `events.jsonl` has grown to this length: time to poll the tail.
    Recorded {
        bytes: u64,
    },
    /// Training was told; the events show when it has happened.
    Accepted(Command),
    Refused {
        command: Command,
        reason: String,
    },
    /// Events cannot be written and the run is parked; `None`: over.
    Trouble {
        message: Option<String>,
    },
    /// The last event of every link: the run ended, or its process vanished.
    Closed {
        reason: String,
    },
}

/// How long connecting, the hello and the sending of a command may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A link to a run's process; dropping it leaves the run going.
#[derive(Debug)]
pub struct Link {
    stream: UnixStream,
    number: AtomicU64,
}

/// Links to a run's process. From then on `notify` gets what it says, from a thread that ends with the link or with the
/// receiver.
///
/// # Errors
/// Nobody trains the run, or not on this machine, or the socket is not answered within five seconds.
pub fn connect(dir: &RunDir, notify: Sender<LinkEvent>) -> Result<Link, ClientError> {
    connect_as(dir, false, notify)
}

/// As [`connect`], for a command: it is let in however many viewers the run has.
///
/// # Errors
/// As [`connect`].
pub fn connect_to_command(dir: &RunDir, notify: Sender<LinkEvent>) -> Result<Link, ClientError> {
    connect_with(dir, Down::Errand { version: env!("CARGO_PKG_VERSION").to_owned() }, notify)
}

/// As [`connect`]; the host refuses commands of a read-only link.
///
/// # Errors
/// As [`connect`].
pub fn connect_as(dir: &RunDir, read_only: bool, notify: Sender<LinkEvent>) -> Result<Link, ClientError> {
    connect_with(dir, Down::Hello { version: env!("CARGO_PKG_VERSION").to_owned(), read_only }, notify)
}

fn connect_with(dir: &RunDir, hello: Down, notify: Sender<LinkEvent>) -> Result<Link, ClientError> {
    let run = || dir.name().to_owned();
    if !lock::is_alive(dir) {
        return Err(ClientError::NotRunning { run: run() });
    }
    // A host that is just starting holds the lock and has not said yet who it is; one whose `host.lock` was deleted says it
    // anew within a second.
    let mut holder = None;
    for _ in 0..200 {
        holder = lock::holder(dir);
        if holder.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let holder = holder.ok_or_else(|| ClientError::NoSocket { run: run(), path: dir.path().to_owned() })?;
    // A container's socket lies in a place of its own, unless that is shared.
    let is_hidden = |h: &Holder| h.is_contained() && h.socket.as_ref().is_none_or(|s| !s.exists());
    if holder.is_elsewhere() || is_hidden(&holder) {
        let path = dir.path().to_owned();
        return Err(ClientError::Elsewhere { run: run(), machine: holder.machine, path });
    }
    let path = holder.socket.ok_or_else(|| ClientError::NoSocket { run: run(), path: dir.path().to_owned() })?;
    if let Some(folder) = path.parent() {
        place::check_private(folder)?;
    }
    open(path, hello, notify)
}

/// Connects and shakes hands on a thread of its own, which then goes on reading: connecting to a host that is stopped can
/// take forever.
fn open(path: PathBuf, hello: Down, notify: Sender<LinkEvent>) -> Result<Link, ClientError> {
    let (tell, told) = mpsc::channel();
    let at = path.clone();
    std::thread::Builder::new()
        .name("link".into())
        .spawn(move || {
            let mut stream = match shake_hands(&at, &hello, &notify) {
                Ok((stream, kept)) => {
                    // Nobody waits any longer: the stream is closed by being dropped.
                    if tell.send(Ok(kept)).is_err() {
                        return;
                    }
                    stream
                }
                Err(e) => {
                    let _ = tell.send(Err(e));
                    return;
                }
            };
            let reason = read_on(&mut stream, &notify);
            let _ = notify.send(LinkEvent::Closed { reason });
        })
        .map_err(ClientError::Broken)?;
    match told.recv_timeout(2 * PATIENCE) {
        Ok(result) => result.map(|stream| Link { stream, number: AtomicU64::new(0) }),
        Err(_) => Err(ClientError::Silent { path, message: "it neither accepts nor refuses".into() }),
    }
}

fn shake_hands(
    path: &PathBuf,
    hello: &Down,
    notify: &Sender<LinkEvent>,
) -> Result<(UnixStream, UnixStream), ClientError> {
    let silent = |e: io::Error| ClientError::Silent { path: path.clone(), message: e.to_string() };
    let mut stream = UnixStream::connect(path).map_err(silent)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(silent)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(silent)?;
    // A process that has hung up already has said why before.
    match stream.write_all(&wire::encode(hello)?) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => return Err(silent(e)),
        _ => {}
    }
    match read_frame(&mut stream).map_err(|e| match e {
        ReadError::Io(e) => silent(e),
        ReadError::Wire(e) => e.into(),
    })? {
        Up::Hello { version, run, pid, recorded } => {
            let _ = notify.send(LinkEvent::Hello { version, run, pid, recorded });
        }
        Up::Ended { reason } => return Err(ClientError::TurnedAway { reason }),
        other => return Err(WireError::Message(format!("expected a hello, found {other:?}")).into()),
    }
    stream.set_read_timeout(None).map_err(silent)?;
    let kept = stream.try_clone().map_err(silent)?;
    Ok((stream, kept))
}

enum ReadError {
    Io(io::Error),
    Wire(WireError),
}

fn read_frame(stream: &mut UnixStream) -> Result<Up, ReadError> {
    let mut head = [0; wire::HEAD];
    stream.read_exact(&mut head).map_err(ReadError::Io)?;
    let mut body = vec![0; wire::body_length(head).map_err(ReadError::Wire)?];
    stream.read_exact(&mut body).map_err(ReadError::Io)?;
    wire::decode(&body).map_err(ReadError::Wire)
}

/// Passes on what comes; returns why nothing comes any more.
fn read_on(stream: &mut UnixStream, notify: &Sender<LinkEvent>) -> String {
    loop {
        let event = match read_frame(stream) {
            Ok(Up::Hello { version, run, pid, recorded }) => LinkEvent::Hello { version, run, pid, recorded },
            Ok(Up::Recorded { bytes }) => LinkEvent::Recorded { bytes },
            Ok(Up::Accepted { command, .. }) => LinkEvent::Accepted(command),
            Ok(Up::Refused { command, reason, .. }) => LinkEvent::Refused { command, reason },
            Ok(Up::Trouble { message }) => LinkEvent::Trouble { message },
            Ok(Up::Ended { reason }) => return reason,
            Err(ReadError::Wire(e)) => return e.to_string(),
            Err(ReadError::Io(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                return "the run's process closed the link".to_owned();
            }
            Err(ReadError::Io(e)) => return format!("the link to the run's process broke: {e}"),
        };
        if notify.send(event).is_err() {
            return String::new();
        }
    }
}

impl Link {
    /// Sends a command; the answer comes as [`LinkEvent::Accepted`] or [`LinkEvent::Refused`]. Keep the link until then: a
    /// link that is dropped before can take the command with it.
    ///
    /// # Errors
    /// The host is gone or does not read.
    pub fn send(&self, command: Command) -> Result<(), ClientError> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let frame = wire::encode(&Down::Command { number, command })?;
        (&self.stream).write_all(&frame).map_err(ClientError::Broken)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Wakes the reading thread; that the other side has closed already is no fault.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

//! The host's side of the socket: a listener that comes back when its file is swept away, and one task a viewer.
//!
//! Nothing a viewer does reaches further than its own task: garbage, a version that is not ours, a message that is too
//! large or arrives too slowly end the connection; one that does not read is left waiting and gets the newest news when
//! it reads again.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::place;
use super::recording::Recording;
use super::standing::Standing;
use super::wire::{self, Down, Up, WireError};
use crate::run::directory::RunDir;
use crate::run::lock::RunLock;
use crate::training::control::Control;
use crate::training::events::{Command, Level, Stage};

/// How long a viewer may take to say hello, or to send the rest of a message it began.
const PATIENCE: Duration = Duration::from_secs(5);
/// The least time between two pieces of news to one viewer.
const PACE: Duration = Duration::from_millis(50);
/// How long viewers get at the end to read that it is over.
const FAREWELL: Duration = Duration::from_millis(500);
/// Viewers at a time.
const MOST_VIEWERS: usize = 64;
/// How long a connection beyond them is served.
const ERRAND: Duration = Duration::from_secs(10);
/// Connections beyond them at a time, which may only come with a command: a run that many watch can still be paused.
const MOST_GUESTS: usize = 16;

/// A bound socket in the user's private folder.
pub(super) struct Listener {
    listener: UnixListener,
    path: PathBuf,
    identity: (u64, u64),
}

impl Listener {
    /// Binds the run's socket and says so in the lock file. Without a place for it the run goes on unattended, with a
    /// warning in its record.
    pub fn open(dir: &RunDir, lock: &mut RunLock, recording: &Recording) -> Option<Listener> {
        let listener = Self::bind(dir).unwrap_or_else(|message| {
            recording.note(Level::Warning, format!("the run cannot be controlled from outside: {message}"));
            None
        });
        if let Err(e) = lock.describe(listener.as_ref().map(|l| l.path.clone())) {
            recording.note(Level::Warning, format!("the run cannot be found from outside: {e}"));
        }
        listener
    }

    fn bind(dir: &RunDir) -> Result<Option<Listener>, String> {
        let path = place::runtime_folder().and_then(|f| place::socket_path(&f, dir)).map_err(|e| e.to_string())?;
        let fault = |e: std::io::Error| format!("cannot listen on {}: {e}", path.display());
        // We hold the run's lock: a socket of this name is a dead host's.
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(fault(e)),
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(fault)?;
        // The folder keeps others out in the instant before this.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(fault)?;
        let identity = identity(&path).map_err(fault)?;
        Ok(Some(Listener { listener, path, identity }))
    }

    /// Binds anew if the socket's file is gone: a login manager empties its folder at the last logout, and cleaners of
    /// `/tmp` take what looks old.
    pub fn keep(listener: &mut Option<Listener>, dir: &RunDir, lock: &mut RunLock, recording: &Recording) {
        if let Some(l) = listener
            && identity(&l.path).ok() != Some(l.identity)
        {
            *listener = Self::open(dir, lock, recording);
        }
    }

    /// Takes the socket's file away.
    pub fn remove(listener: &mut Option<Listener>) {
        *listener = None;
    }

    /// The next viewer; `None` for one that left before it was let in, or is another user.
    pub async fn accept(&self) -> Option<UnixStream> {
        match self.listener.accept().await {
            Ok((stream, _)) => {
                let own = rustix::process::geteuid().as_raw();
                stream.peer_cred().is_ok_and(|c| c.uid() == own || c.uid() == 0).then_some(stream)
            }
            Err(_) => {
                // Out of descriptors, most likely: no reason to spin.
                tokio::time::sleep(Duration::from_millis(100)).await;
                None
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if identity(&self.path).ok() == Some(self.identity) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    std::fs::symlink_metadata(path).map(|m| (m.dev(), m.ino()))
}

/// What all viewers' tasks share.
pub(super) struct Hub {
    run: String,
    stages: Vec<Stage>,
    control: Control,
    standing: Arc<watch::Sender<Standing>>,
    viewers: std::sync::Mutex<JoinSet<()>>,
    guests: std::sync::Mutex<JoinSet<()>>,
}

impl Hub {
    pub fn new(dir: &RunDir, control: Control, standing: Arc<watch::Sender<Standing>>) -> Hub {
        Hub {
            run: dir.name().to_owned(),
            stages: dir.manifest().stages.clone(),
            control,
            standing,
            viewers: Default::default(),
            guests: Default::default(),
        }
    }

    /// Serves a viewer on a task of its own. One too many is a guest, who may command and is not kept for watching.
    pub fn serve(self: Arc<Self>, stream: UnixStream) {
        // Whatever ended the connection is the viewer's affair.
        let hub = self.clone();
        let mut viewers = in_hand(&self.viewers);
        if viewers.len() < MOST_VIEWERS {
            viewers.spawn(async move {
                let _ = hub.converse(stream, Place::Viewer).await;
            });
            return;
        }
        let mut guests = in_hand(&self.guests);
        if guests.len() < MOST_GUESTS {
            guests.spawn(async move {
                let _ = tokio::time::timeout(ERRAND, hub.converse(stream, Place::Guest)).await;
            });
            return;
        }
        // Fits into any socket's buffer, and a viewer that is gone need not know.
        if let Ok(frame) = wire::encode(&Up::Ended { reason: too_many() }) {
            let _ = stream.try_write(&frame);
        }
    }

    /// The end was asked for by a signal.
    pub fn stop(&self) {
        self.standing.send_modify(|s| s.wants_stop = true);
        self.control.send(super::STOP);
    }

    /// Tells all viewers that it is over and waits a little for them to read it.
    pub async fn close(&self, reason: String) {
        self.standing.send_modify(|s| s.ended = Some(reason));
        let mut viewers = std::mem::take(&mut *self.viewers.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let all = async { while viewers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(FAREWELL, all).await;
    }

    async fn converse(&self, stream: UnixStream, place: Place) -> Result<(), Gone> {
        let mut news = self.standing.subscribe();
        let (reader, mut writer) = stream.into_split();
        let mut reader = Frames::new(reader);
        let known = news.borrow_and_update().clone();
        let mut told = Told { recorded: known.recorded, trouble: None };
        let hello = Up::Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            run: self.run.clone(),
            pid: std::process::id(),
            recorded: known.recorded,
        };
        let hello = wire::encode(&hello)?;
        if place == Place::Viewer {
            // Before the viewer has said anything: one of another version learns ours by it.
            writer.write_all(&hello).await?;
        }
        let first = tokio::time::timeout(PATIENCE, reader.next::<Down>()).await.map_err(|_| Gone)??;
        let read_only = match (first, place) {
            (Down::Hello { read_only, .. }, Place::Viewer) => read_only,
            (Down::Errand { .. }, Place::Viewer) => false,
            (Down::Errand { .. }, Place::Guest) => {
                writer.write_all(&hello).await?;
                false
            }
            (Down::Hello { .. }, Place::Guest) => {
                writer.write_all(&wire::encode(&Up::Ended { reason: too_many() })?).await?;
                return Ok(());
            }
            (Down::Command { .. }, _) => return Err(Gone),
        };
        news.mark_changed();
        loop {
            tokio::select! {
                message = reader.next::<Down>() => {
                    let Down::Command { number, command } = message? else { return Err(Gone) };
                    let answer = match self.obey(command, read_only) {
                        Ok(()) => Up::Accepted { number, command },
                        Err(reason) => Up::Refused { number, command, reason },
                    };
                    writer.write_all(&wire::encode(&answer)?).await?;
                }
                changed = news.changed() => {
                    changed.map_err(|_| Gone)?;
                    let now = news.borrow_and_update().clone();
                    for message in told.news(&now) {
                        writer.write_all(&wire::encode(&message)?).await?;
                    }
                    if now.ended.is_some() {
                        return Ok(());
                    }
                    tokio::time::sleep(PACE).await;
                }
            }
        }
    }

    fn obey(&self, command: Command, read_only: bool) -> Result<(), String> {
        if read_only {
            return Err("this viewer is read-only".into());
        }
        let mut judged = Ok(());
        self.standing.send_modify(|s| judged = s.judge(command, &self.stages));
        judged?;
        self.control.send(command);
        Ok(())
    }
}

/// The tasks that have not ended yet.
fn in_hand(tasks: &std::sync::Mutex<JoinSet<()>>) -> std::sync::MutexGuard<'_, JoinSet<()>> {
    let mut tasks = tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    while tasks.try_join_next().is_some() {}
    tasks
}

/// In what way a connection is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Viewer,
    Guest,
}

fn too_many() -> String {
    format!(
        "the run has {MOST_VIEWERS} viewers, as many as it serves: close one of them, or watch it with mug attach --follow; \
         mug pause, resume and stop still reach it"
    )
}

/// What a viewer knows.
struct Told {
    recorded: u64,
    trouble: Option<String>,
}

impl Told {
    fn news(&mut self, now: &Standing) -> Vec<Up> {
        let mut messages = Vec::new();
        if self.trouble != now.trouble {
            self.trouble.clone_from(&now.trouble);
            messages.push(Up::Trouble { message: short(now.trouble.clone()) });
        }
        if self.recorded != now.recorded {
            self.recorded = now.recorded;
            messages.push(Up::Recorded { bytes: now.recorded });
        }
        if let Some(reason) = &now.ended {
            messages.push(Up::Ended { reason: short(Some(reason.clone())).unwrap_or_default() });
        }
        messages
    }
}

/// Messages of errors can quote anything; a frame cannot hold everything.
fn short(text: Option<String>) -> Option<String> {
    text.map(|t| t.chars().take(2000).collect())
}

/// The connection is over.
struct Gone;

impl From<std::io::Error> for Gone {
    fn from(_: std::io::Error) -> Gone {
        Gone
    }
}

impl From<WireError> for Gone {
    fn from(_: WireError) -> Gone {
        Gone
    }
}

/// Reads frames; dropping a pending [`next`](Self::next) loses nothing.
struct Frames {
    reader: OwnedReadHalf,
    bytes: Vec<u8>,
    /// By when the message that has begun must be whole.
    due: Option<Instant>,
}

impl Frames {
    fn new(reader: OwnedReadHalf) -> Frames {
        Frames { reader, bytes: Vec::new(), due: None }
    }

    async fn next<T: DeserializeOwned>(&mut self) -> Result<T, Gone> {
        loop {
            let mut needed = wire::HEAD;
            if let Some(head) = self.bytes.first_chunk::<{ wire::HEAD }>() {
                needed += wire::body_length(*head)?;
                if self.bytes.len() >= needed {
                    let message = wire::decode(&self.bytes[wire::HEAD..needed])?;
                    self.bytes.drain(..needed);
                    self.due = None;
                    return Ok(message);
                }
            }
            if !self.bytes.is_empty() {
                self.due.get_or_insert_with(|| Instant::now() + PATIENCE);
            }
            let mut part = [0u8; 4096];
            // No more than this message: what comes after it stays with the kernel, which makes the sender wait.
            let room = (needed - self.bytes.len()).min(part.len());
            let read = self.reader.read(&mut part[..room]);
            let count = match self.due {
                Some(due) => tokio::time::timeout_at(due, read).await.map_err(|_| Gone)??,
                None => read.await?,
            };
            if count == 0 {
                return Err(Gone);
            }
            self.bytes.extend_from_slice(&part[..count]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a host reads from these bytes, which come in pieces of these lengths and then end.
    fn read(bytes: &[u8], pieces: &[usize]) -> Vec<Down> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let send = async move {
                let (mut rest, mut pieces) = (bytes, pieces.iter().cycle());
                while !rest.is_empty() {
                    let (piece, later) = rest.split_at(rest.len().min(*pieces.next().unwrap_or(&1)));
                    // The reader may have had enough.
                    if theirs.write_all(piece).await.is_err() {
                        return;
                    }
                    tokio::task::yield_now().await;
                    rest = later;
                }
            };
            let receive = async move {
                let mut frames = Frames::new(ours.into_split().0);
                let mut messages = Vec::new();
                while let Ok(message) = frames.next::<Down>().await {
                    messages.push(message);
                    assert!(frames.bytes.is_empty(), "more was taken than the message");
                }
                assert!(frames.bytes.len() <= wire::HEAD + wire::MOST);
                messages
            };
            tokio::join!(send, receive).1
        })
    }

    fn messages() -> Vec<Down> {
        let hello = Down::Hello { version: "0.1 中".into(), read_only: true };
        let commands = [Command::Pause, Command::RestartStage { stage: Stage::Joint }, Command::StopNow];
        let numbered = (0..).zip(commands).map(|(number, command)| Down::Command { number, command });
        std::iter::once(hello).chain(numbered).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn messages_come_whole_in_whatever_pieces(pieces in proptest::collection::vec(1usize..40, 1..20)) {
            let bytes: Vec<u8> = messages().iter().flat_map(|m| wire::encode(m).unwrap()).collect();
            prop_assert_eq!(read(&bytes, &pieces), messages());
        }

        #[test]
        fn a_message_that_is_cut_or_damaged_is_the_last(
            cut in 0usize..1000,
            at in 0usize..1000,
            mask in 0u8..=255,
            garbage in proptest::collection::vec(any::<u8>(), 0..3000),
            piece in 1usize..5000,
        ) {
            let whole: Vec<u8> = messages().iter().flat_map(|m| wire::encode(m).unwrap()).collect();
            let cut_off = read(&whole[..cut % whole.len()], &[piece]);
            prop_assert!(cut_off.len() < messages().len() && messages().starts_with(&cut_off));
            let mut damaged = whole.clone();
            damaged[at % whole.len()] ^= mask;
            damaged.extend(&garbage);
            prop_assert!(read(&damaged, &[piece]).len() <= messages().len() + garbage.len() / wire::HEAD);
            read(&garbage, &[piece]);
        }
    }
}

//! The socket that viewers connect to: a listener that comes back when its file is swept away.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};

use super::place;
use super::recording::Recording;
use crate::run::directory::RunDir;
use crate::run::lock::RunLock;
use crate::training::events::Level;

/// A bound socket in the user's private folder.
pub(super) struct Listener {
    listener: UnixListener,
    path: PathBuf,
    identity: (u64, u64),
}

impl Listener {
    /// Binds the run's socket and says so in the lock file. Where no socket can be made the run goes on without viewers,
    /// with a warning in its record.
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
        // Until this takes effect the folder's mode keeps others out.
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
                // Most likely no descriptors are left: wait, do not ask again at once.
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

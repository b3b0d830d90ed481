//! `host.owner`: what keeps a run for one process where the file system has no locks. To make a file that must not exist
//! succeeds for one process only, on every file system.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::holder::{self, Holder};
use crate::run::directory::RunDir;

/// Why the file could not be had.
#[derive(Debug)]
pub(super) enum Refused {
    Held(Holder),
    Failed(io::Error),
}

pub(super) fn path(dir: &RunDir) -> PathBuf {
    dir.path().join("host.owner")
}

/// Makes the file, in the place of that of a holder who is known to be `dead`.
///
/// # Errors
/// Somebody else made it meanwhile, or the file system refuses.
pub(super) fn take(path: &Path, words: &Holder, dead: Option<&Holder>) -> Result<(), Refused> {
    let text = super::in_bytes(words).map_err(Refused::Failed)?;
    for _ in 0..5 {
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(mut file) => return file.write_all(&text).and_then(|()| file.sync_all()).map_err(Refused::Failed),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(Refused::Failed(e)),
        }
        match holder::read(path) {
            Some(found) if dead.is_none_or(|d| d.token != found.token) => return Err(Refused::Held(found)),
            Some(_) => remove(path, dead),
            // Being written at this moment, or torn by a crash.
            None => {
                std::thread::sleep(Duration::from_millis(200));
                remove(path, None);
            }
        }
    }
    Err(Refused::Failed(io::Error::other("it comes back each time it is removed")))
}

/// Removes the file of this holder, and no other's: `None` stands for a file that names nobody. Of two processes that do
/// so at once one moves it aside, and whoever moved another's by mistake puts it back.
pub(super) fn remove(path: &Path, of: Option<&Holder>) {
    let is_theirs = |found: Option<Holder>| found.map(|h| h.token) == of.map(|h| h.token.clone());
    if !path.exists() || !is_theirs(holder::read(path)) {
        return;
    }
    let aside = path.with_file_name(format!(".host.owner.{}", std::process::id()));
    if std::fs::rename(path, &aside).is_err() {
        return;
    }
    if !is_theirs(holder::read(&aside)) {
        // Where even a third has made one meanwhile, each finds at its next look whose it is.
        let _ = std::fs::hard_link(&aside, path);
    }
    let _ = std::fs::remove_file(&aside);
}

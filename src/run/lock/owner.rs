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
    Held(Box<Holder>),
    Failed(io::Error),
}

pub(super) fn path(dir: &RunDir) -> PathBuf {
    dir.path().join("host.owner")
}

/// A claim is held for a moment only: one that is older than this was left by a process that died.
const CLAIM: Duration = Duration::from_secs(10);

/// Makes the file, in the place of that of a holder who is known to be `dead`.
///
/// # Errors
/// Somebody else made it meanwhile, or the file system refuses.
pub(super) fn take(path: &Path, words: &Holder, dead: Option<&Holder>) -> Result<(), Refused> {
    let token = |holder: Option<Holder>| holder.map(|h| h.token);
    let of_dead = dead.map(|d| d.token.clone());
    for _ in 0..100 {
        match make(path, words) {
            Ok(()) => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(Refused::Failed(e)),
        }
        if let Some(found) = holder::read(path).filter(|h| of_dead.as_ref() != Some(&h.token)) {
            return Err(Refused::Held(Box::new(found)));
        }
        // The file is a dead holder's, or names nobody. Only the process that has the claim removes it, and it looks
        // again first: by now the file could be another process's.
        let claim = path.with_file_name("host.owner.claim");
        if OpenOptions::new().write(true).create_new(true).open(&claim).is_ok() {
            let found = token(holder::read(path));
            if found.is_none() || found == of_dead {
                let _ = std::fs::remove_file(path);
            }
            let _ = std::fs::remove_file(&claim);
            continue;
        }
        let age = claim.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
        if age.is_some_and(|age| age > CLAIM) {
            let _ = std::fs::remove_file(&claim);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(Refused::Failed(io::Error::other("other processes make and remove it all the time")))
}

/// Makes the file with all its content, or fails because there is one.
fn make(path: &Path, words: &Holder) -> io::Result<()> {
    let text = holder::in_bytes(words)?;
    let aside = path.with_file_name(format!(".host.owner.{}", words.token));
    let linked = std::fs::write(&aside, &text).and_then(|()| std::fs::hard_link(&aside, path));
    let _ = std::fs::remove_file(&aside);
    match linked {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            // A file system without links.
            let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
            file.write_all(&text)
        }
        linked => linked,
    }
}

/// Removes the file of this holder, and no other's.
pub(super) fn remove(path: &Path, of: Option<&Holder>) {
    if let (Some(found), Some(of)) = (holder::read(path), of)
        && found.token == of.token
    {
        let _ = std::fs::remove_file(path);
    }
}

//! Whether a data file has changed: its SHA-256, which the field publishes for its files, and cheaper signs that tell
//! whether the SHA-256 must be computed again.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What the file system knows about a file. Any ordinary change of the content changes it; only somebody who means to
/// hide a change can avoid that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    pub stamp: Stamp,
    /// Of the last change of content or of attributes, in nanoseconds since 1970.
    changed: i128,
    inode: (u64, u64),
}

/// The part of a [`Sign`] that outlasts a copy to another disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub bytes: u64,
    /// When the content was last modified, in nanoseconds since 1970.
    pub modified: i64,
}

impl Sign {
    /// Of the file at a path, links followed.
    ///
    /// # Errors
    /// The file does not exist or may not be looked at.
    pub fn of(path: &Path) -> io::Result<Sign> {
        let m = std::fs::metadata(path)?;
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        // i64 nanoseconds end in the year 2262; later times become the last one.
        let modified = nanoseconds(m.mtime(), m.mtime_nsec()).clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
        Ok(Sign {
            stamp: Stamp { bytes: m.len(), modified },
            changed: nanoseconds(m.ctime(), m.ctime_nsec()),
            inode: (m.dev(), m.ino()),
        })
    }
}

/// SHA-256 of a file's content in hexadecimal digits. `go_on` is asked before every MiB; `None` where it says no.
///
/// # Errors
/// The file cannot be read.
pub fn sha256(path: &Path, mut go_on: impl FnMut() -> bool) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let mut block = vec![0; 1 << 20];
    let mut hash = Sha256::new();
    loop {
        if !go_on() {
            return Ok(None);
        }
        match file.read(&mut block) {
            Ok(0) => break,
            Ok(n) => hash.update(&block[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_published_one_and_can_be_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"abc").unwrap();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&path, || true).unwrap().as_deref(), Some(known));
        assert_eq!(sha256(&path, || false).unwrap(), None);
        assert!(sha256(&folder.path().join("b"), || true).is_err());
    }

    #[test]
    fn a_change_of_one_byte_in_place_is_a_sign() {
        use std::os::unix::fs::FileExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"abc").unwrap();
        let before = Sign::of(&path).unwrap();
        assert_eq!(Sign::of(&path).unwrap(), before);
        std::thread::sleep(std::time::Duration::from_millis(30));
        File::options().write(true).open(&path).unwrap().write_all_at(b"x", 1).unwrap();
        let after = Sign::of(&path).unwrap();
        assert!(after != before && after.stamp.bytes == before.stamp.bytes, "{after:?}");
    }
}

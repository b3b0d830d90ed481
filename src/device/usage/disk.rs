//! What a folder takes of its disk, looked through rarely enough that it costs nothing to speak of.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A folder is looked through again once this many times the last look's duration has passed: a thousandth of the time at
/// most goes into looking.
const REST: u32 = 1000;

/// Entries after which a look ends without a result: this is no run directory.
const MOST: usize = 200_000;

/// A folder whose size is asked for again and again.
pub struct Folder {
    path: PathBuf,
    taken: Option<u64>,
    /// When it is looked through next.
    next: Instant,
}

impl Folder {
    pub fn new(path: PathBuf) -> Folder {
        Folder { path, taken: None, next: Instant::now() }
    }

    /// Bytes of all files in it as of the last look.
    pub fn taken(&mut self) -> Option<u64> {
        let begin = Instant::now();
        if begin >= self.next {
            let mut entries = 0;
            self.taken = size(&self.path, &mut entries);
            self.next = Instant::now() + begin.elapsed().saturating_mul(REST).min(Duration::from_secs(3600));
        }
        self.taken
    }

    /// Bytes that the user may still write to its disk.
    pub fn free(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.path).ok()?;
        disk.f_bavail.checked_mul(disk.f_frsize)
    }
}

/// Bytes of the files below a folder; links are not followed. What vanishes meanwhile does not count.
fn size(folder: &Path, entries: &mut usize) -> Option<u64> {
    let mut sum = 0u64;
    for entry in fs::read_dir(folder).ok()?.flatten() {
        *entries += 1;
        if *entries > MOST {
            return None;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        sum = sum.saturating_add(match metadata.is_dir() {
            true => size(&entry.path(), entries)?,
            false => metadata.len(),
        });
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_below_count_and_links_do_not_lead_out() {
        let dir = tempfile::tempdir().unwrap();
        let within = dir.path().join("a/b");
        fs::create_dir_all(&within).unwrap();
        fs::write(within.join("x"), [0; 1000]).unwrap();
        fs::write(dir.path().join("y"), [0; 30]).unwrap();
        let mut folder = Folder::new(dir.path().to_owned());
        assert_eq!(folder.taken(), Some(1030));
        assert!(folder.free().unwrap() > 0);
        std::os::unix::fs::symlink("/", within.join("root")).unwrap();
        let mut entries = 0;
        assert!(size(dir.path(), &mut entries).unwrap() < 1100);
        assert_eq!(entries, 5);
        let mut gone = Folder::new(dir.path().join("gone"));
        assert_eq!((gone.taken(), gone.free()), (None, None));
    }
}

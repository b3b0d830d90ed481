//! Whether the disk has room for what is to be written.

use std::path::Path;

/// What is left free for everything else that a run writes: its events and arrays.
const MARGIN: u64 = 1 << 20;

/// What the disk is asked for before `bytes` are written: file systems need some room of their own.
pub fn needed(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 50).saturating_add(MARGIN)
}

/// Bytes that this user may still write where `folder` lies; `None` where the file system does not say.
pub fn free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    (found.f_blocks > 0).then(|| found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_there_has_room() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free(folder.path()).is_none_or(|free| free > 0));
        assert_eq!(free(&folder.path().join("none")), None);
        assert!(needed(1_000_000_000) > 1_020_000_000);
    }
}

//! Where sockets lie: a folder that belongs to the user alone.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::run::directory::RunDir;

/// Why no socket can be put anywhere.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("{path} is not a folder that belongs to you alone ({found}); remove it, or set MUG_RUNTIME_DIR to another")]
    Unsafe { path: PathBuf, found: String },
    #[error("cannot make the folder {path}: {source}; set MUG_RUNTIME_DIR to a folder on this machine")]
    Make { path: PathBuf, source: io::Error },
    #[error("{path} is {length} bytes long, longer than a socket's path may be; set MUG_RUNTIME_DIR to a shorter one")]
    Long { path: PathBuf, length: usize },
}

/// The most bytes of a socket's path: the smallest limit of the systems is 104, closing zero included.
const LONGEST: usize = 103;

/// The folder for sockets, made if need be: `MUG_RUNTIME_DIR`, else `mug` in `XDG_RUNTIME_DIR`, else `/tmp/mug-UID`.
///
/// # Errors
/// None of the places can be used. One that was named with `MUG_RUNTIME_DIR` has no substitute.
pub fn runtime_folder() -> Result<PathBuf, PlaceError> {
    let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(folder) = named("MUG_RUNTIME_DIR") {
        return make_private(&folder).map(|()| folder);
    }
    // The session's folder can be missing or another user's (su, batch systems): then the second place serves.
    if let Some(folder) = named("XDG_RUNTIME_DIR").map(|d| d.join("mug"))
        && make_private(&folder).is_ok()
    {
        return Ok(folder);
    }
    let folder = PathBuf::from(format!("/tmp/mug-{}", rustix::process::getuid().as_raw()));
    make_private(&folder).map(|()| folder)
}

/// Makes a folder with mode 0700, or checks that the one there is ours and has it.
fn make_private(folder: &Path) -> Result<(), PlaceError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(PlaceError::Make { path: folder.to_owned(), source }),
    }
    check_private(folder)
}

/// Checks that a folder (not a link to one) belongs to this user and that nobody else can enter it.
///
/// # Errors
/// [`PlaceError::Unsafe`] with what was found.
pub fn check_private(folder: &Path) -> Result<(), PlaceError> {
    let refuse = |found: String| Err(PlaceError::Unsafe { path: folder.to_owned(), found });
    let metadata = match std::fs::symlink_metadata(folder) {
        Ok(metadata) => metadata,
        Err(e) => return refuse(e.to_string()),
    };
    if !metadata.is_dir() {
        return refuse("it is no folder".into());
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return refuse(format!("it belongs to user {}", metadata.uid()));
    }
    if metadata.mode() & 0o077 != 0 {
        return refuse(format!("its mode is {:o}, not 700", metadata.mode() & 0o777));
    }
    Ok(())
}

/// The socket's path for a run: a short name made from the run directory's path, which itself may be too long.
///
/// # Errors
/// The folder's own path is too long.
pub fn socket_path(folder: &Path, dir: &RunDir) -> Result<PathBuf, PlaceError> {
    let path = folder.join(format!("{:016x}.sock", fingerprint(dir.path().as_os_str().as_bytes())));
    let length = path.as_os_str().len();
    if length > LONGEST { Err(PlaceError::Long { path, length }) } else { Ok(path) }
}

/// FNV-1a, 64 bits: the same in every version of the program, unlike the standard library's hashes.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &b| (hash ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn made_private_and_refused_when_it_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("mug");
        make_private(&folder).unwrap();
        assert_eq!(folder.metadata().unwrap().mode() & 0o777, 0o700);
        make_private(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o750)).unwrap();
        let text = make_private(&folder).unwrap_err().to_string();
        assert!(text.contains("750") && text.contains("MUG_RUNTIME_DIR"), "{text}");
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(make_private(&link).is_err(), "a link can be turned to another place");
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(make_private(&file).is_err());
    }

    #[test]
    fn another_users_folder_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("mug");
        make_private(&folder).unwrap();
        // Root can give a folder away; for everyone else root's own folder is another user's.
        let theirs = match std::os::unix::fs::chown(&folder, Some(65_534), None) {
            Ok(()) => folder,
            Err(_) => PathBuf::from("/root"),
        };
        let text = make_private(&theirs).unwrap_err().to_string();
        assert!(text.contains("belongs to user"), "{text}");
    }

    #[test]
    fn known_hashes() {
        assert_eq!(fingerprint(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_path_that_is_too_long_is_refused() {
        let (_root, dir) = crate::run::recorder::tests::run_dir();
        assert!(socket_path(Path::new("/run/user/1000/mug"), &dir).is_ok());
        let long = PathBuf::from(format!("/{}", "x".repeat(100)));
        assert!(matches!(socket_path(&long, &dir), Err(PlaceError::Long { .. })));
    }
}

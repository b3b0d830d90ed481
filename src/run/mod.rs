//! The run directory: settings, events, labels, checkpoints' places, locks (DESIGN.md, the run directory).

pub mod annotations;
pub mod aside;
pub mod clock;
pub mod directory;
pub mod embedding;
pub mod labels;
pub mod list;
pub mod lock;
pub mod marks;
pub mod npy;
pub mod predictions;
pub mod pulse;
pub mod recorder;
pub mod rows;
pub mod tail;
pub mod view;
mod witness;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file operation below a run directory that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {source}")]
pub struct FileError {
    /// What was tried, as a verb: `write`, `read`, `open`.
    pub action: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

impl FileError {
    /// Names the operation and the path of an I/O error; for `map_err`.
    pub fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
        let path = path.to_owned();
        move |source| FileError { action, path, source }
    }
}

/// Writes a file so that readers see the old content or the new, never a part: written aside, synced, renamed.
///
/// The name aside is `.NAME.part`; one that a killed process left is overwritten. Two writers of one path at a time are
/// not provided for: whoever writes in a run directory holds its lock.
///
/// What stands at the path and is no file (`/dev/null`, a pipe) is written to as it is: a rename would take its place.
///
/// # Errors
/// Whatever `write` or the file system reports; the old content then still stands.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), FileError> {
    if std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        let direct = || {
            let mut writer = BufWriter::new(File::options().write(true).open(path)?);
            write(&mut writer)?;
            writer.flush()
        };
        return direct().map_err(|source| FileError { action: "write", path: path.to_owned(), source });
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let aside = path.with_file_name(format!(".{name}.part"));
    let result = (|| {
        let mut writer = BufWriter::new(File::create(&aside)?);
        write(&mut writer)?;
        writer.flush()?;
        writer.get_ref().sync_all()?;
        std::fs::rename(&aside, path)?;
        sync_folder_of(path)
    })();
    result.map_err(|source| {
        // What is left aside is of no use to anyone; that it cannot be removed changes nothing.
        let _ = std::fs::remove_file(&aside);
        FileError { action: "write", path: path.to_owned(), source }
    })
}

/// Makes a rename in a path's folder last through a power loss.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder)?.sync_all() {
        // Some network file systems cannot sync a folder; the file's own content is synced all the same.
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_content_and_nothing_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        write_atomically(&path, |w| w.write_all(b"old")).unwrap();
        let error = write_atomically(&path, |w| {
            w.write_all(b"new")?;
            Err(io::Error::other("no space"))
        })
        .unwrap_err();
        assert!(error.to_string().contains("a.txt") && error.to_string().contains("no space"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("nothing");
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        write_atomically(&path, |w| w.write_all(b"gone")).unwrap();
        assert!(std::fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}

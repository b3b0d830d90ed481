//! Why a file cannot be read.

use std::io;
use std::path::PathBuf;

/// Why a file cannot be opened or read by position.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be opened.
    #[error("cannot open {path}: {source}")]
    Open { path: PathBuf, source: io::Error },
    /// The path is a folder, a pipe or something else that has no bytes to read by position.
    #[error("{path}: expected a data file, found {found}; give the path of the file itself")]
    NotAFile { path: PathBuf, found: &'static str },
    /// Reading failed half-way.
    #[error("cannot read {path} at byte {offset}: {source}; is the disk or network mount still there?")]
    Read { path: PathBuf, offset: u64, source: io::Error },
    /// The file became shorter after it was opened.
    #[error(
        "{path} had {expected} bytes when it was opened and has {found} now: it was cut or replaced meanwhile; restore it and \
         start again"
    )]
    Shrunk { path: PathBuf, expected: u64, found: u64 },
}

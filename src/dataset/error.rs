//! What can be wrong with a dataset. Every message says where, what was expected, what was found and what to try.

use std::io;
use std::path::PathBuf;

use super::pickle::PickleError;

/// Why a dataset cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// Nothing of this name is known.
    #[error(
        "no dataset is called {name:?}: expected one of {known}, or the path of a pickle file; the data folder is {folder}"
    )]
    Unknown { name: String, known: String, folder: PathBuf },
    /// A dataset of the catalogue whose file is not there.
    #[error(
        "the dataset {name} is not in the data folder {folder}: expected {expected}; put the file there, point MUG_DATA_DIR \
         at the folder that holds it, or give its path"
    )]
    Missing { name: String, folder: PathBuf, expected: String },
    /// The file cannot be opened.
    #[error("cannot open {path}: {source}")]
    Open { path: PathBuf, source: io::Error },
    /// Reading failed half-way.
    #[error("cannot read {path} at byte {offset}: {source}; is the disk or network mount still there?")]
    Read { path: PathBuf, offset: u64, source: io::Error },
    /// The file became shorter after it was opened.
    #[error(
        "{path} had {expected} bytes when it was opened and has {found} now: it was cut or replaced meanwhile; restore it and \
         start again"
    )]
    Shrunk { path: PathBuf, expected: u64, found: u64 },
    /// The file is something else altogether.
    #[error("{path}: expected a Python pickle of the MMSA layout, found {found}; {hint}")]
    NotData { path: PathBuf, found: String, hint: String },
    /// The pickle is broken, or asks for something that this reader refuses.
    #[error("{path}: {source}")]
    Pickle { path: PathBuf, source: PickleError },
    /// The pickle can be read but does not hold what is needed.
    #[error("{path}: {key}: expected {expected}, found {found}{}", hint_text(.hint))]
    Layout { path: PathBuf, key: String, expected: String, found: String, hint: String },
    /// A batch asked for a clip that is not there.
    #[error("row {row} of the {split} split was asked for, which has {len} clips")]
    Row { split: crate::split::Split, row: usize, len: usize },
}

fn hint_text(hint: &str) -> String {
    if hint.is_empty() { String::new() } else { format!("; {hint}") }
}

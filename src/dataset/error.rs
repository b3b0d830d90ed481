//! Why a dataset cannot be used. Every message says where, what was expected, what was found and what to try.

use std::path::{Path, PathBuf};

use super::file::error::FileError;
use super::pickle::error::PickleError;
use crate::split::Split;
use crate::weights::WeightsError;

/// Why a dataset cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// Nothing of this name is known.
    #[error(
        "no dataset is called {name:?}: expected one of {known}, or the path of a file; the data folder is {folder}{meant}"
    )]
    Unknown {
        name: String,
        /// The name that was most likely meant, as [`meant`](crate::nearest::meant) says it.
        meant: String,
        known: String,
        folder: PathBuf,
    },
    /// A dataset of the catalogue whose file is not there.
    #[error(
        "the dataset {name} is not in the data folder {folder}: expected {expected}; put the file there, point MUG_DATA_DIR \
         at the folder that holds it, or give its path"
    )]
    Missing { name: String, folder: PathBuf, expected: String },
    /// The file cannot be opened or read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is no pickle.
    #[error("{path}: expected a dataset in a Python pickle, found {found}; {hint}")]
    NotData { path: PathBuf, found: String, hint: String },
    /// The pickle is broken, or asks for something that this reader refuses.
    #[error("{path}: {source}")]
    Pickle { path: PathBuf, source: PickleError },
    /// The pickle can be read but does not hold what is needed.
    #[error("{path}: {key}: expected {expected}, found {found}{}", hint_text(.hint))]
    Layout { path: PathBuf, key: String, expected: String, found: String, hint: String },
    /// Token ids that a text encoder cannot take, or none where it needs some.
    #[error("{name}: tokens of the {split} split{row}: expected {expected}, found {found}; {hint}")]
    Tokens { name: Box<str>, split: Split, row: Box<str>, expected: Box<str>, found: Box<str>, hint: &'static str },
    /// The tokenizer of the weights cannot be used.
    #[error(transparent)]
    Weights(Box<WeightsError>),
    /// A batch asked for a clip that is not there.
    #[error("row {row} of the {split} split was asked for, which has {len} clips")]
    Row { split: Split, row: usize, len: usize },
}

impl From<WeightsError> for DatasetError {
    fn from(error: WeightsError) -> DatasetError {
        DatasetError::Weights(Box::new(error))
    }
}

impl DatasetError {
    /// A part, under `key`, of what lies at `path` that is not as it has to be.
    pub(super) fn of_part(path: &Path, key: String, expected: String, found: String, hint: &str) -> DatasetError {
        DatasetError::Layout { path: path.to_owned(), key, expected, found, hint: hint.to_owned() }
    }

    /// What is wrong with the pickle at `path`.
    pub(super) fn of_pickle(path: &Path, error: PickleError) -> DatasetError {
        match error {
            PickleError::Read(error) => error.into(),
            source => DatasetError::Pickle { path: path.to_owned(), source },
        }
    }
}

fn hint_text(hint: &str) -> String {
    if hint.is_empty() { String::new() } else { format!("; {hint}") }
}

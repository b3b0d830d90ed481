//! What can be wrong with a run directory.

use std::path::PathBuf;

use crate::run::FileError;

/// What is wrong with a run directory or its name.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("\"{name}\" cannot name a run: {reason}; use 1 to 64 letters, digits, '.', '_' or '-', for example sims-a")]
    Name { name: String, reason: &'static str },
    #[error("{path} exists already; choose another name, or go on with it: mug train --resume {name}")]
    Exists { name: String, path: PathBuf },
    #[error("{path} exists already and is no run: it has no run.toml; choose another name, or remove it")]
    Occupied { path: PathBuf },
    #[error("no run \"{wanted}\" in {root}, and no run directory of that path{meant}; `mug runs` lists what there is")]
    NotFound { wanted: String, meant: String, root: PathBuf },
    #[error("{path} is no run directory: it has no run.toml")]
    NotARun { path: PathBuf },
    #[error("{path}: {message}; it was written by another version of mug or changed by hand")]
    Manifest { path: PathBuf, message: String },
    #[error(transparent)]
    File(#[from] FileError),
}

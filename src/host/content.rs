//! Whether a run's data file still is the one that the run began with.

use std::path::{Path, PathBuf};

use crate::dataset::{DatasetError, fingerprint_at, fingerprint_of_file};
use crate::digest::{Sign, sha256};
use crate::run::directory::{DataRecord, Manifest};

/// Why a file cannot be taken for the run's data.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    #[error(
        "the data file {path} is not the one that the run began with ({kind} {known}, now {found}); put the old file back, \
         say with --dataset where it lies now, or begin a new run"
    )]
    Other { path: PathBuf, kind: &'static str, known: String, found: String },
    #[error("cannot read the data file {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// How thoroughly contents are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// By what the file system says, and in full only where that has changed.
    Signs,
    /// In full.
    Full,
}

/// Makes sure that a file holds the run's data, as far as the run knows its data, and gives what is known of it then.
///
/// # Errors
/// It holds other data, or cannot be read.
pub fn same(manifest: &Manifest, path: &Path, care: Care) -> Result<Option<DataRecord>, ContentError> {
    let read = |source| ContentError::Read { path: path.to_owned(), source };
    let other = |kind, known: &str, found: String| ContentError::Other {
        path: path.to_owned(),
        kind,
        known: known.to_owned(),
        found,
    };
    if let Some(known) = &manifest.data {
        let stamp = Sign::of(path).map_err(read)?.stamp;
        if care == Care::Signs && stamp == known.stamp {
            return Ok(Some(known.clone()));
        }
        // Asked to go on until the end, it gives a digest.
        let found = sha256(path, || true).map_err(read)?.unwrap_or_default();
        if found != known.sha256 {
            return Err(other("SHA-256", &known.sha256, found));
        }
        return Ok(Some(DataRecord { stamp, sha256: found }));
    }
    if let Some(known) = manifest.fingerprint.as_deref().map(fingerprint_of_file) {
        let found = fingerprint_at(path)?;
        if found != known {
            return Err(other("fingerprint", known, found));
        }
    }
    Ok(None)
}

//! Arrays that travel with an event in the process lie in files of their own: written here, before the event that names
//! the file is.

use std::io;
use std::path::{Path, PathBuf};

use super::npy::NpyError;
use super::{FileError, embedding, labels, predictions};
use crate::training::events::{Body, Event};

/// Why an array could not be written.
#[derive(Debug, thiserror::Error)]
pub enum AsideError {
    #[error(transparent)]
    Labels(#[from] labels::LabelsError),
    #[error(transparent)]
    Array(#[from] NpyError),
    #[error(transparent)]
    File(#[from] FileError),
}

/// The path of a file below `root` whose folder is there afterwards. Only that folder is made: a run directory that was
/// deleted stays deleted.
fn in_folder(root: &Path, name: &str) -> Result<PathBuf, FileError> {
    let path = root.join(name);
    let folder = path.parent().unwrap_or(root);
    match std::fs::create_dir(folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(FileError::new("make", folder)(e)),
        _ => Ok(path),
    }
}

/// Writes the arrays that the event carries below the run directory `root`, and puts the file's name in their place. An
/// event that carries none stays as it is.
///
/// # Errors
/// Arrays of unequal lengths, or a file system that refuses; the event then still carries them.
pub fn write(root: &Path, event: &mut Event) -> Result<(), AsideError> {
    let (stage, epoch) = (event.stage, event.epoch);
    match &mut event.body {
        Body::Labels { refresh, file, values, .. } => {
            if let Some(known) = values {
                let name = labels::file_name(*refresh, stage);
                labels::write(&root.join(&name), known)?;
                (*file, *values) = (name, None);
            }
        }
        Body::Embedding { moment, file, values, .. } => {
            if let Some(known) = values {
                let name = embedding::file_name(epoch, *moment);
                embedding::write(&in_folder(root, &name)?, known)?;
                (*file, *values) = (name, None);
            }
        }
        Body::Predictions { file, values } => {
            if let Some(known) = values {
                let name = predictions::file_name(epoch, stage);
                predictions::write(&in_folder(root, &name)?, known)?;
                (*file, *values) = (name, None);
            }
        }
        _ => {}
    }
    Ok(())
}

//! The files of a running stage in its checkpoint, and what they hold.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use crate::training::error::TrainingError;

pub const WEIGHTS: &str = "weights.bpk";
pub const OPTIMIZER: &str = "optimizer.bpk";
pub const BEST: &str = "best.bpk";
pub const LABELS: &str = "labels.cbor";

/// The running stage's part of a checkpoint as it was read, burnpack documents all.
pub struct State {
    pub weights: Vec<u8>,
    pub optimizer: Vec<u8>,
    /// `None` before the first epoch's end.
    pub best: Option<Arc<Vec<u8>>>,
    /// Labels that the stage makes as it trains, and what they are made of; `None` where it makes none.
    pub labels: Option<Vec<u8>>,
}

/// Writes a new file that is on the disk when this returns.
///
/// # Errors
/// A disk that refuses, or a file that is there already.
pub fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The error of a checkpoint that cannot be written.
pub fn failed(path: &Path, error: &io::Error) -> TrainingError {
    TrainingError::Checkpoint {
        path: path.to_owned(),
        message: error.to_string(),
        advice: "check that the disk has room and the run directory can be written",
    }
}

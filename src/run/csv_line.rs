//! Why a line of a CSV file cannot be read.

use std::path::{Path, PathBuf};

/// What is wrong with a line of a CSV file, and what the file should look like.
#[derive(Debug, thiserror::Error)]
#[error("{path}, line {line}: {message}; expected {expected}")]
pub struct LineError {
    path: PathBuf,
    /// From 1; the heading is the first.
    line: u64,
    message: String,
    expected: &'static str,
}

impl LineError {
    pub fn new(path: &Path, line: u64, message: String, expected: &'static str) -> Self {
        Self { path: path.to_owned(), line, message, expected }
    }
}

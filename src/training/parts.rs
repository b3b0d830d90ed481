//! The parts of a checkpoint: which files belong to it, and how to tell that each is as it was written.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name in its folder.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// CRC-32C of its content, eight hexadecimal digits.
    pub crc32c: String,
}

/// What is wrong with a part, or with the list of parts.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    #[error("the file is not there")]
    Missing,
    #[error("expected {expected} bytes, found {found}")]
    Length { expected: u64, found: u64 },
    #[error("expected the checksum {expected}, found {found}: the file was changed since it was written")]
    Checksum { expected: String, found: String },
    #[error("expected a list of parts with its checksum, found something else: {0}")]
    Form(String),
    #[error(transparent)]
    File(io::Error),
}

impl From<io::Error> for PartsError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { PartsError::Missing } else { PartsError::File(error) }
    }
}

impl Part {
    /// A file of this name with this content.
    pub fn of(name: &str, content: &[u8]) -> Part {
        let (name, bytes) = (name.to_owned(), content.len() as u64);
        Part { name, bytes, crc32c: files::checksum(content) }
    }

    /// Its content, where it is as it was written.
    ///
    /// # Errors
    /// See [`PartsError`].
    pub fn read(&self, folder: &Path) -> Result<Vec<u8>, PartsError> {
        self.length(folder)?;
        let content = files::read(&folder.join(&self.name), self.bytes)?;
        self.compare(content.len() as u64, files::checksum(&content))?;
        Ok(content)
    }

    /// Makes sure that it is as it was written, without holding it in memory.
    ///
    /// # Errors
    /// See [`PartsError`].
    pub fn check(&self, folder: &Path) -> Result<(), PartsError> {
        self.length(folder)?;
        let (length, sum) = files::length_and_checksum(&folder.join(&self.name))?;
        self.compare(length, sum)
    }

    /// Asked before anything is read: a file that grew could be of any size.
    fn length(&self, folder: &Path) -> Result<(), PartsError> {
        let found = fs::metadata(folder.join(&self.name))?.len();
        if found == self.bytes { Ok(()) } else { Err(PartsError::Length { expected: self.bytes, found }) }
    }

    fn compare(&self, length: u64, found: String) -> Result<(), PartsError> {
        if length != self.bytes {
            return Err(PartsError::Length { expected: self.bytes, found: length });
        }
        if found == self.crc32c { Ok(()) } else { Err(PartsError::Checksum { expected: self.crc32c.clone(), found }) }
    }
}

/// The files of a checkpoint and the results that it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// In the checkpoint's own folder.
    pub files: Vec<Part>,
    /// In the folder above.
    pub results: Vec<Part>,
}

/// The longest list that is read; one has some ten entries.
const LONGEST: u64 = 1 << 20;

impl Parts {
    /// The list's own name.
    pub const NAME: &str = "parts.json";

    /// A line of JSON and a line with its checksum.
    ///
    /// # Errors
    /// Never for these types; serde cannot know.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(self)?;
        let sum = files::checksum(&bytes);
        bytes.extend_from_slice(format!("\n{sum}\n").as_bytes());
        Ok(bytes)
    }

    /// Reads the list of a checkpoint.
    ///
    /// # Errors
    /// See [`PartsError`].
    pub fn read(folder: &Path) -> Result<Parts, PartsError> {
        let mut bytes = Vec::new();
        files::open(&folder.join(Parts::NAME))?.take(LONGEST).read_to_end(&mut bytes)?;
        let form = |what: &str| PartsError::Form(what.to_owned());
        let at = bytes.iter().position(|b| *b == b'\n').ok_or_else(|| form("a single line"))?;
        let (list, sum) = bytes.split_at(at);
        let (expected, found) = (files::checksum(list), String::from_utf8_lossy(sum));
        if found != format!("\n{expected}\n") {
            return Err(PartsError::Checksum { expected: found.trim().to_owned(), found: expected });
        }
        let parts: Parts = serde_json::from_slice(list).map_err(|e| PartsError::Form(e.to_string()))?;
        // A name is never a path: nothing outside of the two folders is read.
        if parts.files.iter().chain(&parts.results).any(|p| p.name.contains(['/', '\0']) || p.name.starts_with('.')) {
            return Err(form("a name that is a path"));
        }
        Ok(parts)
    }
}

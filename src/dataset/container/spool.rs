//! Where unpacked bytes go: memory for a little, a temporary file for more, and an end to it.

use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::{SpooledTempFile, spooled_tempfile};

use crate::dataset::error::DatasetError;
use crate::dataset::file::bytes::DataFile;

/// Unpacked bytes kept in memory.
const IN_MEMORY: usize = 64 << 20;
/// A packed byte may become so many on average. Features compress to a tenth, padding included; what grows more is made to
/// fill a disk.
const RATIO: u64 = 64;
/// Bytes that any file may unpack to, however small it is.
const ALWAYS: u64 = 1 << 30;
/// Bytes that no file may unpack to more than.
const MOST: u64 = 64 << 30;

/// Bytes that a packed file of this length may unpack to.
pub fn room(packed: u64) -> u64 {
    packed.saturating_mul(RATIO).saturating_add(ALWAYS).min(MOST)
}

/// Bytes on their way out of a packed file.
pub struct Spool<'p> {
    path: &'p Path,
    /// What the packed file is, with its article.
    what: &'static str,
    out: SpooledTempFile,
    len: u64,
    limit: u64,
}

impl<'p> Spool<'p> {
    /// Room for `limit` bytes.
    pub fn new(path: &'p Path, what: &'static str, limit: u64) -> Self {
        Spool { path, what, out: spooled_tempfile(IN_MEMORY), len: 0, limit }
    }

    /// Bytes taken in so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Takes in all that a decoder gives.
    ///
    /// # Errors
    /// The packed file is damaged or unpacks to too much, or the temporary file cannot be written.
    pub fn take(&mut self, mut decoder: impl Read) -> Result<(), DatasetError> {
        let mut piece = vec![0; 256 << 10];
        loop {
            let count = match decoder.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.damaged(&error)),
            };
            self.len += count as u64;
            if self.len > self.limit {
                let found = format!("{} that unpacks to more than {} bytes", self.what, self.limit);
                return Err(self.not_data(found, "unpack it yourself if you trust it, and give the unpacked file"));
            }
            self.out.write_all(&piece[..count]).map_err(|error| {
                let found = format!("{} that does not fit unpacked into {}: {error}", self.what, temporary());
                self.not_data(found, "set TMPDIR to a folder with more room, or unpack the file yourself")
            })?;
        }
    }

    /// What was taken in.
    pub fn finish(self) -> DataFile {
        DataFile::unpacked(self.path, self.out.into_inner(), self.len)
    }

    /// The error of a packed file that cannot be unpacked.
    pub fn damaged(&self, error: &dyn std::fmt::Display) -> DatasetError {
        let found = format!("{} that cannot be unpacked ({error})", self.what);
        self.not_data(found, "the copy is probably incomplete, fetch it again")
    }

    fn not_data(&self, found: String, hint: &str) -> DatasetError {
        DatasetError::NotData { path: self.path.to_owned(), found, hint: hint.to_owned() }
    }
}

fn temporary() -> String {
    std::env::temp_dir().display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_given_up() {
        let path = Path::new("bomb.pkl.gz");
        let mut spool = Spool::new(path, "a gzip file", 1000);
        let message = spool.take(io::repeat(0)).unwrap_err().to_string();
        for part in ["bomb.pkl.gz", "a gzip file", "1000 bytes", "unpack it yourself"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_small_file_may_grow_and_a_large_one_has_an_end() {
        assert_eq!((room(0), room(10), room(u64::MAX)), (ALWAYS, ALWAYS + 10 * RATIO, MOST));
    }

    #[test]
    fn more_than_memory_holds_goes_to_disk_and_comes_back() {
        let size = IN_MEMORY + 1000;
        let mut spool = Spool::new(Path::new("x"), "a gzip file", size as u64);
        spool.take(io::repeat(7).take(size as u64)).unwrap();
        let file = spool.finish();
        assert_eq!(file.len(), size as u64);
        let mut end = [0; 9];
        file.read_at(size as u64 - 9, &mut end).unwrap();
        assert_eq!(end, [7; 9]);
    }
}

//! A data file read by position. It is not mapped into memory, so a file that shrinks while it is read gives an error, not
//! a crash.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tempfile::SpooledData;

use super::error::FileError;
use super::hash::Hash;

/// Files up to this many bytes are fingerprinted whole, larger ones by samples.
const WHOLE: u64 = 64 << 20;
/// Block size of fingerprinting.
const BLOCK: u64 = 64 << 10;
/// Blocks taken from a file that is not fingerprinted whole.
const SAMPLES: u64 = 512;

/// A file, or bytes in memory, open for reading by position from several threads.
#[derive(Debug)]
pub struct DataFile {
    path: PathBuf,
    len: u64,
    backing: Backing,
}

#[derive(Debug)]
enum Backing {
    File(File),
    Memory(Vec<u8>),
}

impl DataFile {
    /// Opens a regular file.
    ///
    /// # Errors
    /// The path does not exist, may not be read or is no regular file (a pipe would block for ever).
    pub fn open(path: &Path) -> Result<DataFile, FileError> {
        let fail = |source| FileError::Open { path: path.to_owned(), source };
        let metadata = std::fs::metadata(path).map_err(fail)?;
        if !metadata.is_file() {
            let found = if metadata.is_dir() { "a folder" } else { "no regular file" };
            return Err(FileError::NotAFile { path: path.to_owned(), found });
        }
        let file = crate::files::open(path).map_err(fail)?;
        let len = file.metadata().map_err(fail)?.len();
        Ok(DataFile { path: path.to_owned(), len, backing: Backing::File(file) })
    }

    /// Bytes in memory, read as if they were a file; `name` stands in messages where a path would.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> DataFile {
        DataFile { path: PathBuf::from(name), len: bytes.len() as u64, backing: Backing::Memory(bytes) }
    }

    /// What was unpacked from the file at `path`, in memory or in a temporary file.
    pub fn unpacked(path: &Path, bytes: SpooledData, len: u64) -> DataFile {
        let backing = match bytes {
            SpooledData::InMemory(bytes) => Backing::Memory(bytes.into_inner()),
            SpooledData::OnDisk(file) => Backing::File(file),
        };
        DataFile { path: path.to_owned(), len, backing }
    }

    /// Where the file lies; for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The length in bytes when it was opened.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True for a file of 0 bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Fills `out` from the bytes at `offset`.
    ///
    /// # Errors
    /// The range lies outside the file as it is now (which may be shorter than when it was opened), or the disk failed.
    pub fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<(), FileError> {
        match &self.backing {
            Backing::File(file) => file.read_exact_at(out, offset).map_err(|source| match source.kind() {
                std::io::ErrorKind::UnexpectedEof => FileError::Shrunk {
                    path: self.path.clone(),
                    expected: self.len,
                    found: file.metadata().map(|m| m.len()).unwrap_or(0),
                },
                _ => FileError::Read { path: self.path.clone(), offset, source },
            }),
            Backing::Memory(bytes) => {
                let range = usize::try_from(offset).ok().and_then(|start| Some(start..start.checked_add(out.len())?));
                match range.and_then(|r| bytes.get(r)) {
                    Some(found) => out.copy_from_slice(found),
                    None => {
                        return Err(FileError::Shrunk {
                            path: self.path.clone(),
                            expected: offset.saturating_add(out.len() as u64),
                            found: self.len,
                        });
                    }
                }
                Ok(())
            }
        }
    }

    /// Up to `count` bytes from the start of the file, fewer where it is shorter.
    ///
    /// # Errors
    /// As [`read_at`](Self::read_at).
    pub fn head(&self, count: usize) -> Result<Vec<u8>, FileError> {
        let mut bytes = vec![0; count.min(usize::try_from(self.len).unwrap_or(usize::MAX))];
        self.read_at(0, &mut bytes)?;
        Ok(bytes)
    }

    /// A short text that differs between files of different content: length and a 64-bit hash of all bytes, or, above
    /// 64 MiB, of 512 blocks spread evenly from the first to the last. It guards against mix-ups, not against attacks.
    ///
    /// # Errors
    /// As [`read_at`](Self::read_at).
    pub fn fingerprint(&self) -> Result<String, FileError> {
        let mut hash = Hash::default();
        let mut block = vec![0; BLOCK as usize];
        let mut add = |offset: u64, hash: &mut Hash| -> Result<(), FileError> {
            let part = &mut block[..BLOCK.min(self.len - offset) as usize];
            self.read_at(offset, part)?;
            hash.update(part);
            Ok(())
        };
        if self.len <= WHOLE {
            for offset in (0..self.len).step_by(BLOCK as usize) {
                add(offset, &mut hash)?;
            }
        } else {
            let last = self.len - BLOCK;
            for i in 0..SAMPLES {
                add((u128::from(last) * u128::from(i) / u128::from(SAMPLES - 1)) as u64, &mut hash)?;
            }
        }
        Ok(format!("{}-{:016x}", self.len, hash.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_that_shrinks_is_an_error() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[7; 100]).unwrap();
        let data = DataFile::open(file.path()).unwrap();
        let mut out = [0; 10];
        data.read_at(90, &mut out).unwrap();
        assert_eq!(out, [7; 10]);
        file.as_file().set_len(50).unwrap();
        let error = data.read_at(90, &mut out).unwrap_err();
        assert!(matches!(error, FileError::Shrunk { expected: 100, found: 50, .. }), "{error}");
    }

    #[test]
    fn fingerprints_see_every_byte_of_a_small_file() {
        let of = |bytes: Vec<u8>| DataFile::from_bytes("x", bytes).fingerprint().unwrap();
        let base = of(vec![3; 70_001]);
        for at in [0, 1, 65_535, 65_536, 70_000] {
            let mut changed = vec![3; 70_001];
            changed[at] = 4;
            assert_ne!(of(changed), base, "byte {at}");
        }
        assert_ne!(of(vec![3; 70_002]), base);
        assert_eq!(of(vec![3; 70_001]), base);
    }

    #[test]
    fn a_folder_is_no_data_file() {
        let error = DataFile::open(Path::new("/")).unwrap_err();
        assert!(error.to_string().contains("a folder"), "{error}");
    }
}

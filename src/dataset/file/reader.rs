//! A data file as a stream, for decoders that read one byte after the other.

use std::io::{self, Read, Seek, SeekFrom};

use super::bytes::DataFile;

/// The bytes of a file, one after the other.
#[derive(Debug)]
pub struct Reader<'a> {
    file: &'a DataFile,
    len: u64,
    at: u64,
}

impl<'a> Reader<'a> {
    /// The whole file.
    pub fn new(file: &'a DataFile) -> Self {
        Self { file, len: file.len(), at: 0 }
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.at);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(out.len());
        if count == 0 {
            return Ok(0);
        }
        self.file.read_at(self.at, &mut out[..count]).map_err(io::Error::other)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_sought_as_any_stream() {
        let file = DataFile::from_bytes("x", (0..100).collect());
        let mut reader = Reader::new(&file);
        let mut out = [0; 3];
        reader.read_exact(&mut out).unwrap();
        assert_eq!(out, [0, 1, 2]);
        assert_eq!(reader.seek(SeekFrom::End(-2)).unwrap(), 98);
        assert_eq!(reader.read(&mut out).unwrap(), 2);
        assert_eq!(out[..2], [98, 99]);
        assert_eq!(reader.read(&mut out).unwrap(), 0);
        assert!(reader.seek(SeekFrom::Current(-101)).is_err());
        reader.seek(SeekFrom::Start(500)).unwrap();
        assert_eq!(reader.read(&mut out).unwrap(), 0, "beyond the end there is nothing");
    }
}

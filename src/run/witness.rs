//! Whether a file that a process only appends to still is what it appended: others can delete, replace, cut short or
//! overwrite it, and writing to it would go on without an error.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// Bytes at the end that are compared: enough that no other content has the same.
const END: usize = 128;

/// What a look at the file finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Whole,
    /// Nothing has the path, or another file has it.
    Gone,
    /// It has this many bytes, fewer than were written.
    Short(u64),
    /// Other bytes stand where ours were written last.
    Other,
    /// Somebody else appended to it; it has this many bytes.
    Longer(u64),
}

/// What was written, as far as it is remembered.
#[derive(Debug)]
pub(super) struct Witness {
    identity: (u64, u64),
    written: u64,
    /// The last bytes written.
    end: Vec<u8>,
    /// How many of these the last write was.
    last: usize,
}

impl Witness {
    /// Takes an open file's content for what was written.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of(file: &File) -> io::Result<Witness> {
        let metadata = file.metadata()?;
        let written = metadata.len();
        let mut end = vec![0; usize::try_from(written).unwrap_or(END).min(END)];
        let from = written - end.len() as u64;
        file.read_exact_at(&mut end, from)?;
        Ok(Witness { identity: (metadata.dev(), metadata.ino()), written, last: end.len(), end })
    }

    /// Takes note of bytes that were appended.
    pub fn wrote(&mut self, bytes: &[u8]) {
        self.written += bytes.len() as u64;
        self.end.extend_from_slice(&bytes[bytes.len().saturating_sub(END)..]);
        let over = self.end.len().saturating_sub(END);
        self.end.drain(..over);
        self.last = bytes.len().min(END);
    }

    /// The length that the file had when it was last written to.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// True where the last write was cut off in the middle of a line.
    pub fn ends_within_a_line(&self) -> bool {
        self.end.last().is_some_and(|&b| b != b'\n')
    }

    /// True where a longer file ends with what was written last. What was written before that may stand further in front:
    /// somebody else's bytes can lie between.
    fn is_last(&self, file: &File, length: u64) -> io::Result<bool> {
        let mut end = vec![0; self.last];
        let from = length - end.len() as u64;
        file.read_exact_at(&mut end, from)?;
        Ok(length > self.written && self.end.ends_with(&end))
    }

    /// Looks at the file, which is open and should be found at its path.
    ///
    /// # Errors
    /// The file system fails.
    pub fn look(&self, file: &File, path: &Path) -> io::Result<Found> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Found::Gone),
            Err(e) => return Err(e),
        };
        if (metadata.dev(), metadata.ino()) != self.identity {
            return Ok(Found::Gone);
        }
        if metadata.len() < self.written {
            return Ok(Found::Short(metadata.len()));
        }
        let mut end = [0; END];
        let end = &mut end[..self.end.len()];
        match file.read_exact_at(end, self.written - self.end.len() as u64) {
            // Ours may stand behind what somebody appended at the same moment.
            Ok(()) if *end != self.end[..] && !self.is_last(file, metadata.len())? => Ok(Found::Other),
            Ok(()) if metadata.len() > self.written => Ok(Found::Longer(metadata.len())),
            Ok(()) => Ok(Found::Whole),
            // Cut short between the two looks.
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(Found::Short(file.metadata()?.len())),
            Err(e) => Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;
    use std::io::Write;

    #[test]
    fn what_others_append_between_two_short_lines_is_no_damage() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut file = files::open_to_append(&path).unwrap();
        let mut witness = Witness::of(&file).unwrap();
        file.write_all(b"first line\n").unwrap();
        witness.wrote(b"first line\n");
        File::options().append(true).open(&path).unwrap().write_all(b"foreign").unwrap();
        file.write_all(b"a last one\n").unwrap();
        witness.wrote(b"a last one\n");
        assert_eq!(witness.look(&file, &path).unwrap(), Found::Longer(29));
    }

    #[test]
    fn every_change_by_others_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut file = files::open_to_append(&path).unwrap();
        let mut witness = Witness::of(&file).unwrap();
        for _ in 0..3 {
            let line = vec![b'x'; 100];
            file.write_all(&line).unwrap();
            witness.wrote(&line);
            assert_eq!(witness.look(&file, &path).unwrap(), Found::Whole);
        }
        assert_eq!((witness.written(), witness.end.len()), (300, END));
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..299]).unwrap();
        assert_eq!(witness.look(&file, &path).unwrap(), Found::Short(299));
        std::fs::write(&path, [b'y'; 300]).unwrap();
        assert_eq!(witness.look(&file, &path).unwrap(), Found::Other);
        std::fs::write(&path, [&whole[..], b"z"].concat()).unwrap();
        assert_eq!(witness.look(&file, &path).unwrap(), Found::Longer(301));
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(witness.look(&file, &path).unwrap(), Found::Whole);
        let other = dir.path().join("other");
        std::fs::write(&other, &whole).unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert_eq!(witness.look(&file, &path).unwrap(), Found::Gone);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(witness.look(&file, &path).unwrap(), Found::Gone);
    }
}

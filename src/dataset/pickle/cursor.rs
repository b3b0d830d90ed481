//! Sequential reading of a file. Bytes are read through a small window; large strings are skipped without being read.

use super::error::PickleError;
use super::values::Span;
use crate::dataset::file::bytes::DataFile;

const WINDOW: u64 = 64 << 10;
/// Longest line of the text protocols.
const LINE: usize = 64 << 20;

/// A position in a file.
pub struct Cursor<'a> {
    file: &'a DataFile,
    position: u64,
    /// Where reading must end.
    end: u64,
    window: Vec<u8>,
    start: u64,
}

impl<'a> Cursor<'a> {
    pub fn new(file: &'a DataFile) -> Self {
        Cursor { file, position: 0, end: file.len(), window: Vec::new(), start: 0 }
    }

    /// A cursor over a part of the file.
    pub fn within(&self, part: Span) -> Cursor<'a> {
        let end = part.offset.saturating_add(part.len).min(self.end);
        Cursor { file: self.file, position: part.offset, end, window: Vec::new(), start: 0 }
    }

    pub fn position(&self) -> u64 {
        self.position
    }

    /// Checks that `needed` bytes are left.
    pub fn need(&self, needed: u64) -> Result<(), PickleError> {
        let available = self.end.saturating_sub(self.position);
        if needed > available {
            return Err(PickleError::Truncated { offset: self.position, needed, available });
        }
        Ok(())
    }

    pub fn byte(&mut self) -> Result<u8, PickleError> {
        self.need(1)?;
        if self.position < self.start || self.position - self.start >= self.window.len() as u64 {
            self.window.resize(WINDOW.min(self.file.len() - self.position) as usize, 0);
            self.start = self.position;
            self.file.read_at(self.position, &mut self.window)?;
        }
        let byte = self.window[(self.position - self.start) as usize];
        self.position += 1;
        Ok(byte)
    }

    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        self.need(N as u64)?;
        let mut out = [0; N];
        for byte in &mut out {
            *byte = self.byte()?;
        }
        Ok(out)
    }

    /// Steps over `len` bytes and says where they lie.
    pub fn span(&mut self, len: u64) -> Result<Span, PickleError> {
        self.need(len)?;
        let span = Span { offset: self.position, len };
        self.position += len;
        Ok(span)
    }

    /// The bytes up to the next line feed, which is read and left out.
    pub fn line(&mut self) -> Result<Vec<u8>, PickleError> {
        let begin = self.position;
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return Ok(line),
                byte if line.len() < LINE => line.push(byte),
                _ => {
                    return Err(PickleError::Malformed {
                        offset: begin,
                        opcode: "a text opcode",
                        expected: "a line of at most 64 MiB",
                        found: "a longer one".to_owned(),
                    });
                }
            }
        }
    }
}

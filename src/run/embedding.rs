//! Representations on the disk: an `.npy` array of float32, shape (rows, 6, d), the six being h_text, h_audio, h_vision,
//! z_text, z_audio, z_vision. Row i is row i * stride of the label table, with the stride of the event that names the
//! file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::FileError;
use super::npy::{self, NpyError};
pub use crate::training::events::EmbeddingValues;
use crate::training::events::Moment;

/// Representations of a row: h_m and z_m of three modalities.
pub const KINDS: usize = 6;

const SHAPE: &str = "(rows, 6, d)";
/// The greatest d that is read row by row: a row is held in memory.
const LONGEST: usize = 1 << 16;

/// The file's path below the run directory: `embeddings/0003-during.npy`.
pub fn file_name(epoch: u32, moment: Moment) -> String {
    format!("embeddings/{epoch:04}-{}.npy", moment.name())
}

/// Writes representations; the file appears whole or not at all.
///
/// # Errors
/// Another number of values than `rows` and `dim` say, or a file system that refuses.
pub fn write(path: &Path, values: &EmbeddingValues) -> Result<(), NpyError> {
    npy::write(path, [values.rows, KINDS, values.dim], &values.data)
}

/// Makes sure that a file is as [`write()`] wrote it, without holding it in memory.
///
/// # Errors
/// As [`read`].
pub fn check(path: &Path) -> Result<(), NpyError> {
    npy::open::<3>(path, SHAPE).map(|_| ())
}

/// Reads representations back.
///
/// # Errors
/// A file that is missing, not of the form that [`write()`] gives it, or shorter or longer than it says.
pub fn read(path: &Path) -> Result<EmbeddingValues, NpyError> {
    sample(path, usize::MAX).map(|(values, _)| values)
}

/// Reads at most `most` rows, evenly spaced, so that a file of any length takes little memory; gives the stride too: row
/// i of the values is row i * stride of the file.
///
/// # Errors
/// As [`read`].
pub fn sample(path: &Path, most: usize) -> Result<(EmbeddingValues, usize), NpyError> {
    let mut stride = 1;
    let choose = |rows: usize| {
        stride = rows.div_ceil(most.max(1)).max(1);
        stride
    };
    let ([rows, kinds, dim], data) = npy::read_every::<3>(path, SHAPE, choose)?;
    if kinds != KINDS {
        let found = format!("{:?}", [rows, kinds, dim]);
        return Err(NpyError::Format { path: path.to_owned(), expected: SHAPE, found });
    }
    Ok((EmbeddingValues { rows, dim, data }, stride))
}

/// Reads a file of representations row by row, whatever its size.
#[derive(Debug)]
pub struct EmbeddingReader {
    path: PathBuf,
    file: BufReader<File>,
    /// Where the first row begins.
    start: u64,
    rows: usize,
    dim: usize,
    bytes: Vec<u8>,
    row: Vec<f32>,
}

impl EmbeddingReader {
    /// Opens a file at its first row.
    ///
    /// # Errors
    /// As [`read`], and rows that are too long to be representations.
    pub fn open(path: &Path) -> Result<EmbeddingReader, NpyError> {
        let ([rows, kinds, dim], mut file) = npy::open::<3>(path, SHAPE)?;
        if kinds != KINDS || dim > LONGEST {
            let found = format!("{:?}", [rows, kinds, dim]);
            return Err(NpyError::Format { path: path.to_owned(), expected: SHAPE, found });
        }
        let start = file.stream_position().map_err(FileError::new("read", path))?;
        let (bytes, row) = (vec![0; KINDS * dim * 4], vec![0.0; KINDS * dim]);
        Ok(EmbeddingReader { path: path.to_owned(), file, start, rows, dim, bytes, row })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// d
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Goes to a row.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn seek(&mut self, row: usize) -> Result<(), NpyError> {
        let to = self.start + row as u64 * self.bytes.len() as u64;
        self.file.seek(SeekFrom::Start(to)).map_err(FileError::new("read", &self.path))?;
        Ok(())
    }

    /// Reads the next row, (6, d) row-major.
    ///
    /// # Errors
    /// The file ends or the file system refuses.
    pub fn next_row(&mut self) -> Result<&[f32], NpyError> {
        self.file.read_exact(&mut self.bytes).map_err(FileError::new("read", &self.path))?;
        for (value, bytes) in self.row.iter_mut().zip(self.bytes.chunks_exact(4)) {
            *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        Ok(&self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_the_shape_is_checked() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("embeddings")).unwrap();
        let path = dir.path().join(file_name(3, Moment::During));
        assert!(path.ends_with("embeddings/0003-during.npy"));
        let values = EmbeddingValues { rows: 2, dim: 1, data: (0..12).map(|v| v as f32).collect() };
        write(&path, &values).unwrap();
        assert_eq!(read(&path).unwrap(), values);
        let mut rows = EmbeddingReader::open(&path).unwrap();
        assert_eq!((rows.rows(), rows.dim()), (2, 1));
        assert_eq!(rows.next_row().unwrap(), &values.data[..6]);
        assert_eq!(rows.next_row().unwrap(), &values.data[6..]);
        assert!(rows.next_row().is_err());
        rows.seek(1).unwrap();
        assert_eq!(rows.next_row().unwrap(), &values.data[6..]);
        let (first, stride) = sample(&path, 1).unwrap();
        assert_eq!((first.rows, stride, &first.data[..]), (1, 2, &values.data[..6]));
        assert!(write(&path, &EmbeddingValues { rows: 3, ..values }).is_err());
        npy::write(&path, [2, 3, 2], &[0.0; 12]).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("(rows, 6, d)"));
    }
}

//! Corrected labels on the disk: numpy's `.npy`, float32, shape (rows, 3), columns text, audio, vision, rows in the order
//! train, valid, test. `numpy.load` reads them as they are.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{FileError, write_atomically};
use crate::modality::{Modality, PerModality};
use crate::training::events::{LabelValues, Stage};

/// What is wrong with a file of label values.
#[derive(Debug, thiserror::Error)]
pub enum LabelsError {
    #[error("label values of unequal lengths: text {text}, audio {audio}, vision {vision}")]
    Unequal { text: usize, audio: usize, vision: usize },
    #[error("{path}: expected a float32 .npy array of shape (rows, 3) as mug writes it, found {found}")]
    Format { path: PathBuf, found: String },
    #[error(transparent)]
    File(#[from] FileError),
}

/// The file's path below the run directory: `labels/0003-denoising.npy`.
pub fn file_name(refresh: u32, stage: Option<Stage>) -> String {
    format!("labels/{refresh:04}-{}.npy", stage.map_or("run", Stage::name))
}

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// The bytes before the values: magic, version 1.0, length of the dictionary, the dictionary padded with blanks so that
/// the values begin at a multiple of 64.
fn header(rows: usize) -> Vec<u8> {
    let mut dictionary = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, 3), }}");
    let unpadded = MAGIC.len() + 2 + dictionary.len() + 1;
    dictionary.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    dictionary.push('\n');
    let mut bytes = MAGIC.to_vec();
    // The dictionary is about 70 bytes long: its length always fits.
    bytes.extend((dictionary.len() as u16).to_le_bytes());
    bytes.extend(dictionary.as_bytes());
    bytes
}

/// Writes label values; the file appears whole or not at all.
///
/// # Errors
/// Columns of unequal lengths, or a file system that refuses.
pub fn write(path: &Path, values: &LabelValues) -> Result<(), LabelsError> {
    let c = &values.corrected;
    if c.text.len() != c.audio.len() || c.text.len() != c.vision.len() {
        return Err(LabelsError::Unequal { text: c.text.len(), audio: c.audio.len(), vision: c.vision.len() });
    }
    write_atomically(path, |w| {
        w.write_all(&header(c.text.len()))?;
        for row in 0..c.text.len() {
            for m in Modality::ALL {
                w.write_all(&c[m][row].to_le_bytes())?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Reads label values back.
///
/// # Errors
/// A file that is missing, not of the form that [`write`] gives it, or shorter or longer than it says.
pub fn read(path: &Path) -> Result<LabelValues, LabelsError> {
    let io_error = |e: io::Error| FileError::new("read", path)(e);
    let bad = |found: String| LabelsError::Format { path: path.to_owned(), found };
    let mut file = std::fs::File::open(path).map_err(io_error)?;
    let length = file.metadata().map_err(io_error)?.len();
    let mut start = [0u8; 10];
    file.read_exact(&mut start).map_err(|_| bad(format!("{length} bytes")))?;
    if &start[..8] != MAGIC {
        return Err(bad("another kind of file (or another .npy version)".into()));
    }
    let mut dictionary = vec![0u8; usize::from(u16::from_le_bytes([start[8], start[9]]))];
    file.read_exact(&mut dictionary).map_err(|_| bad("a header that is cut off".into()))?;
    let text = String::from_utf8_lossy(&dictionary);
    let rows = text
        .trim_end()
        .strip_prefix("{'descr': '<f4', 'fortran_order': False, 'shape': (")
        .and_then(|rest| rest.split_once(", 3)"))
        .and_then(|(rows, _)| rows.parse::<u64>().ok())
        .ok_or_else(|| bad(format!("the header {:?}", text.trim_end().chars().take(120).collect::<String>())))?;
    let head = 10 + dictionary.len() as u64;
    // Compared with the file's length before anything is allocated for it.
    if rows.checked_mul(12).and_then(|n| n.checked_add(head)) != Some(length) {
        return Err(bad(format!("{rows} rows announced in {length} bytes")));
    }
    let mut bytes = Vec::with_capacity((length - head) as usize);
    file.take(length - head).read_to_end(&mut bytes).map_err(io_error)?;
    let value = |row: &[u8], m: usize| f32::from_le_bytes([row[4 * m], row[4 * m + 1], row[4 * m + 2], row[4 * m + 3]]);
    let rows = || bytes.chunks_exact(12);
    let corrected = PerModality {
        text: rows().map(|r| value(r, 0)).collect(),
        audio: rows().map(|r| value(r, 1)).collect(),
        vision: rows().map(|r| value(r, 2)).collect(),
    };
    Ok(LabelValues { corrected })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> LabelValues {
        LabelValues {
            corrected: PerModality {
                text: vec![0.5, -1.0],
                audio: vec![0.25, f32::MIN_POSITIVE],
                vision: vec![3.0, 0.1],
            },
        }
    }

    /// `numpy.save(f, numpy.array([[.5, .25, 3], [-1, 2**-126, .1]], numpy.float32))`, numpy 2.
    fn numpy_bytes() -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00v\x00".to_vec();
        bytes.extend(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
        bytes.extend(" ".repeat(58).as_bytes());
        bytes.push(b'\n');
        bytes.extend(b"\x00\x00\x00?\x00\x00\x80>\x00\x00@@\x00\x00\x80\xbf\x00\x00\x80\x00\xcd\xcc\xcc=");
        bytes
    }

    #[test]
    fn the_same_bytes_as_numpy_and_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        write(&path, &values()).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), numpy_bytes());
        assert_eq!(read(&path).unwrap(), values());
    }

    #[test]
    fn no_rows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        write(&path, &LabelValues::default()).unwrap();
        assert_eq!(read(&path).unwrap(), LabelValues::default());
    }

    #[test]
    fn every_cut_and_every_changed_header_byte_is_refused_or_harmless() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let whole = numpy_bytes();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(matches!(read(&path), Err(LabelsError::Format { .. })), "cut at {cut}");
        }
        for at in 0..65 {
            let mut changed = whole.clone();
            changed[at] = b'9';
            std::fs::write(&path, &changed).unwrap();
            assert!(read(&path).is_err(), "byte {at}");
        }
        let unequal = LabelValues { corrected: PerModality { text: vec![0.0], ..PerModality::default() } };
        assert!(matches!(write(&path, &unequal), Err(LabelsError::Unequal { .. })));
    }

    #[test]
    fn names() {
        assert_eq!(file_name(3, Some(Stage::Denoising)), "labels/0003-denoising.npy");
    }
}

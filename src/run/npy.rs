//! Arrays on the disk: numpy's `.npy`, version 1.0, float32, little-endian, C order. `numpy.load` reads them as they are.
//!
//! The header's padding holds a checksum of the values as a comment, `# crc32c 0a1b2c3d`: numpy reads the header as a
//! Python expression. Files of an older version have none.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{FileError, write_atomically};
use crate::files;

/// What is wrong with an array or its file.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    #[error("an array of {shape:?} was expected to hold {expected} values and holds {found}")]
    Unequal { shape: Vec<usize>, expected: usize, found: usize },
    #[error("{path} is damaged: its values do not have the checksum that they were written with; see mug verify RUN")]
    Damaged { path: PathBuf },
    #[error("{path}: expected a float32 .npy array of shape {expected} as mug writes it, found {found}")]
    Format { path: PathBuf, expected: &'static str, found: String },
    #[error(transparent)]
    File(#[from] FileError),
}

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
const BEFORE_SHAPE: &str = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
const AFTER_SHAPE: &str = "), }";
const SUM: &str = " # crc32c ";

/// The bytes before the values: magic, version 1.0, length of the dictionary, the dictionary with the values' checksum,
/// padded with blanks so that the values begin at a multiple of 64.
fn header<const D: usize>(shape: [usize; D], sum: u32) -> Vec<u8> {
    let sizes = shape.map(|n| n.to_string()).join(", ");
    let mut dictionary = format!("{BEFORE_SHAPE}{sizes}{AFTER_SHAPE}{SUM}{sum:08x}");
    let unpadded = MAGIC.len() + 2 + dictionary.len() + 1;
    dictionary.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    dictionary.push('\n');
    let mut bytes = MAGIC.to_vec();
    // The dictionary is about a hundred bytes long: its length always fits.
    bytes.extend((dictionary.len() as u16).to_le_bytes());
    bytes.extend(dictionary.as_bytes());
    bytes
}

/// Writes an array, its values in row-major order; the file appears whole or not at all.
///
/// # Errors
/// Another number of values than the shape says, or a file system that refuses.
pub fn write<const D: usize>(path: &Path, shape: [usize; D], values: &[f32]) -> Result<(), NpyError> {
    let expected = shape.iter().product();
    if values.len() != expected {
        return Err(NpyError::Unequal { shape: shape.to_vec(), expected, found: values.len() });
    }
    let sum = values.iter().fold(0, |sum, v| crc32c::crc32c_append(sum, &v.to_le_bytes()));
    write_atomically(path, |w| {
        w.write_all(&header(shape, sum))?;
        values.iter().try_for_each(|v| w.write_all(&v.to_le_bytes()))
    })?;
    Ok(())
}

/// Opens an array of `D` dimensions: its shape, and its file at the first value. `expected` names the shape in messages.
///
/// # Errors
/// A file that is missing, damaged, not of the form that [`write()`] gives it, or shorter or longer than it says.
pub fn open<const D: usize>(path: &Path, expected: &'static str) -> Result<([usize; D], BufReader<File>), NpyError> {
    let io_error = |e: io::Error| FileError::new("read", path)(e);
    let bad = |found: String| NpyError::Format { path: path.to_owned(), expected, found };
    let file = files::open(path).map_err(io_error)?;
    let length = file.metadata().map_err(io_error)?.len();
    let mut file = BufReader::new(file);
    let mut start = [0u8; 10];
    file.read_exact(&mut start).map_err(|_| bad(format!("{length} bytes")))?;
    if &start[..8] != MAGIC {
        return Err(bad("another kind of file (or another .npy version)".into()));
    }
    let mut dictionary = vec![0u8; usize::from(u16::from_le_bytes([start[8], start[9]]))];
    file.read_exact(&mut dictionary).map_err(|_| bad("a header that is cut off".into()))?;
    let text = String::from_utf8_lossy(&dictionary);
    let text = text.trim_end();
    let odd = || bad(format!("the header {:?}", text.chars().take(120).collect::<String>()));
    let (text, sum) = match text.split_once(SUM) {
        Some((text, sum)) => (text, Some(sum_of(sum).ok_or_else(odd)?)),
        None => (text, None),
    };
    let shape = shape_of::<D>(text).ok_or_else(odd)?;
    let head = 10 + dictionary.len() as u64;
    // Compared with the file's length before anything is allocated for it.
    let count = shape.iter().try_fold(1u64, |n, &size| n.checked_mul(size));
    if count.and_then(|n| n.checked_mul(4)).and_then(|n| n.checked_add(head)) != Some(length) {
        return Err(bad(format!("{shape:?} announced in {length} bytes")));
    }
    let shape = shape.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    if let Some(sum) = sum {
        if header(shape, sum) != [&start[..], &dictionary].concat() {
            return Err(odd());
        }
        let mut found = 0;
        loop {
            let bytes = file.fill_buf().map_err(io_error)?;
            if bytes.is_empty() {
                break;
            }
            found = crc32c::crc32c_append(found, bytes);
            let taken = bytes.len();
            file.consume(taken);
        }
        if found != sum {
            return Err(NpyError::Damaged { path: path.to_owned() });
        }
        file.seek(SeekFrom::Start(head)).map_err(io_error)?;
    }
    // Each size divides a number of values that lies on the disk, or one of them is 0 and the others are of no use.
    Ok((shape, file))
}

/// Reads an array of `D` dimensions back: its shape, and its values in row-major order.
///
/// # Errors
/// As [`open`].
pub fn read<const D: usize>(path: &Path, expected: &'static str) -> Result<([usize; D], Vec<f32>), NpyError> {
    read_every(path, expected, |_| 1)
}

/// As [`read`], but only every so many-th entry along the first dimension, from the first on: `stride` says how many,
/// told the size of that dimension. The shape is that of the values read.
///
/// # Errors
/// As [`open`].
pub fn read_every<const D: usize>(
    path: &Path,
    expected: &'static str,
    stride: impl FnOnce(usize) -> usize,
) -> Result<([usize; D], Vec<f32>), NpyError> {
    let io_error = |e: io::Error| FileError::new("read", path)(e);
    let (mut shape, mut file) = open::<D>(path, expected)?;
    // Their product was checked against the file's length; where one of them is 0 the others may be anything.
    let all: usize = if shape.contains(&0) { 0 } else { shape.iter().product() };
    if all == 0 {
        return Ok((shape, Vec::new()));
    }
    let entry = all / shape[0];
    let stride = stride(shape[0]).max(1);
    shape[0] = shape[0].div_ceil(stride);
    let mut values = Vec::with_capacity(shape[0] * entry);
    let mut value = [0u8; 4];
    for i in 0..shape[0] {
        if i > 0 && stride > 1 {
            file.seek_relative(((stride - 1) * entry * 4) as i64).map_err(io_error)?;
        }
        for _ in 0..entry {
            file.read_exact(&mut value).map_err(io_error)?;
            values.push(f32::from_le_bytes(value));
        }
    }
    Ok((shape, values))
}

/// A checksum as [`header`] writes it.
fn sum_of(text: &str) -> Option<u32> {
    let sum = u32::from_str_radix(text, 16).ok()?;
    (text == format!("{sum:08x}")).then_some(sum)
}

fn shape_of<const D: usize>(dictionary: &str) -> Option<[u64; D]> {
    let inside = dictionary.strip_prefix(BEFORE_SHAPE)?.strip_suffix(AFTER_SHAPE)?;
    let digits = |size: &str| size.bytes().all(|b| b.is_ascii_digit());
    let sizes: Option<Vec<u64>> = inside.split(", ").map(|s| digits(s).then(|| s.parse().ok()).flatten()).collect();
    sizes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `numpy.save(f, numpy.array([[.5, .25, 3], [-1, 2**-126, .1]], numpy.float32))`, numpy 2.
    fn numpy_bytes() -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00v\x00".to_vec();
        bytes.extend(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
        bytes.extend(" ".repeat(58).as_bytes());
        bytes.push(b'\n');
        bytes.extend(b"\x00\x00\x00?\x00\x00\x80>\x00\x00@@\x00\x00\x80\xbf\x00\x00\x80\x00\xcd\xcc\xcc=");
        bytes
    }

    const VALUES: [f32; 6] = [0.5, 0.25, 3.0, -1.0, f32::MIN_POSITIVE, 0.1];

    #[test]
    fn the_same_bytes_as_numpy_and_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        std::fs::write(&path, numpy_bytes()).unwrap();
        assert_eq!(read::<2>(&path, "(rows, 3)").unwrap(), ([2, 3], VALUES.to_vec()));
        write(&path, [2, 3], &VALUES).unwrap();
        assert_eq!(read::<2>(&path, "(rows, 3)").unwrap(), ([2, 3], VALUES.to_vec()));
        // Numpy's own but for the comment in the padding.
        let (found, expected) = (std::fs::read(&path).unwrap(), numpy_bytes());
        let comment = b" # crc32c 6c0162d3";
        assert_eq!(found[69..69 + comment.len()], *comment, "{}", String::from_utf8_lossy(&found[69..100]));
        let blank = [&found[..69], &[b' '; 18], &found[69 + comment.len()..]].concat();
        assert_eq!(blank, expected);
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        write(&path, [2, 3], &VALUES).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &changed).unwrap();
            assert!(read::<2>(&path, "").is_err(), "bit {bit}");
        }
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &changed).unwrap();
        assert!(matches!(read::<2>(&path, ""), Err(NpyError::Damaged { .. })));
    }

    #[test]
    fn every_third_entry_is_read_without_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let values: Vec<f32> = (0..10_000).map(|i| i as f32).collect();
        write(&path, [2500, 2, 2], &values).unwrap();
        let (shape, some) = read_every::<3>(&path, "", |rows| rows.div_ceil(1000)).unwrap();
        assert_eq!(shape, [834, 2, 2]);
        let want: Vec<f32> = values.chunks_exact(4).step_by(3).flatten().copied().collect();
        assert_eq!(some, want);
        assert_eq!(read_every::<3>(&path, "", |_| usize::MAX).unwrap(), ([1, 2, 2], vec![0.0, 1.0, 2.0, 3.0]));
    }

    #[test]
    fn three_dimensions_and_none_of_something() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        write(&path, [1, 2, 3], &VALUES).unwrap();
        // As numpy 2 writes the header of such an array, but for the comment.
        let head = b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), } # crc32c ";
        assert!(std::fs::read(&path).unwrap().starts_with(head));
        assert_eq!(read::<3>(&path, "").unwrap(), ([1, 2, 3], VALUES.to_vec()));
        assert!(matches!(read::<2>(&path, ""), Err(NpyError::Format { .. })));
        write(&path, [0, 6, 4], &[]).unwrap();
        assert_eq!(read::<3>(&path, "").unwrap(), ([0, 6, 4], vec![]));
        assert!(matches!(write(&path, [2, 2], &VALUES), Err(NpyError::Unequal { expected: 4, found: 6, .. })));
    }

    #[test]
    fn every_cut_and_every_changed_header_byte_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let whole = numpy_bytes();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(matches!(read::<2>(&path, ""), Err(NpyError::Format { .. })), "cut at {cut}");
        }
        for at in 0..69 {
            let mut changed = whole.clone();
            changed[at] = b'9';
            std::fs::write(&path, &changed).unwrap();
            assert!(read::<2>(&path, "").is_err(), "byte {at}");
        }
    }

    #[test]
    fn huge_announcements_cost_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        for shape in [[usize::MAX, usize::MAX], [usize::MAX, 1], [1 << 62, 4]] {
            std::fs::write(&path, header(shape, 0)).unwrap();
            assert!(matches!(read::<2>(&path, ""), Err(NpyError::Format { .. })), "{shape:?}");
        }
    }
}

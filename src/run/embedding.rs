//! Representations on the disk: an `.npy` array of float32, shape (rows, 6, d), the six being h_text, h_audio, h_vision,
//! z_text, z_audio, z_vision. Row i is row i * stride of the label table, with the stride of the event that names the
//! file.

use std::path::Path;

use super::npy::{self, NpyError};
pub use crate::training::events::EmbeddingValues;
use crate::training::events::Moment;

/// Representations of a row: h_m and z_m of three modalities.
pub const KINDS: usize = 6;

const SHAPE: &str = "(rows, 6, d)";

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

/// Reads representations back.
///
/// # Errors
/// A file that is missing, not of the form that [`write`] gives it, or shorter or longer than it says.
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
        let (first, stride) = sample(&path, 1).unwrap();
        assert_eq!((first.rows, stride, &first.data[..]), (1, 2, &values.data[..6]));
        assert!(write(&path, &EmbeddingValues { rows: 3, ..values }).is_err());
        npy::write(&path, [2, 3, 2], &[0.0; 12]).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("(rows, 6, d)"));
    }
}

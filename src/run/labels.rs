//! Corrected labels on the disk: an `.npy` array of float32, shape (rows, 3), columns text, audio, vision, rows in the
//! order train, valid, test.

use std::path::Path;

use super::npy::{self, NpyError};
use crate::modality::{Modality, PerModality};
use crate::training::events::{LabelValues, Stage};

/// What is wrong with a file of label values.
#[derive(Debug, thiserror::Error)]
pub enum LabelsError {
    #[error("label values of unequal lengths: text {text}, audio {audio}, vision {vision}")]
    Unequal { text: usize, audio: usize, vision: usize },
    #[error(transparent)]
    File(#[from] NpyError),
}

/// The file's path below the run directory: `labels/0003-denoising.npy`.
pub fn file_name(refresh: u32, stage: Option<Stage>) -> String {
    format!("labels/{refresh:04}-{}.npy", stage.map_or("run", Stage::name))
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
    let rows = c.text.len();
    let all: Vec<f32> = (0..rows).flat_map(|row| Modality::ALL.map(|m| c[m][row])).collect();
    Ok(npy::write(path, [rows, 3], &all)?)
}

/// Reads label values back.
///
/// # Errors
/// A file that is missing, not of the form that [`write()`] gives it, or shorter or longer than it says.
pub fn read(path: &Path) -> Result<LabelValues, LabelsError> {
    const SHAPE: &str = "(rows, 3)";
    let (shape, all) = npy::read::<2>(path, SHAPE)?;
    if shape[1] != 3 {
        return Err(NpyError::Format { path: path.to_owned(), expected: SHAPE, found: format!("{shape:?}") }.into());
    }
    let corrected = PerModality::from_fn(|m| all.iter().skip(m as usize).step_by(3).copied().collect());
    Ok(LabelValues { corrected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_back_and_the_shape_is_checked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let corrected = PerModality { text: vec![0.5, -1.0], audio: vec![0.25, 0.0], vision: vec![3.0, 0.1] };
        let values = LabelValues { corrected };
        write(&path, &values).unwrap();
        assert_eq!(read(&path).unwrap(), values);
        assert_eq!(npy::read::<2>(&path, "").unwrap().1, [0.5, 0.25, 3.0, -1.0, 0.0, 0.1]);
        write(&path, &LabelValues::default()).unwrap();
        assert_eq!(read(&path).unwrap(), LabelValues::default());
        npy::write(&path, [3, 2], &[0.0; 6]).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains("(rows, 3)") && error.contains("[3, 2]"), "{error}");
        let unequal = LabelValues { corrected: PerModality { text: vec![0.0], ..PerModality::default() } };
        assert!(matches!(write(&path, &unequal), Err(LabelsError::Unequal { .. })));
    }

    #[test]
    fn names() {
        assert_eq!(file_name(3, Some(Stage::Denoising)), "labels/0003-denoising.npy");
    }
}

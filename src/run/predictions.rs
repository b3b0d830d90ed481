//! Predictions on the disk: an `.npy` array of float32, shape (rows, 4), columns ŷ, ŷ_text, ŷ_audio, ŷ_vision, rows in
//! the order train, valid, test.

use std::path::Path;

use super::npy::{self, NpyError};
use crate::modality::PerModality;
pub use crate::training::events::PredictionValues;
use crate::training::events::Stage;

const SHAPE: &str = "(rows, 4)";

/// The file's path below the run directory: `predictions/0008-joint.npy`.
pub fn file_name(epoch: u32, stage: Option<Stage>) -> String {
    format!("predictions/{epoch:04}-{}.npy", stage.map_or("run", Stage::name))
}

/// Writes predictions; the file appears whole or not at all.
///
/// # Errors
/// Columns of unequal lengths, or a file system that refuses.
pub fn write(path: &Path, values: &PredictionValues) -> Result<(), NpyError> {
    let rows = values.multimodal.len();
    if let Some((_, other)) = values.unimodal.iter().find(|(_, u)| u.len() != rows) {
        return Err(NpyError::Unequal { shape: vec![rows], expected: rows, found: other.len() });
    }
    let u = &values.unimodal;
    let row = |i: usize| [values.multimodal[i], u.text[i], u.audio[i], u.vision[i]];
    let all: Vec<f32> = (0..rows).flat_map(row).collect();
    npy::write(path, [rows, 4], &all)
}

/// Reads predictions back.
///
/// # Errors
/// A file that is missing, not of the form that [`write()`] gives it, or shorter or longer than it says.
pub fn read(path: &Path) -> Result<PredictionValues, NpyError> {
    let (shape, all) = npy::read::<2>(path, SHAPE)?;
    if shape[1] != 4 {
        return Err(NpyError::Format { path: path.to_owned(), expected: SHAPE, found: format!("{shape:?}") });
    }
    let column = |k: usize| all.iter().skip(k).step_by(4).copied().collect();
    Ok(PredictionValues { multimodal: column(0), unimodal: PerModality::from_fn(|m| column(1 + m as usize)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_the_shape_is_checked() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("predictions")).unwrap();
        let path = dir.path().join(file_name(8, Some(Stage::Joint)));
        assert!(path.ends_with("predictions/0008-joint.npy"));
        let unimodal = PerModality { text: vec![3.0, 4.0], audio: vec![5.0, 6.0], vision: vec![7.0, 8.0] };
        let values = PredictionValues { multimodal: vec![1.0, 2.0], unimodal };
        write(&path, &values).unwrap();
        assert_eq!(read(&path).unwrap(), values);
        assert_eq!(npy::read::<2>(&path, "").unwrap().1, [1.0, 3.0, 5.0, 7.0, 2.0, 4.0, 6.0, 8.0]);
        let mut short = values;
        short.unimodal.audio.pop();
        assert!(matches!(write(&path, &short), Err(NpyError::Unequal { .. })));
        npy::write(&path, [2, 3], &[0.0; 6]).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("(rows, 4)"));
    }
}

//! Corrected labels on the disk: an `.npy` array of float32, rows in the order train, valid, test. Shape (rows, 3), columns
//! text, audio, vision; of several members (rows, 6): the spread of each between the members follows. Where clips are
//! weighed (rows, 9): the weights follow the spread, which is NaN where there is none.

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
    let rows = values.corrected.text.len();
    let none = PerModality::from_fn(|_| vec![f32::NAN; rows]);
    let mut kinds: Vec<&PerModality<Vec<f32>>> = std::iter::once(&values.corrected).chain(&values.spread).collect();
    if let Some(weights) = &values.weights {
        kinds.extend(values.spread.is_none().then_some(&none));
        kinds.push(weights);
    }
    for kind in &kinds {
        let [text, audio, vision] = Modality::ALL.map(|m| kind[m].len());
        if [text, audio, vision] != [rows; 3] {
            return Err(LabelsError::Unequal { text, audio, vision });
        }
    }
    let row = |row: usize| kinds.iter().flat_map(move |kind| Modality::ALL.map(|m| kind[m][row]));
    Ok(npy::write(path, [rows, 3 * kinds.len()], &(0..rows).flat_map(row).collect::<Vec<f32>>())?)
}

/// Reads label values back.
///
/// # Errors
/// A file that is missing, not of the form that [`write()`] gives it, or shorter or longer than it says.
pub fn read(path: &Path) -> Result<LabelValues, LabelsError> {
    const SHAPE: &str = "(rows, 3), (rows, 6) or (rows, 9)";
    let (shape, all) = npy::read::<2>(path, SHAPE)?;
    let [_, columns] = shape;
    let from = |first: usize| {
        PerModality::from_fn(|m| all.iter().skip(first + m as usize).step_by(columns).copied().collect())
    };
    match columns {
        3 => Ok(LabelValues { corrected: from(0), ..LabelValues::default() }),
        6 => Ok(LabelValues { corrected: from(0), spread: Some(from(3)), weights: None }),
        9 => {
            let spread = Some(from(3)).filter(|s| s.iter().any(|(_, s)| s.iter().any(|s| !s.is_nan())));
            Ok(LabelValues { corrected: from(0), spread, weights: Some(from(6)) })
        }
        _ => Err(NpyError::Format { path: path.to_owned(), expected: SHAPE, found: format!("{shape:?}") }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_back_and_the_shape_is_checked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.npy");
        let corrected = PerModality { text: vec![0.5, -1.0], audio: vec![0.25, 0.0], vision: vec![3.0, 0.1] };
        let mut values = LabelValues { corrected, ..LabelValues::default() };
        write(&path, &values).unwrap();
        assert_eq!(read(&path).unwrap(), values);
        assert_eq!(npy::read::<2>(&path, "").unwrap().1, [0.5, 0.25, 3.0, -1.0, 0.0, 0.1]);
        // Old readers and people's own scripts find the labels in the first three columns.
        let spread = PerModality { text: vec![0.1, 0.2], audio: vec![0.0, 0.4], vision: vec![0.5, 0.6] };
        values.spread = Some(spread);
        write(&path, &values).unwrap();
        assert_eq!(read(&path).unwrap(), values);
        let (shape, all) = npy::read::<2>(&path, "").unwrap();
        assert_eq!((shape, &all[..6]), ([2, 6], &[0.5, 0.25, 3.0, 0.1, 0.0, 0.5][..]));
        values.weights = Some(PerModality::from_fn(|m| vec![0.25, m as usize as f32 / 4.0]));
        for spread in [values.spread.clone(), None] {
            let values = LabelValues { spread, ..values.clone() };
            write(&path, &values).unwrap();
            assert_eq!(read(&path).unwrap(), values);
        }
        values.weights = Some(PerModality::default());
        assert!(matches!(write(&path, &values), Err(LabelsError::Unequal { text: 0, .. })));
        values.weights = None;
        values.spread = Some(PerModality::default());
        assert!(matches!(write(&path, &values), Err(LabelsError::Unequal { text: 0, .. })));
        write(&path, &LabelValues::default()).unwrap();
        assert_eq!(read(&path).unwrap(), LabelValues::default());
        for columns in [0, 1, 2, 4, 5, 7, 8, 10] {
            npy::write(&path, [3, columns], &vec![0.0; 3 * columns]).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains("(rows, 6)") && error.contains(&format!("[3, {columns}]")), "{error}");
        }
        let unequal = LabelValues {
            corrected: PerModality { text: vec![0.0], ..PerModality::default() },
            ..LabelValues::default()
        };
        assert!(matches!(write(&path, &unequal), Err(LabelsError::Unequal { .. })));
    }

    #[test]
    fn names() {
        assert_eq!(file_name(3, Some(Stage::Denoising)), "labels/0003-denoising.npy");
    }
}

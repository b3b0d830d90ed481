//! The clips nearest to a clip in each modality's space: by cosine distance between the h_m that stage 1 handed on.

use std::path::Path;

use crate::modality::{Modality, PerModality};
use crate::run::embedding::EmbeddingReader;
use crate::run::npy::NpyError;

/// Neighbours in each space.
pub const NEAREST: usize = 5;
/// Rows between two looks at whether the answer is still wanted.
const STRIDE: u32 = 4096;

/// One clip near another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Position in the label table.
    pub row: u32,
    /// 1 - cos of the angle between the representations, in [0, 2].
    pub distance: f32,
}

/// The nearest clips, nearest first.
pub type Neighbours = PerModality<Vec<Neighbour>>;

/// Why there are no neighbours.
#[derive(Debug, thiserror::Error)]
pub enum NeighboursError {
    #[error("{file} holds {rows} rows, and row {row} is looked for; it belongs to other data")]
    Absent { file: String, row: u32, rows: usize },
    #[error(transparent)]
    File(#[from] NpyError),
}

/// Reads through a file of representations of every row; memory does not grow with it. `None` where `wanted` says that
/// nobody waits for the answer any more.
///
/// # Errors
/// The file cannot be read or does not have the row.
pub fn nearest(path: &Path, row: u32, wanted: impl Fn() -> bool) -> Result<Option<Neighbours>, NeighboursError> {
    let mut file = EmbeddingReader::open(path)?;
    let (rows, dim) = (file.rows(), file.dim());
    if row as usize >= rows {
        return Err(NeighboursError::Absent { file: path.display().to_string(), row, rows });
    }
    let own = |values: &[f32], m: Modality| values[m as usize * dim..][..dim].to_vec();
    file.seek(row as usize)?;
    let values = file.next_row()?;
    let here = PerModality::from_fn(|m| own(values, m));
    let length = here.map(|_, h| norm(h));
    let mut found = Neighbours::default();
    file.seek(0)?;
    for other in 0..rows as u32 {
        if other.is_multiple_of(STRIDE) && !wanted() {
            return Ok(None);
        }
        let values = file.next_row()?;
        if other == row {
            continue;
        }
        for m in Modality::ALL {
            let there = &values[m as usize * dim..][..dim];
            let distance = 1.0 - dot(&here[m], there) / (length[m] * norm(there));
            insert(&mut found[m], Neighbour { row: other, distance });
        }
    }
    Ok(Some(found))
}

/// Keeps the nearest ones; a distance that is none (a representation without a direction) is passed over.
fn insert(list: &mut Vec<Neighbour>, new: Neighbour) {
    let full = list.len() == NEAREST;
    if new.distance.is_nan() || (full && list.last().is_some_and(|l| l.distance <= new.distance)) {
        return;
    }
    let at = list.partition_point(|n| n.distance <= new.distance);
    list.insert(at, new);
    list.truncate(NEAREST);
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f32]) -> f32 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::run::embedding::{EmbeddingValues, write};

    fn found(rows: usize, dim: usize, data: Vec<f32>, row: u32) -> Result<Option<Neighbours>, NeighboursError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.npy");
        write(&path, &EmbeddingValues { rows, dim, data }).unwrap();
        nearest(&path, row, || true)
    }

    #[test]
    fn each_space_has_its_own_neighbours() {
        // Directions in the plane, in degrees, of h_text, h_audio, h_vision; one row has no direction in vision.
        let angles = [[0, 90, 0], [10, 0, 0], [170, 80, 0], [5, 105, 0]];
        let data = angles.iter().enumerate().flat_map(|(i, row)| {
            let scale = if i == 2 { [3.0, 3.0, 0.0] } else { [1.0; 3] };
            let point = |(a, s): (&i32, f32)| {
                let a = (*a as f32).to_radians();
                [s * a.cos(), s * a.sin()]
            };
            let h: Vec<f32> = row.iter().zip(scale).flat_map(point).collect();
            h.into_iter().chain([9.0; 6])
        });
        let near = found(4, 2, data.collect(), 0).unwrap().unwrap();
        let rows = |m: Modality| near[m].iter().map(|n| n.row).collect::<Vec<_>>();
        assert_eq!(rows(Modality::Text), [3, 1, 2]);
        assert_eq!(rows(Modality::Audio), [2, 3, 1]);
        assert_eq!(rows(Modality::Vision), [1, 3]);
        let text = &near[Modality::Text];
        assert!((text[0].distance - (1.0 - 5f32.to_radians().cos())).abs() < 1e-6);
        assert!((text[2].distance - (1.0 - 170f32.to_radians().cos())).abs() < 1e-6);
    }

    #[test]
    fn rows_beyond_the_file_and_answers_that_nobody_wants() {
        assert!(found(2, 1, vec![1.0; 12], 2).unwrap_err().to_string().contains("2 rows"));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.npy");
        assert!(nearest(&path, 0, || true).is_err());
        write(&path, &EmbeddingValues { rows: 2, dim: 1, data: vec![1.0; 12] }).unwrap();
        assert_eq!(nearest(&path, 0, || false).unwrap(), None);
    }

    proptest! {
        #[test]
        fn the_nearest_of_all_are_found(data in proptest::collection::vec(-1.0f32..1.0, 30 * 18), row in 0u32..30) {
            let near = found(30, 3, data.clone(), row).unwrap().unwrap();
            for m in Modality::ALL {
                let h = |i: usize| &data[i * 18 + m as usize * 3..][..3];
                let distance = |i: usize| 1.0 - dot(h(i), h(row as usize)) / (norm(h(i)) * norm(h(row as usize)));
                let mut all: Vec<f32> = (0..30).filter(|i| *i != row as usize).map(distance).collect();
                all.sort_by(f32::total_cmp);
                prop_assert_eq!(near[m].iter().map(|n| n.distance).collect::<Vec<_>>(), all[..NEAREST].to_vec());
                prop_assert!(near[m].iter().all(|n| distance(n.row as usize) == n.distance));
            }
        }
    }
}

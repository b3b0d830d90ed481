//! Token ids that stand where features of the text should be, recognised. As features they would mean nothing.

use crate::dataset::error::DatasetError;
use crate::dataset::prepare::parts::{Feature, Lengths};
use crate::dataset::prepare::rows::{Rows, Scratch};

/// Rows looked at.
const SAMPLED: usize = 64;
/// BERT's special tokens begin here. Whole numbers this large are no features in any case.
const TOKEN: f64 = 100.0;

/// What can stand where features of the text should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoded {
    /// BERT's input, (N, 3, L): token ids, mask and segments.
    Input,
    /// Token ids alone.
    Ids,
}

/// What the rows are where they are no features but what a text encoder takes in.
///
/// # Errors
/// The file cannot be read.
pub fn find(rows: &Rows) -> Result<Option<Encoded>, DatasetError> {
    let count = rows.len();
    let (mut inputs, mut ids, mut masked, mut largest) = (true, true, false, 0f64);
    let mut scratch = Scratch::default();
    for row in (0..count).step_by((count / SAMPLED).max(1)) {
        let steps = rows.steps(row);
        let values = rows.read(row, 0..steps, &mut scratch)?;
        let counted = |v: &f64| *v >= 0.0 && v.fract() == 0.0;
        let flag = |v: &f64| *v == 0.0 || *v == 1.0;
        let dim = rows.dim();
        inputs &= steps == 3 && dim > 1 && values[..dim].iter().all(counted) && values[dim..].iter().all(flag);
        // Clips without text have no token.
        masked |= inputs && values[dim..2 * dim].contains(&1.0);
        ids &= (steps == 1 || dim == 1) && values.iter().all(counted);
        if !inputs && !ids {
            return Ok(None);
        }
        // Flags of 0 and 1 look like ids as well, but never reach `TOKEN`.
        largest = values.iter().copied().fold(largest, f64::max);
    }
    Ok(match (inputs && masked && largest > 1.0, ids && largest >= TOKEN) {
        (true, _) => Some(Encoded::Input),
        (_, true) => Some(Encoded::Ids),
        _ => None,
    })
}

/// The token ids of BERT's input as a feature of one column, in place of vectors that a file does not have: they tell clips
/// apart, and what is aligned to them. Clips are as long as the mask says.
///
/// # Errors
/// The file cannot be read.
pub fn column(input: &Rows) -> Result<Feature, DatasetError> {
    let (mut data, mut starts, mut lengths) = (Vec::new(), vec![0], Vec::new());
    let mut scratch = Scratch::default();
    let width = input.dim();
    for row in 0..input.len() {
        let values = input.read(row, 0..2, &mut scratch)?;
        let (ids, mask) = values.split_at(width);
        data.extend(ids.iter().map(|&id| id as f32));
        starts.push(data.len());
        lengths.push(mask.iter().filter(|&&v| v > 0.0).count());
    }
    let rows = Rows::Memory { data, starts, dim: 1 };
    Ok(Feature::new(rows, Lengths::Mask(lengths), "ids"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(steps: usize, dim: usize, data: &[f32]) -> Option<Encoded> {
        let rows = data.len() / (steps * dim);
        let starts = (0..=rows).map(|row| row * steps).collect();
        find(&Rows::Memory { data: data.to_vec(), starts, dim }).unwrap()
    }

    #[test]
    fn a_text_encoders_input_is_recognised() {
        let input = [101.0, 7.0, 102.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(found(3, 4, &input), Some(Encoded::Input));
        assert_eq!(found(1, 12, &input), Some(Encoded::Ids));
        assert_eq!(found(12, 1, &input), Some(Encoded::Ids));
        // Ids of a small vocabulary are told by the mask beside them.
        assert_eq!(found(3, 2, &[2.0, 3.0, 1.0, 1.0, 0.0, 0.0]), Some(Encoded::Input));
        // A clip without text changes nothing.
        assert_eq!(found(3, 4, &[[0.0; 12], input].concat()), Some(Encoded::Input));
    }

    #[test]
    fn features_are_none() {
        for (steps, dim, data) in [
            (3, 2, &[2.5, 3.0, 1.0, 1.0, 0.0, 0.0][..]),
            (3, 2, &[2.0, 3.0, 1.0, 4.0, 0.0, 0.0]),
            (3, 2, &[-2.0, 3.0, 1.0, 1.0, 0.0, 0.0]),
            (3, 2, &[0.0; 6]),
            (1, 6, &[0.0, 1.0, 0.0, 3.0, 0.0, 0.0]),
            (1, 3, &[101.0, f32::NAN, 7.0]),
            (2, 3, &[101.0, 7.0, 102.0, 0.0, 0.0, 0.0]),
        ] {
            assert_eq!(found(steps, dim, data), None, "{data:?}");
        }
    }
}

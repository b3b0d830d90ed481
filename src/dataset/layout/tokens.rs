//! Recognises token ids that stand where features of the text should be. As features they would mean nothing.

use crate::dataset::error::DatasetError;
use crate::dataset::prepare::rows::{Rows, Scratch};

/// Rows looked at.
const SAMPLED: usize = 64;
/// BERT's special tokens begin here. Whole numbers this large are no features in any case.
const TOKEN: f64 = 100.0;

/// What the rows are, in words, where they are no features but what a text encoder takes in.
///
/// # Errors
/// The file cannot be read.
pub fn find(rows: &Rows) -> Result<Option<&'static str>, DatasetError> {
    let count = rows.len();
    let (mut inputs, mut ids, mut seen, mut largest) = (true, true, false, 0f64);
    let mut scratch = Scratch::default();
    for row in (0..count).step_by((count / SAMPLED).max(1)) {
        let steps = rows.steps(row);
        let values = rows.read(row, 0..steps, &mut scratch)?;
        let counted = |v: &f64| *v >= 0.0 && v.fract() == 0.0;
        let flag = |v: &f64| *v == 0.0 || *v == 1.0;
        let dim = rows.dim();
        inputs &= steps == 3
            && dim > 1
            && values[..dim].iter().all(counted)
            && values[dim..].iter().all(flag)
            && values[dim..2 * dim].contains(&1.0);
        ids &= (steps == 1 || dim == 1) && values.iter().all(counted);
        if !inputs && !ids {
            return Ok(None);
        }
        // Flags of 0 and 1 look like ids as well, but never reach `TOKEN`.
        largest = values.iter().copied().fold(largest, f64::max);
        seen = true;
    }
    Ok(match (seen && inputs && largest > 1.0, seen && ids && largest >= TOKEN) {
        (true, _) => Some("BERT's input (token ids, mask, segments)"),
        (_, true) => Some("token ids"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(steps: usize, dim: usize, data: &[f32]) -> Option<&'static str> {
        let rows = data.len() / (steps * dim);
        let starts = (0..=rows).map(|row| row * steps).collect();
        find(&Rows::Memory { data: data.to_vec(), starts, dim }).unwrap()
    }

    #[test]
    fn a_text_encoders_input_is_recognised() {
        let input = [101.0, 7.0, 102.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert!(found(3, 4, &input).is_some_and(|f| f.contains("mask")));
        assert_eq!(found(1, 12, &input), Some("token ids"));
        assert_eq!(found(12, 1, &input), Some("token ids"));
        // Ids of a small vocabulary are told by the mask beside them.
        assert!(found(3, 2, &[2.0, 3.0, 1.0, 1.0, 0.0, 0.0]).is_some());
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

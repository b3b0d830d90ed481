//! What a model takes in: some clips of a split, padded to the longest of them.

use std::sync::Arc;

use crate::modality::PerModality;

/// Some clips with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// U_m; shared, as the backward pass needs them once more.
    pub sequences: Arc<PerModality<Sequences>>,
    /// y, (B,), in [-H, H].
    pub labels: Vec<f32>,
}

/// The sequences of one modality, normalised: valid steps only, one clip after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequences {
    /// Valid steps of all clips, (sum of `lengths`, D) row-major.
    pub data: Vec<f32>,
    /// D.
    pub dim: usize,
    /// Valid steps of each clip, from 0 to T_m; (B,).
    pub lengths: Vec<usize>,
}

impl Sequences {
    /// T: the batch's largest number of valid steps, at least 1.
    pub fn steps(&self) -> usize {
        self.lengths.iter().copied().max().unwrap_or(0).max(1)
    }

    /// For each clip, the row of `data` that its first step is in; (B,).
    pub fn starts(&self) -> Vec<usize> {
        self.lengths.iter().scan(0, |next, &length| Some(std::mem::replace(next, *next + length))).collect()
    }

    /// (B, T, D) row-major, zeros after each clip's last step.
    pub fn padded(&self) -> Vec<f32> {
        let (steps, dim) = (self.steps(), self.dim);
        let mut padded = vec![0.0; self.lengths.len() * steps * dim];
        for (clip, (&length, start)) in self.lengths.iter().zip(self.starts()).enumerate() {
            let to = clip * steps * dim;
            padded[to..to + length * dim].copy_from_slice(&self.data[start * dim..(start + length) * dim]);
        }
        padded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_to_the_longest() {
        let s = Sequences { data: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], dim: 2, lengths: vec![1, 0, 2] };
        assert_eq!((s.steps(), s.starts()), (2, vec![0, 1, 1]));
        assert_eq!(s.padded(), [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 4.0, 5.0, 6.0]);
        let empty = Sequences { data: vec![], dim: 2, lengths: vec![0] };
        assert_eq!((empty.steps(), empty.padded()), (1, vec![0.0, 0.0]));
    }
}

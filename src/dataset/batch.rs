//! What a model is fed with: some clips of a split, padded to the longest of them.

use crate::modality::PerModality;

/// Some clips with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// U_m.
    pub sequences: PerModality<Sequences>,
    /// y, (B,), in [-H, H].
    pub labels: Vec<f32>,
}

/// The sequences of one modality, normalised, valid steps first, zeros after.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequences {
    /// (B, T, D) row-major.
    pub data: Vec<f32>,
    /// T: the batch's largest number of valid steps, at least 1.
    pub steps: usize,
    /// D.
    pub dim: usize,
    /// Valid steps of each clip, from 0 to T; (B,).
    pub lengths: Vec<usize>,
}

impl Sequences {
    /// Zeros of the right size for clips of these lengths.
    pub(super) fn zeros(lengths: Vec<usize>, dim: usize) -> Self {
        let steps = lengths.iter().copied().max().unwrap_or(0).max(1);
        Sequences { data: vec![0.0; lengths.len() * steps * dim], steps, dim, lengths }
    }

    /// The valid steps of a clip.
    pub(super) fn valid_mut(&mut self, clip: usize) -> &mut [f32] {
        let first = clip * self.steps * self.dim;
        &mut self.data[first..first + self.lengths[clip] * self.dim]
    }
}

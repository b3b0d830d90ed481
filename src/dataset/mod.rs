//! Datasets: the MMSA pickle layout, the built-in demo, normalisation, batches (METHOD.md, data files).

/// One modality's part of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequences {
    /// (B, T, D) row-major, normalised; a clip's valid steps come first, zeros after them.
    pub data: Vec<f32>,
    /// T: the batch's longest valid length, at least 1.
    pub steps: usize,
    /// D
    pub dim: usize,
    /// Valid steps of each clip; 0 occurs.
    pub lengths: Vec<usize>,
}

/// Some rows of a split.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub sequences: crate::modality::PerModality<Sequences>,
    /// y, one value a row, in [-H, H].
    pub labels: Vec<f32>,
}

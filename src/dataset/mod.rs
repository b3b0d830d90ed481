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

#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct DatasetError;
pub struct Arr { data: Vec<f32>, steps: usize, dim: usize, lengths: Vec<usize> }
pub struct Dataset { pub name: String, pub label_range: f32, pub metrics: crate::config::MetricSet, pub shapes: PerModality<(usize, usize)> , pub splits: PerSplit<(Vec<f32>, Option<PerModality<Vec<f32>>>, PerModality<Arr>)> }
use crate::modality::PerModality;
use crate::split::{PerSplit, Split};
impl Dataset {
    pub fn tmp(name: &str) -> Dataset {
        let b = std::fs::read(format!("/tmp/{name}.bin")).unwrap();
        let mut at = 0;
        let u = |at: &mut usize| { *at += 4; u32::from_le_bytes(b[*at-4..*at].try_into().unwrap()) as usize };
        let v = |at: &mut usize, n: usize| -> Vec<f32> { *at += 4*n; b[*at-4*n..*at].chunks_exact(4).map(|c| f32::from_le_bytes(c.try_into().unwrap())).collect() };
        let splits = PerSplit::from_fn(|_| {
            let n = u(&mut at); let has = u(&mut at);
            let y = v(&mut at, n);
            let h = (has == 1).then(|| PerModality::from_fn(|_| v(&mut at, n)));
            let a = PerModality::from_fn(|_| { let steps = u(&mut at); let dim = u(&mut at); let lengths = (0..n).map(|_| u(&mut at)).collect(); Arr { data: v(&mut at, n*steps*dim), steps, dim, lengths } });
            (y, h, a)
        });
        let shapes = PerModality::from_fn(|m| { let a: &Arr = &splits[Split::Train].2[m]; (a.steps, a.dim) });
        let sims = name == "sims";
        Dataset { name: name.into(), label_range: if sims {1.0} else {3.0}, metrics: if sims { crate::config::MetricSet::Sims } else { crate::config::MetricSet::Mosi }, shapes, splits }
    }
    pub fn len(&self, s: Split) -> usize { self.splits[s].0.len() }
    pub fn labels(&self, s: Split) -> &[f32] { &self.splits[s].0 }
    pub fn unimodal_labels(&self, s: Split) -> Option<&PerModality<Vec<f32>>> { self.splits[s].1.as_ref() }
    pub fn batch(&self, s: Split, rows: &[usize]) -> Result<Batch, DatasetError> {
        let (y, _, a) = &self.splits[s];
        Ok(Batch { labels: rows.iter().map(|&r| y[r]).collect(), sequences: a.map(|_, a| {
            let steps = rows.iter().map(|&r| a.lengths[r]).max().unwrap().max(1);
            let mut data = Vec::new();
            for &r in rows { data.extend_from_slice(&a.data[r*a.steps*a.dim..(r*a.steps+steps)*a.dim]); }
            Sequences { data, steps, dim: a.dim, lengths: rows.iter().map(|&r| a.lengths[r]).collect() }
        })})
    }
}

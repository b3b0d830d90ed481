//! What a model takes in: some clips of a split, padded to the longest of them.

use std::ops::Range;
use std::sync::Arc;

use crate::dataset::tokens::Tokens;
use crate::modality::PerModality;

/// Some clips with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// U_m; shared, as the backward pass needs them once more.
    pub sequences: Arc<PerModality<Sequences>>,
    /// The clips' token ids, where text is encoded from these.
    pub tokens: Option<Arc<Tokens>>,
    /// y, (B,), in [-H, H].
    pub labels: Vec<f32>,
}

impl Batch {
    /// The same clips in so many parts of nearly the same size, in order; fewer parts where there are fewer clips.
    pub fn parts(self, count: usize) -> Vec<Batch> {
        let size = self.labels.len().div_ceil(count.max(1)).max(1);
        if size == self.labels.len() {
            return vec![self];
        }
        let rows: Vec<usize> = (0..self.labels.len()).collect();
        rows.chunks(size).map(|rows| self.part(rows[0]..rows[rows.len() - 1] + 1)).collect()
    }

    fn part(&self, clips: Range<usize>) -> Batch {
        let sequences = self.sequences.map(|_, all| {
            let starts = all.starts();
            let end = |clip: usize| starts.get(clip).copied().unwrap_or(all.data.len() / all.dim.max(1));
            let data = all.data[end(clips.start) * all.dim..end(clips.end) * all.dim].to_vec();
            Sequences { data, dim: all.dim, lengths: all.lengths[clips.clone()].to_vec() }
        });
        let tokens = self.tokens.as_ref().map(|tokens| Arc::new(tokens.of(clips.clone())));
        Batch { sequences: Arc::new(sequences), tokens, labels: self.labels[clips].to_vec() }
    }
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

    #[test]
    fn parts_are_the_same_clips_in_order() {
        let text = Sequences { data: (0..10).map(|v| v as f32).collect(), dim: 2, lengths: vec![1, 0, 3, 1] };
        let empty = Sequences { data: vec![], dim: 1, lengths: vec![0; 4] };
        let sequences = PerModality { text, audio: empty.clone(), vision: empty };
        let mut tokens = Tokens::default();
        for clip in 0..4u32 {
            tokens.push(&vec![clip; clip as usize], &vec![0; clip as usize]);
        }
        let labels = vec![0.1, 0.2, 0.3, 0.4];
        let batch = Batch { sequences: Arc::new(sequences), tokens: Some(Arc::new(tokens)), labels };
        assert_eq!(batch.clone().parts(1), std::slice::from_ref(&batch));
        let parts = batch.clone().parts(3);
        assert_eq!(parts.iter().map(|p| p.labels.clone()).collect::<Vec<_>>(), [vec![0.1, 0.2], vec![0.3, 0.4]]);
        assert_eq!((parts[1].sequences.text.lengths.clone(), parts[1].sequences.text.data[0]), (vec![3, 1], 2.0));
        let tokens = parts[1].tokens.as_ref().unwrap();
        assert_eq!((tokens.ids.clone(), tokens.starts.clone()), (vec![2, 2, 3, 3, 3], vec![0, 2, 5]));
        assert_eq!(batch.parts(9).len(), 4);
    }
}

//! Where the rows of each clip lie in a packed batch.

use std::ops::Range;

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::dataset::tokens::Tokens;

/// Rows of the clips that have tokens: the tokens that are attended to (keys), and those whose states are asked for
/// (queries).
#[derive(Clone, Debug)]
pub struct Clips {
    /// Of each clip, one behind the other.
    pub keys: Vec<Range<usize>>,
    /// Of each clip, one behind the other, in rows of queries alone.
    pub queries: Vec<Range<usize>>,
    /// For each query its row among the keys; `None` where all of them are asked for.
    pub rows: Option<Vec<usize>>,
}

impl Clips {
    /// Every token is asked for.
    pub fn new(tokens: &Tokens) -> Self {
        let keys: Vec<_> = tokens.starts.windows(2).map(|at| at[0]..at[1]).filter(|rows| !rows.is_empty()).collect();
        Self { queries: keys.clone(), keys, rows: None }
    }

    /// Each clip's first token is asked for.
    pub fn firsts(tokens: &Tokens) -> Self {
        let Self { keys, .. } = Self::new(tokens);
        let rows = keys.iter().map(|rows| rows.start).collect();
        Self { queries: (0..keys.len()).map(|clip| clip..clip + 1).collect(), keys, rows: Some(rows) }
    }

    /// The same clips, every token asked for.
    pub fn all(&self) -> Self {
        Self { queries: self.keys.clone(), keys: self.keys.clone(), rows: None }
    }

    /// The queries' rows of x, (keys, W).
    pub fn queries_of(&self, x: Tensor<2>) -> Tensor<2> {
        match &self.rows {
            None => x,
            Some(rows) => {
                let rows = indices(rows, &x.device());
                x.select(0, rows)
            }
        }
    }
}

/// The clips that have tokens in groups of no more tokens than this, or of one clip, in order.
pub fn groups(tokens: &Tokens, most: usize) -> Vec<Tokens> {
    let mut groups: Vec<Tokens> = Vec::new();
    for at in tokens.starts.windows(2).map(|at| at[0]..at[1]).filter(|at| !at.is_empty()) {
        let (ids, types) = (&tokens.ids[at.clone()], &tokens.types[at]);
        match groups.last_mut() {
            Some(group) if group.ids.len() + ids.len() <= most => group.push(ids, types),
            _ => {
                let mut group = Tokens::default();
                group.push(ids, types);
                groups.push(group);
            }
        }
    }
    groups
}

/// Rows to select.
pub fn indices(rows: &[usize], device: &Device) -> Tensor<1, Int> {
    // Rows of a batch are far fewer than 2^63.
    let rows: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
    let count = rows.len();
    Tensor::from_data(TensorData::new(rows, [count]), &device.clone().inner())
}

//! The embeddings on packed rows, forward and back.

use rayon::prelude::*;

use super::dense::ROWS;
use super::norm::{Normed, drop_units};
use super::rows::{Add, Normalise};
use crate::dataset::tokens::Tokens;
use crate::model::bert::dropout::Mask;
use crate::model::host::Values;
use crate::model::memory::Memory;

/// The parameters: rows of words, positions and types, γ and β.
#[derive(Clone, Debug)]
pub struct Embedding {
    pub tables: [Values; 3],
    pub norm: [Values; 2],
}

/// What the forward pass leaves for the backward pass.
#[derive(Debug)]
pub struct Trace {
    /// Of each token its rows in the tables.
    rows: Vec<[usize; 3]>,
    normed: Normed,
}

impl Embedding {
    /// The states that go into the first layer, (tokens, W).
    pub fn forward(&self, tokens: &Tokens, epsilon: f32, mask: Mask, memory: &Memory) -> (Vec<f32>, Trace) {
        let [gamma, beta] = &self.norm;
        let width = gamma.len();
        let positions = tokens.lengths().flat_map(|length| 0..length);
        let ids = tokens.ids.iter().zip(&tokens.types);
        let rows: Vec<_> = ids.zip(positions).map(|((&id, &kind), at)| [id as usize, at, kind as usize]).collect();
        let (mut unit, mut scale) = (memory.take(rows.len() * width), memory.take(rows.len()));
        let mut out = vec![0.0; unit.len()];
        let size = ROWS * width;
        let pieces = unit.par_chunks_mut(size).zip(out.par_chunks_mut(size)).zip(scale.par_chunks_mut(ROWS));
        pieces.zip(rows.par_chunks(ROWS)).enumerate().for_each(|(piece, (((unit, out), scale), rows))| {
            for (to, rows) in unit.chunks_exact_mut(width).zip(rows) {
                to.fill(0.0);
                for (table, row) in self.tables.iter().zip(rows) {
                    Add { to: &mut *to, from: &table[row * width..(row + 1) * width] }.run();
                }
            }
            Normalise { x: unit, out, scale, gamma, beta, epsilon }.run();
            drop_units(mask, piece * ROWS, out, width);
        });
        (out, Trace { rows, normed: Normed { unit, scale } })
    }

    /// The gradients of the tables, and of γ and β, given that of the states.
    pub fn backward(&self, trace: Trace, d: &[f32], mask: Mask, memory: &Memory) -> ([Vec<f32>; 3], [Vec<f32>; 2]) {
        let Trace { rows, normed } = trace;
        let width = self.norm[0].len();
        // Units are dropped behind the norm here, not before it.
        let before = normed.backward(&self.norm[0], Mask::default(), memory, |piece, to| {
            let from = piece * ROWS * width;
            to.copy_from_slice(&d[from..from + to.len()]);
            drop_units(mask, piece * ROWS, to, width);
        });
        let through = &before.through;
        // Few rows of the words occur. The others are zeros as the system hands them out, and are not touched.
        let table = |at: usize| {
            let mut gradient = vec![0.0; self.tables[at].len()];
            for (from, rows) in through.chunks_exact(width).zip(&rows) {
                let to = rows[at] * width;
                Add { to: &mut gradient[to..to + width], from }.run();
            }
            gradient
        };
        let (words, (positions, types)) = rayon::join(|| table(0), || (table(1), table(2)));
        let (_, norm) = before.parameters();
        ([words, positions, types], norm)
    }
}

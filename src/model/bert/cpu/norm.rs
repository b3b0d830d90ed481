//! The norm at the end of the embeddings and of both halves of a layer: what it leaves for the way back, and that way.

use rayon::prelude::*;

use super::dense::ROWS;
use super::rows::{ThroughNorm, add_columns, total};
use crate::model::bert::dropout::Mask;
use crate::model::memory::{Buffer, Memory};

/// A norm's normalised rows, before γ and β, and their factors.
#[derive(Debug)]
pub struct Normed {
    pub unit: Buffer,
    pub scale: Buffer,
}

/// Gradients of weights and bias, or of γ and β.
pub type Pair = [Vec<f32>; 2];

/// The gradients before a norm.
pub struct Before {
    /// Of what was normalised; in a layer what went into the half is part of it.
    pub through: Buffer,
    /// Of what the linear layer made, where dropout makes that another; both (queries, W).
    dropped: Option<Buffer>,
    /// Of the linear layer's bias, γ and β.
    pub sums: [Vec<f32>; 3],
}

impl Before {
    /// Of what the linear layer made.
    pub fn branch(&self) -> &[f32] {
        self.dropped.as_deref().unwrap_or(&self.through)
    }

    /// The gradients of the bias, and of γ and β.
    pub fn parameters(self) -> (Vec<f32>, Pair) {
        let [bias, gamma, beta] = self.sums;
        (bias, [gamma, beta])
    }
}

impl Normed {
    /// Back through the norm with this γ, to what a linear layer made that `mask` dropped units of and that was part of what was
    /// normalised. `gradient` writes some rows of the gradient of what came out: the number of a piece of [`ROWS`] rows, and
    /// where to.
    pub fn backward(
        self,
        gamma: &[f32],
        mask: Mask,
        memory: &Memory,
        gradient: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Before {
        let width = gamma.len();
        let Normed { unit, scale } = self;
        let mut through = memory.take(unit.len());
        let mut dropped = memory.take(if mask.drops() { unit.len() } else { 0 });
        let size = ROWS * width;
        let mut parts: Vec<&mut [f32]> = dropped.chunks_mut(size).collect();
        parts.resize_with(unit.len().div_ceil(size), Default::default);
        let pieces = through.par_chunks_mut(size).zip(unit.par_chunks(size)).zip(scale.par_chunks(ROWS)).zip(parts);
        let sums = pieces.with_max_len(1).enumerate().map(|(piece, (((d, unit), scale), dropped))| {
            let mut sums = vec![0.0; 3 * width];
            let (bias, norm) = sums.split_at_mut(width);
            let (d_gamma, d_beta) = norm.split_at_mut(width);
            gradient(piece, d);
            ThroughNorm { d, unit, scale, gamma, d_gamma, d_beta }.run();
            if dropped.is_empty() {
                add_columns(d, bias);
            } else {
                dropped.copy_from_slice(d);
                drop_units(mask, piece * ROWS, dropped, width);
                add_columns(dropped, bias);
            }
            sums
        });
        let mut bias = total(sums.collect(), 3 * width);
        let mut gamma = bias.split_off(width);
        let beta = gamma.split_off(width);
        let dropped = mask.drops().then_some(dropped);
        Before { through, dropped, sums: [bias, gamma, beta] }
    }
}

/// Drops units of rows that begin at this one of all.
pub fn drop_units(mask: Mask, first: usize, rows: &mut [f32], width: usize) {
    if !mask.drops() {
        return;
    }
    let mut factors = vec![0.0; width];
    for (at, row) in rows.chunks_exact_mut(width).enumerate() {
        mask.fill(first + at, &mut factors);
        row.iter_mut().zip(&factors).for_each(|(x, factor)| *x *= factor);
    }
}

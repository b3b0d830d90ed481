//! A layer on packed rows, forward and back.

use std::sync::Arc;

use rayon::prelude::*;

use super::attention::Attention;
use super::dense::{ROWS, Right, affine, fill_rows, weight_gradient};
use super::norm::{Before, Normed, Pair, drop_units};
use super::rows::{Add, Gelu, Normalise, Scaled, ThroughGelu, add_columns, total};
use crate::model::bert::clips::Clips;
use crate::model::bert::dropout::Mask;
use crate::model::host::Values;
use crate::model::memory::{Buffer, Memory};

/// The parameters in the order of [`LayerWeights`](crate::model::bert::parts::LayerWeights), each layer's weights (inputs,
/// outputs).
#[derive(Clone, Debug)]
pub struct Layer {
    pub query: [Values; 2],
    pub key: [Values; 2],
    pub value: [Values; 2],
    pub attended: [Values; 2],
    pub attended_norm: [Values; 2],
    pub wide: [Values; 2],
    pub narrow: [Values; 2],
    pub narrow_norm: [Values; 2],
}

/// What a layer is run with besides its parameters.
#[derive(Clone, Debug)]
pub struct Setting {
    pub clips: Arc<Clips>,
    pub heads: usize,
    pub epsilon: f32,
    /// See [`form::layer`](crate::model::bert::form::layer).
    pub masks: [Mask; 3],
    pub memory: Memory,
}

/// What the forward pass leaves for the backward pass. Of what can be had from others by one pass over it (the states
/// between both halves, GELU's results, the shares of attention) nothing is kept.
#[derive(Debug)]
pub struct Trace {
    /// The queries' rows of what went in, where these are not all.
    asked: Option<Buffer>,
    /// (queries, W)
    q: Buffer,
    /// (keys, 2W), keys without their bias.
    kv: Buffer,
    /// What the heads made, (queries, W).
    context: Buffer,
    middle: Normed,
    /// Before GELU, (queries, I).
    wide: Buffer,
    last: Normed,
}

/// The gradients of what went in, if it was asked for, and of the parameters in their order.
pub struct Gradients {
    pub x: Option<Vec<f32>>,
    pub parameters: [Pair; 8],
}

impl Setting {
    fn attention(&self, width: usize) -> Attention<'_> {
        Attention { clips: &self.clips, heads: self.heads, width, mask: self.masks[0] }
    }
}

impl Layer {
    fn width(&self) -> usize {
        self.query[1].len()
    }

    /// The states of the queries, (queries, W), of x, (keys, W).
    pub fn forward(&self, x: &[f32], setting: &Setting) -> (Vec<f32>, Trace) {
        let (width, memory) = (self.width(), &setting.memory);
        let asked = setting.clips.rows.as_ref().map(|rows| {
            let mut asked = memory.take(rows.len() * width);
            for (to, &row) in asked.chunks_exact_mut(width).zip(rows) {
                to.copy_from_slice(&x[row * width..(row + 1) * width]);
            }
            asked
        });
        let own = asked.as_deref().unwrap_or(x);
        let rows = own.len() / width;
        let mut q = memory.take(own.len());
        affine(own, &Right::new(&self.query[0], width, memory), &self.query[1], &mut q);
        let mut kv = memory.take(2 * x.len());
        let bias = [&vec![0.0; width], &self.value[1][..]].concat();
        affine(x, &Right::side_by_side(&[&self.key[0], &self.value[0]], width, memory), &bias, &mut kv);
        let mut context = memory.take(own.len());
        setting.attention(width).forward(&q, &kv, &mut context);
        let mut states = memory.take(own.len());
        let half = Half { layer: &self.attended, norm: &self.attended_norm, mask: setting.masks[1], setting };
        let middle = half.forward(&context, own, &mut states);
        let mut wide = memory.take(rows * self.wide[1].len());
        let mut active = memory.take(wide.len());
        let right = Right::new(&self.wide[0], width, memory);
        let size = ROWS * right.width();
        let pieces = wide.par_chunks_mut(size).zip(active.par_chunks_mut(size)).zip(states.par_chunks(ROWS * width));
        pieces.with_max_len(1).for_each(|((x, out), states)| {
            fill_rows(x, &self.wide[1]);
            right.multiply_add(states, x);
            Gelu { x, out }.run();
        });
        drop(right);
        let mut out = vec![0.0; own.len()];
        let half = Half { layer: &self.narrow, norm: &self.narrow_norm, mask: setting.masks[2], setting };
        let last = half.forward(&active, &states, &mut out);
        (out, Trace { asked, q, kv, context, middle, wide, last })
    }

    /// Back from the gradient of the queries' states, (queries, W). `inputs`: that of x is wanted.
    pub fn backward(&self, x: &[f32], trace: Trace, d: &[f32], inputs: bool, setting: &Setting) -> Gradients {
        let (width, memory) = (self.width(), &setting.memory);
        let Trace { asked, mut q, mut kv, context, middle, mut wide, last } = trace;
        let own = asked.as_deref().unwrap_or(x);
        let (rows, size) = (own.len() / width, ROWS * width);

        // The second half.
        let half = Half { layer: &self.narrow, norm: &self.narrow_norm, mask: setting.masks[2], setting };
        let after = half.backward(last, |piece, to| to.copy_from_slice(&d[piece * size..piece * size + to.len()]));
        let mut d_wide = memory.take(wide.len());
        let right = Right::transposed(&[&self.narrow[0]], self.wide[1].len(), memory);
        let wide_size = ROWS * right.width();
        let pieces = d_wide.par_chunks_mut(wide_size).zip(wide.par_chunks_mut(wide_size));
        let sums = pieces.zip(after.branch().par_chunks(size)).with_max_len(1).map(|((d, x), after)| {
            let mut sums = vec![0.0; right.width()];
            d.fill(0.0);
            right.multiply_add(after, d);
            ThroughGelu { x, d, sums: &mut sums }.run();
            sums
        });
        let wide_bias = total(sums.collect(), right.width());
        drop(right);
        let narrow = weight_gradient(&wide, &Right::new(after.branch(), rows, memory));
        drop(wide);
        let mut states = memory.take(own.len());
        let pieces = states.par_chunks_mut(size).zip(middle.unit.par_chunks(size));
        let [gamma, beta] = &self.attended_norm;
        pieces.for_each(|(out, unit)| Scaled { unit, gamma, beta, out }.run());
        let wide_weight = weight_gradient(&states, &Right::new(&d_wide, rows, memory));
        drop(states);

        // The first half, but for attention.
        let right = Right::transposed(&[&self.wide[0]], width, memory);
        let half = Half { layer: &self.attended, norm: &self.attended_norm, mask: setting.masks[1], setting };
        let before = half.backward(middle, |piece, to| {
            to.copy_from_slice(&after.through[piece * size..piece * size + to.len()]);
            let from = piece * wide_size;
            right.multiply_add(&d_wide[from..from + to.len() / width * right.inner()], to);
        });
        drop((right, d_wide));
        let (narrow_bias, narrow_norm) = after.parameters();
        let attended = weight_gradient(&context, &Right::new(before.branch(), rows, memory));
        let mut d_context = context;
        let right = Right::transposed(&[&self.attended[0]], width, memory);
        let pieces = d_context.par_chunks_mut(size).zip(before.branch().par_chunks(size)).with_max_len(1);
        pieces.for_each(|(d, before)| {
            d.fill(0.0);
            right.multiply_add(before, d);
        });
        drop(right);

        // Attention, whose gradients take the place of what it was given.
        setting.attention(width).backward(&mut q, &mut kv, &d_context);
        drop(d_context);
        let query = weight_gradient(own, &Right::new(&q, rows, memory));
        let keys = kv.len() / (2 * width);
        let [key, value] = halves(&weight_gradient(x, &Right::new(&kv, keys, memory)), width);
        let value_bias = columns(&kv, 2 * width).split_off(width);
        let d_x = inputs.then(|| {
            let mut d_own = before.through;
            let right = Right::transposed(&[&self.query[0]], width, memory);
            let pieces = d_own.par_chunks_mut(size).zip(q.par_chunks(size)).with_max_len(1);
            pieces.for_each(|(d, q)| right.multiply_add(q, d));
            drop(right);
            let mut d_x = match &setting.clips.rows {
                None => d_own.to_vec(),
                Some(asked) => {
                    let mut all = vec![0.0; x.len()];
                    for (from, &row) in d_own.chunks_exact(width).zip(asked) {
                        all[row * width..(row + 1) * width].copy_from_slice(from);
                    }
                    all
                }
            };
            let right = Right::transposed(&[&self.key[0], &self.value[0]], width, memory);
            let pieces = d_x.par_chunks_mut(size).zip(kv.par_chunks(2 * size)).with_max_len(1);
            pieces.for_each(|(d, kv)| right.multiply_add(kv, d));
            d_x
        });
        let [attended_bias, gamma, beta] = before.sums;
        Gradients {
            x: d_x,
            parameters: [
                [query, columns(&q, width)],
                // The bias of keys changes nothing, see `attention`.
                [key, vec![0.0; width]],
                [value, value_bias],
                [attended, attended_bias],
                [gamma, beta],
                [wide_weight, wide_bias],
                [narrow, narrow_bias],
                narrow_norm,
            ],
        }
    }
}

/// The end of both halves of a layer: a linear layer, dropout, what went into the half added, the norm.
struct Half<'a> {
    layer: &'a [Values; 2],
    norm: &'a [Values; 2],
    mask: Mask,
    setting: &'a Setting,
}

impl Half<'_> {
    /// Writes the states into `out`, (queries, W).
    fn forward(&self, x: &[f32], residual: &[f32], out: &mut [f32]) -> Normed {
        let (width, memory) = (self.norm[0].len(), &self.setting.memory);
        let right = Right::new(&self.layer[0], self.layer[0].len() / width, memory);
        let (mut unit, mut scale) = (memory.take(out.len()), memory.take(out.len() / width));
        let size = ROWS * width;
        let pieces = unit.par_chunks_mut(size).zip(out.par_chunks_mut(size)).zip(scale.par_chunks_mut(ROWS));
        let pieces = pieces.zip(x.par_chunks(ROWS * right.inner())).zip(residual.par_chunks(size));
        pieces.with_max_len(1).enumerate().for_each(|(piece, ((((unit, out), scale), x), residual))| {
            fill_rows(unit, &self.layer[1]);
            right.multiply_add(x, unit);
            drop_units(self.mask, piece * ROWS, unit, width);
            Add { to: unit, from: residual }.run();
            let ([gamma, beta], epsilon) = (self.norm, self.setting.epsilon);
            Normalise { x: unit, out, scale, gamma, beta, epsilon }.run();
        });
        Normed { unit, scale }
    }

    /// As [`Normed::backward`].
    fn backward(&self, normed: Normed, gradient: impl Fn(usize, &mut [f32]) + Sync) -> Before {
        normed.backward(&self.norm[0], self.mask, &self.setting.memory, gradient)
    }
}

/// The sums of the columns of rows.
fn columns(rows: &[f32], width: usize) -> Vec<f32> {
    let pieces = rows.par_chunks(ROWS * width).map(|rows| {
        let mut sums = vec![0.0; width];
        add_columns(rows, &mut sums);
        sums
    });
    total(pieces.collect(), width)
}

/// Two matrices, each of this width, that lie side by side.
fn halves(both: &[f32], width: usize) -> Pair {
    let half = |at: usize| both.chunks_exact(width).skip(at).step_by(2).flatten().copied().collect();
    [half(0), half(1)]
}

//! BERT as tensor operations: for devices without kernels of ours, and to check those.

use std::f64::consts::FRAC_1_SQRT_2;

use burn::tensor::{DType, Tensor, TensorData, activation};

use super::clips::{Clips, indices};
use super::dropout::Mask;
use super::parts::{Affine, EmbeddingWeights, LayerWeights, Scale};
use super::precision::product;
use crate::dataset::tokens::Tokens;

/// What goes into the first layer, (sum of lengths, W).
pub fn embed(weights: &EmbeddingWeights, tokens: &Tokens, epsilon: f32, mask: Mask) -> Tensor<2> {
    let device = weights.words.device();
    let rows = |table: &Tensor<2>, rows: &[usize]| table.clone().select(0, indices(rows, &device));
    let ids: Vec<usize> = tokens.ids.iter().map(|&id| id as usize).collect();
    let types: Vec<usize> = tokens.types.iter().map(|&kind| kind as usize).collect();
    let positions: Vec<usize> = tokens.lengths().flat_map(|length| 0..length).collect();
    let sum = rows(&weights.words, &ids) + rows(&weights.positions, &positions) + rows(&weights.types, &types);
    dropped(normalised(sum, &weights.norm, epsilon), mask)
}

/// A layer's states of the queries, (queries, W), of x, (keys, W). The masks are those of attention's weights, of what
/// attention adds, and of what the second half adds.
pub fn layer(x: Tensor<2>, weights: &LayerWeights, clips: &Clips, how: How, masks: [Mask; 3]) -> Tensor<2> {
    let How { epsilon, half, .. } = how;
    let affine = |x: Tensor<2>, layer: &Affine| {
        product(x, layer.weight.clone(), half) + layer.bias.clone().unsqueeze_dim::<2>(0)
    };
    let asked = clips.queries_of(x.clone());
    let projected = [affine(asked.clone(), &weights.query), affine(x.clone(), &weights.key), affine(x, &weights.value)];
    let attended = affine(attend(projected, clips, how, masks[0]), &weights.attended);
    let middle = normalised(dropped(attended, masks[1]) + asked, &weights.attended_norm, epsilon);
    let wide = gelu(affine(middle.clone(), &weights.wide));
    let narrow = affine(wide, &weights.narrow);
    normalised(dropped(narrow, masks[2]) + middle, &weights.narrow_norm, epsilon)
}

/// x Φ(x), exact in its gradient, too: burn's own GELU has that of its approximation by tanh where a backend brings none (0.22:
/// the GPU's), off by 4e-4 of the largest in a network of two layers.
fn gelu(x: Tensor<2>) -> Tensor<2> {
    x.clone() * (x.mul_scalar(FRAC_1_SQRT_2).erf().add_scalar(1.0)).mul_scalar(0.5)
}

/// What all layers are computed with.
#[derive(Clone, Copy, Debug)]
pub struct How {
    pub heads: usize,
    /// What is added to variances.
    pub epsilon: f32,
    /// What products take; `None`: single precision.
    pub half: Option<DType>,
}

/// softmax(q kᵀ / √(W/A)) v in each clip and head, (queries, W).
fn attend([q, k, v]: [Tensor<2>; 3], clips: &Clips, How { heads, half, .. }: How, mask: Mask) -> Tensor<2> {
    let device = q.device();
    let [rows, width] = q.dims();
    let (batch, size) = (clips.keys.len(), width / heads);
    let longest = |ranges: &[std::ops::Range<usize>]| ranges.iter().map(|range| range.len()).max().unwrap_or(0);
    let (asked, keys) = (longest(&clips.queries), longest(&clips.keys));
    // (batch, heads, length, size), with any row where a clip is shorter.
    let padded = |x: Tensor<2>, ranges: &[std::ops::Range<usize>], length: usize| {
        let at = |range: &std::ops::Range<usize>, i: usize| if i < range.len() { range.start + i } else { 0 };
        let at: Vec<usize> = ranges.iter().flat_map(|range| (0..length).map(move |i| at(range, i))).collect();
        x.select(0, indices(&at, &device)).reshape([batch, length, heads, size]).swap_dims(1, 2)
    };
    // Scaled before the product, where half precision has the least room.
    let q = q.mul_scalar((size as f32).sqrt().recip());
    let scores = product(padded(q, &clips.queries, asked), padded(k, &clips.keys, keys).swap_dims(2, 3), half);
    let hidden: Vec<f32> = clips
        .keys
        .iter()
        .flat_map(|range| (0..keys).map(|i| if i < range.len() { 0.0 } else { f32::MIN / 2.0 }))
        .collect();
    let hidden = Tensor::<4>::from_data(TensorData::new(hidden, [batch, 1, 1, keys]), &device.clone().inner());
    let mut shares = activation::softmax(scores + hidden, 3);
    if mask.drops() {
        let mut factors = vec![0.0; batch * heads * asked * keys];
        for (part, factors) in factors.chunks_mut(asked * keys).enumerate() {
            let (queries, keys_of) = (clips.queries[part / heads].len(), clips.keys[part / heads].len());
            let drawn = mask.of_part(part, queries * keys_of);
            for (to, from) in factors.chunks_mut(keys).zip(drawn.chunks(keys_of)) {
                to[..keys_of].copy_from_slice(from);
            }
        }
        let factors = TensorData::new(factors, [batch, heads, asked, keys]);
        shares = shares * Tensor::<4>::from_data(factors, &device.clone().inner());
    }
    let out = product(shares, padded(v, &clips.keys, keys), half).swap_dims(1, 2).reshape([batch * asked, width]);
    if batch * asked == rows {
        return out;
    }
    let places = clips.queries.iter().enumerate().flat_map(|(clip, range)| (0..range.len()).map(move |i| (clip, i)));
    let at: Vec<usize> = places.map(|(clip, i)| clip * asked + i).collect();
    out.select(0, indices(&at, &device))
}

fn dropped(x: Tensor<2>, mask: Mask) -> Tensor<2> {
    if !mask.drops() {
        return x;
    }
    let [rows, width] = x.dims();
    let factors = TensorData::new(mask.of_parts(rows, width), [rows, width]);
    let device = x.device().inner();
    x * Tensor::<2>::from_data(factors, &device)
}

/// Rows of mean 0 and variance 1, times γ plus β.
fn normalised(x: Tensor<2>, scale: &Scale, epsilon: f32) -> Tensor<2> {
    let centred = x.clone() - x.mean_dim(1);
    let spread = centred.clone().square().mean_dim(1).add_scalar(epsilon).sqrt();
    centred / spread * scale.gamma.clone().unsqueeze_dim::<2>(0) + scale.beta.clone().unsqueeze_dim::<2>(0)
}

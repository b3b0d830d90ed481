//! The last hidden state and its directional derivative along a change of the weights: forward-mode differentiation, on any
//! device and without a tape.

use std::cmp::Reverse;

use burn::tensor::{Int, Tensor, TensorData};

use super::weights::Weights;
use crate::dataset::Sequences;
use crate::model::activation::tanh;

/// The last valid hidden state of each sequence and how it changes along `change`, (B, H) each; zeros for a sequence of
/// length 0. All tensors without a tape.
pub fn last_hidden_along(weights: &Weights, change: &Weights, sequences: &Sequences) -> [Tensor<2>; 2] {
    let device = weights.hidden.device();
    let (clips, dim, size) = (sequences.lengths.len(), sequences.dim, weights.hidden.dims()[0]);
    // Longest first: the clips that go on are always the first ones.
    let mut order: Vec<usize> = (0..clips).collect();
    order.sort_by_key(|&clip| Reverse(sequences.lengths[clip]));
    let starts = sequences.starts();
    // One product for the gates and for what the change of their weights adds to them.
    let join = |a: &Tensor<2>, b: &Tensor<2>| Tensor::cat(vec![a.clone(), b.clone()], 1);
    let input = join(&weights.input, &change.input);
    let hidden = join(&weights.hidden, &change.hidden);
    let bias = Tensor::cat(vec![weights.bias.clone(), change.bias.clone()], 0).unsqueeze_dim::<2>(0);
    // σ(x) = ½ + ½ tanh(½ x): one tanh for all gates, of which the candidate is taken as it is.
    let halves: Vec<f32> = (0..4 * size).map(|k| if k / size == 2 { 1.0 } else { 0.5 }).collect();
    let halves = Tensor::<2>::from_data(TensorData::new(halves, [1, 4 * size]), &device);
    let zeros = || Tensor::<2>::zeros([clips, size], &device);
    let (mut h, mut dh, mut c, mut dc) = (zeros(), zeros(), zeros(), zeros());
    // Of the clips that are over, the shortest first.
    let mut over: Vec<[Tensor<2>; 2]> = Vec::new();
    for t in 0..sequences.lengths.iter().copied().max().unwrap_or(0) {
        let before = h.dims()[0];
        let active = order.iter().take_while(|&&clip| sequences.lengths[clip] > t).count();
        if active < before {
            let rest = |x: &Tensor<2>| x.clone().narrow(0, active, before - active);
            over.push([rest(&h), rest(&dh)]);
            [h, dh, c, dc] = [h, dh, c, dc].map(|x| x.narrow(0, 0, active));
        }
        let mut x = Vec::with_capacity(active * dim);
        for &clip in &order[..active] {
            x.extend_from_slice(&sequences.data[(starts[clip] + t) * dim..][..dim]);
        }
        let x = Tensor::<2>::from_data(TensorData::new(x, [active, dim]), &device);
        let both = x.matmul(input.clone()) + h.matmul(hidden.clone()) + bias.clone();
        let gates = tanh(both.clone().narrow(1, 0, 4 * size) * halves.clone());
        let change = both.narrow(1, 4 * size, 4 * size) + dh.matmul(weights.hidden.clone());
        // tanh' = 1 - tanh², and σ' = ¼ (1 - tanh²).
        let slopes = gates.clone().square().neg().add_scalar(1.0) * halves.clone().square() * change;
        let part = |x: &Tensor<2>, k: usize| x.clone().narrow(1, k * size, size);
        let sigmoid = |k: usize| part(&gates, k).mul_scalar(0.5).add_scalar(0.5);
        let (i, f, z, o) = (sigmoid(0), sigmoid(1), part(&gates, 2), sigmoid(3));
        let [di, df, dz, d_o] = [0, 1, 2, 3].map(|k| part(&slopes, k));
        dc = df * c.clone() + f.clone() * dc + di * z.clone() + i.clone() * dz;
        c = f * c + i * z;
        let y = tanh(c.clone());
        dh = d_o * y.clone() + o.clone() * (y.clone().square().neg().add_scalar(1.0) * dc.clone());
        h = o * y;
    }
    over.push([h, dh]);
    over.reverse();
    let mut places = vec![0i64; clips];
    for (place, &clip) in order.iter().enumerate() {
        places[clip] = place as i64;
    }
    let places = Tensor::<1, Int>::from_data(TensorData::new(places, [clips]), &device);
    [0, 1].map(|k| Tensor::cat(over.iter().map(|pair| pair[k].clone()).collect(), 0).select(0, places.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{sequences, wave};
    use super::*;
    use burn::tensor::Device;

    const SIZE: usize = 8;

    fn weights(dim: usize, scale: f32, phase: f32) -> Weights {
        let device = Device::flex();
        let make = |rows: usize, phase| {
            Tensor::from_data(TensorData::new(wave(rows * 4 * SIZE, scale, phase), [rows, 4 * SIZE]), &device)
        };
        let bias = Tensor::from_data(TensorData::new(wave(4 * SIZE, scale, phase + 2.0), [4 * SIZE]), &device);
        Weights { input: make(dim, phase), hidden: make(SIZE, phase + 1.0), bias }
    }

    #[test]
    fn values_are_those_of_the_recurrence_and_derivatives_those_of_differences() {
        let (own, change) = (weights(3, 0.4, 0.1), weights(3, 0.3, 4.0));
        for lengths in [&[3, 0, 5, 1, 5, 2][..], &[4], &[0, 0]] {
            let x = sequences(lengths, 3);
            let [h, along] = last_hidden_along(&own, &change, &x);
            let at = |by: f32| {
                let moved = |a: &Tensor<2>, b: &Tensor<2>| a.clone() + b.clone().mul_scalar(by);
                super::super::steps::last_hidden(
                    Weights {
                        input: moved(&own.input, &change.input),
                        hidden: moved(&own.hidden, &change.hidden),
                        bias: own.bias.clone() + change.bias.clone().mul_scalar(by),
                    },
                    &x,
                )
            };
            let apart = |a: Tensor<2>, b: Tensor<2>| (a - b).abs().max().into_scalar::<f32>();
            assert!(apart(h, at(0.0)) < 1e-5);
            // Of fourth order, see the tests of stage 2's objective.
            let pair = |by: f32| at(by) - at(-by);
            let numeric = (pair(2e-2).mul_scalar(8.0) - pair(4e-2)).div_scalar(12.0 * 2e-2);
            assert!(apart(along.clone(), numeric) < 1e-4, "{lengths:?}");
            let greatest: f32 = along.abs().max().into_scalar();
            assert_eq!(greatest > 1e-2, lengths.iter().any(|n| *n > 0));
        }
    }
}

//! The recurrence as tensor operations, a step at a time: for what no kernel of ours takes, and to check the kernels.

use burn::tensor::{Tensor, TensorData, activation};

use super::weights::Weights;
use crate::dataset::Sequences;

/// The last valid hidden state of each sequence, (B, H), zeros for one of length 0.
pub fn last_hidden(weights: Weights, sequences: &Sequences) -> Tensor<2> {
    let Weights { input: w_input, hidden: w_hidden, bias } = weights;
    let device = w_input.device();
    let plain = device.clone().inner();
    let [size, _] = w_hidden.dims();
    let batch = sequences.lengths.len();
    let (steps, dim) = (sequences.steps(), sequences.dim);
    let longest = sequences.lengths.iter().copied().max().unwrap_or(0);
    // The inputs carry no gradient, so cutting them up costs nothing in the backward pass; cutting their product with
    // the weights would cost a tensor of full size a step.
    let inputs = Tensor::<3>::from_data(TensorData::new(sequences.padded(), [batch, steps, dim]), &plain);
    let bias = bias.unsqueeze_dim::<2>(0);
    let mut hidden = Tensor::<2>::zeros([batch, size], &device);
    let mut cell = Tensor::<2>::zeros([batch, size], &device);
    for t in 0..longest {
        let x = inputs.clone().slice([0..batch, t..t + 1, 0..dim]).reshape([batch, dim]);
        let gates = x.matmul(w_input.clone()) + hidden.clone().matmul(w_hidden.clone()) + bias.clone();
        let part = |k: usize| gates.clone().slice([0..batch, k * size..(k + 1) * size]);
        let new_cell = activation::sigmoid(part(1)) * cell.clone() + activation::sigmoid(part(0)) * part(2).tanh();
        let new_hidden = activation::sigmoid(part(3)) * new_cell.clone().tanh();
        if sequences.lengths.iter().all(|&n| n > t) {
            (cell, hidden) = (new_cell, new_hidden);
        } else {
            let valid: Vec<f32> = sequences.lengths.iter().map(|&n| if n > t { 1.0 } else { 0.0 }).collect();
            let valid = Tensor::<2>::from_data(TensorData::new(valid, [batch, 1]), &plain);
            let over = valid.clone().neg().add_scalar(1.0);
            cell = new_cell * valid.clone() + cell * over.clone();
            hidden = new_hidden * valid + hidden * over;
        }
    }
    hidden
}

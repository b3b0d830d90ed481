//! The inner loops of the recurrent encoder on the CPU, written so that the compiler vectorises them (see
//! [`crate::model::elementwise`]).

use crate::model::elementwise::{sigmoid, tanh};

/// Zero in place of numbers so small that they are slow to compute with; NaN stays NaN.
#[inline(always)]
fn flush(x: f32) -> f32 {
    if x.abs() < 1e-30 { 0.0 } else { x }
}

/// One row of one step forward: turns pre-activations (4H: input, forget, candidate, output) into gates in place and
/// writes the new cell state, its tanh and the new hidden state, each (H).
#[inline(always)]
pub fn gates_forward(
    gates: &mut [f32],
    cell_before: &[f32],
    cell: &mut [f32],
    cell_tanh: &mut [f32],
    hidden: &mut [f32],
) {
    let size = hidden.len();
    let (input, rest) = gates.split_at_mut(size);
    let (forget, rest) = rest.split_at_mut(size);
    let (candidate, output) = rest.split_at_mut(size);
    let (input, forget, candidate) = (&mut input[..size], &mut forget[..size], &mut candidate[..size]);
    let (cell_before, output) = (&cell_before[..size], &mut output[..size]);
    let (cell, cell_tanh) = (&mut cell[..size], &mut cell_tanh[..size]);
    // One simple loop after another: a single loop over all eight slices is not vectorised.
    for x in input.iter_mut() {
        *x = sigmoid(*x);
    }
    for x in forget.iter_mut() {
        *x = sigmoid(*x);
    }
    for x in candidate.iter_mut() {
        *x = tanh(*x);
    }
    for x in output.iter_mut() {
        *x = sigmoid(*x);
    }
    for k in 0..size {
        cell[k] = forget[k].mul_add(cell_before[k], input[k] * candidate[k]);
    }
    for k in 0..size {
        cell_tanh[k] = tanh(cell[k]);
    }
    for k in 0..size {
        hidden[k] = output[k] * cell_tanh[k];
    }
}

/// One row of one step backward: from the gradients of the hidden and the cell state to those of the pre-activations
/// (in place of the gates) and, in `d_cell`, of the cell state before.
#[inline(always)]
pub fn gates_backward(gates: &mut [f32], cell_before: &[f32], cell_tanh: &[f32], d_hidden: &[f32], d_cell: &mut [f32]) {
    let size = d_hidden.len();
    let (input, rest) = gates.split_at_mut(size);
    let (forget, rest) = rest.split_at_mut(size);
    let (candidate, output) = rest.split_at_mut(size);
    let (cell_before, cell_tanh) = (&cell_before[..size], &cell_tanh[..size]);
    let (output, d_cell) = (&mut output[..size], &mut d_cell[..size]);
    for k in 0..size {
        let (i, f, g, o, t) = (input[k], forget[k], candidate[k], output[k], cell_tanh[k]);
        let dh = d_hidden[k];
        let dc = (dh * o).mul_add(1.0 - t * t, d_cell[k]);
        input[k] = flush(dc * g * i * (1.0 - i));
        forget[k] = flush(dc * cell_before[k] * f * (1.0 - f));
        candidate[k] = flush(dc * i * (1.0 - g * g));
        output[k] = flush(dh * t * o * (1.0 - o));
        d_cell[k] = flush(dc * f);
    }
}

//! The LSTM over packed sequences on the CPU, forward and back through time, over plain slices.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::math::{gates_backward, gates_forward};
use super::packing::{Group, Packing};
use super::product::{Panels, multiply_add};

/// What the forward pass leaves for the backward pass; every buffer is packed (see [`Packing`]).
#[derive(Clone, Debug)]
pub struct Trace {
    pub packing: Packing,
    /// H
    pub hidden_size: usize,
    /// Input, forget, candidate and output gates after activation, (len, 4H).
    pub gates: Vec<f32>,
    /// Cell state before each step, (len, H).
    pub cell_before: Vec<f32>,
    /// tanh of the cell state after each step, (len, H).
    pub cell_tanh: Vec<f32>,
    /// Hidden state before each step, (len, H).
    pub hidden_before: Vec<f32>,
}

/// The buffers of one group.
struct Part<'a> {
    group: &'a Group,
    gates: &'a mut [f32],
    cell_before: &'a mut [f32],
    cell_tanh: &'a mut [f32],
    hidden_before: &'a mut [f32],
}

/// Runs the recurrence. `gates` holds x·W + b of every packed row, (len, 4H); `w_hidden` is (H, 4H).
///
/// Returns the last valid hidden state of each sequence, (B, H), zeros for an empty one, and the trace.
pub fn forward(packing: Packing, gates: Vec<f32>, w_hidden: &[f32], hidden_size: usize) -> (Vec<f32>, Trace) {
    let states = packing.len * hidden_size;
    let mut trace = Trace {
        hidden_size,
        gates,
        cell_before: vec![0.0; states],
        cell_tanh: vec![0.0; states],
        hidden_before: vec![0.0; states],
        packing,
    };
    let packing = &trace.packing;
    let parts: Vec<Part<'_>> = packing
        .groups
        .iter()
        .zip(packing.split(&mut trace.gates, 4 * hidden_size))
        .zip(packing.split(&mut trace.cell_before, hidden_size))
        .zip(packing.split(&mut trace.cell_tanh, hidden_size))
        .zip(packing.split(&mut trace.hidden_before, hidden_size))
        .map(|((((group, gates), cell_before), cell_tanh), hidden_before)| Part {
            group,
            gates,
            cell_before,
            cell_tanh,
            hidden_before,
        })
        .collect();
    let ends: Vec<(&Group, Vec<f32>)> = parts
        .into_par_iter()
        .map(|part| (part.group, Arch::new().dispatch(Forward { part, w_hidden, hidden_size })))
        .collect();
    let mut last = vec![0.0; packing.batch * hidden_size];
    for (group, hidden) in ends {
        for (&row, state) in group.rows.iter().zip(hidden.chunks_exact(hidden_size)) {
            last[row * hidden_size..(row + 1) * hidden_size].copy_from_slice(state);
        }
    }
    (last, trace)
}

/// [`forward_group`] and its arguments. A closure of this size would not be inlined into the function that is compiled
/// for the wide instructions, and so would not use them.
struct Forward<'a> {
    part: Part<'a>,
    w_hidden: &'a [f32],
    hidden_size: usize,
}

impl WithSimd for Forward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        forward_group(simd, self.part, self.w_hidden, self.hidden_size)
    }
}

/// [`backward_group`] and its arguments.
struct Backward<'a> {
    trace: &'a Trace,
    group: &'a Group,
    d_gates: &'a mut [f32],
    d_last: &'a [f32],
    w_hidden_t: &'a [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        backward_group(simd, self.trace, self.group, self.d_gates, self.d_last, self.w_hidden_t);
    }
}

/// The last hidden states of one group's sequences, in the group's order.
#[inline(always)]
fn forward_group<S: Simd>(simd: S, part: Part<'_>, w_hidden: &[f32], size: usize) -> Vec<f32> {
    let w_hidden = &Panels::new(simd, w_hidden, size, 4 * size);
    let Part { group, gates, cell_before, cell_tanh, hidden_before } = part;
    // States stay where they are when a sequence ends, so at the end these hold every sequence's last one.
    let mut hidden = vec![0.0f32; group.rows.len() * size];
    let mut cell = vec![0.0f32; group.rows.len() * size];
    let mut at = 0;
    for &count in &group.counts {
        let gates = &mut gates[at * 4 * size..(at + count) * 4 * size];
        let states = at * size..(at + count) * size;
        hidden_before[states.clone()].copy_from_slice(&hidden[..count * size]);
        cell_before[states.clone()].copy_from_slice(&cell[..count * size]);
        multiply_add(simd, &hidden[..count * size], w_hidden, gates);
        for r in 0..count {
            let row = r * size..(r + 1) * size;
            gates_forward(
                &mut gates[r * 4 * size..(r + 1) * 4 * size],
                &cell_before[states.clone()][row.clone()],
                &mut cell[row.clone()],
                &mut cell_tanh[states.clone()][row.clone()],
                &mut hidden[row],
            );
        }
        at += count;
    }
    hidden
}

/// Back through time. `d_last` is the gradient of the last hidden states, (B, H); `w_hidden_t` is (4H, H).
///
/// Returns the gradient of the pre-activations of every packed row, (len, 4H), and the hidden state before each step,
/// (len, H).
pub fn backward(mut trace: Trace, d_last: &[f32], w_hidden_t: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let size = trace.hidden_size;
    // The gates are not needed once their gradients are known: these are written in their place.
    let mut d_gates = std::mem::take(&mut trace.gates);
    let groups: Vec<(&Group, &mut [f32])> =
        trace.packing.groups.iter().zip(trace.packing.split(&mut d_gates, 4 * size)).collect();
    groups.into_par_iter().for_each(|(group, d_gates)| {
        Arch::new().dispatch(Backward { trace: &trace, group, d_gates, d_last, w_hidden_t });
    });
    (d_gates, trace.hidden_before)
}

#[inline(always)]
fn backward_group<S: Simd>(
    simd: S,
    trace: &Trace,
    group: &Group,
    d_gates: &mut [f32],
    d_last: &[f32],
    w_hidden_t: &[f32],
) {
    let size = trace.hidden_size;
    let w_hidden_t = &Panels::new(simd, w_hidden_t, 4 * size, size);
    // Every sequence's gradient waits in its row until the step at which the sequence ends is reached.
    let mut d_hidden: Vec<f32> =
        group.rows.iter().flat_map(|&row| &d_last[row * size..(row + 1) * size]).copied().collect();
    let mut d_cell = vec![0.0f32; group.rows.len() * size];
    let mut end = group.len;
    for &count in group.counts.iter().rev() {
        let at = end - count;
        let d_gates = &mut d_gates[at * 4 * size..end * 4 * size];
        let states = (group.start + at) * size..(group.start + end) * size;
        let (cell_before, cell_tanh) = (&trace.cell_before[states.clone()], &trace.cell_tanh[states]);
        for r in 0..count {
            let row = r * size..(r + 1) * size;
            gates_backward(
                &mut d_gates[r * 4 * size..(r + 1) * 4 * size],
                &cell_before[row.clone()],
                &cell_tanh[row.clone()],
                &d_hidden[row.clone()],
                &mut d_cell[row],
            );
        }
        let before = &mut d_hidden[..count * size];
        before.fill(0.0);
        multiply_add(simd, d_gates, w_hidden_t, before);
        end = at;
    }
}

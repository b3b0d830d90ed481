//! LSTMs over packed sequences on the CPU, forward and back through time, over plain slices: several LSTMs side by side,
//! and within each the groups of its batch.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::gates::{gates_backward, gates_forward};
use super::packing::{Group, Packing};
use crate::dataset::Sequences;
use crate::model::product::{Panels, Rows, multiply_add, multiply_add_transposed};
use crate::model::simd::dispatch;

/// One LSTM with what it reads; gates in the order input, forget, candidate, output.
pub struct Layer<'a> {
    pub inputs: &'a Sequences,
    pub packing: &'a Packing,
    /// (D, 4H)
    pub w_input: &'a [f32],
    /// (H, 4H)
    pub w_hidden: &'a [f32],
    /// (4H)
    pub bias: &'a [f32],
}

impl Layer<'_> {
    /// H
    fn size(&self) -> usize {
        self.bias.len() / 4
    }

    /// The valid steps of a group in packed order, each (D).
    fn steps<'a>(&'a self, group: &'a Group) -> Rows<'a> {
        Rows { data: &self.inputs.data, width: self.inputs.dim, order: Some(&group.sources) }
    }
}

/// What the forward pass of a group leaves for the backward pass; len is the group's number of valid steps.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Input, forget, candidate and output gates after activation, (len, 4H).
    gates: Vec<f32>,
    /// Cell state before each step, (len, H).
    cell_before: Vec<f32>,
    /// tanh of the cell state after each step, (len, H).
    cell_tanh: Vec<f32>,
    /// Hidden state before each step, (len, H).
    hidden_before: Vec<f32>,
}

/// The gradients of an LSTM's weights, in the shapes of [`Layer`]'s.
#[derive(Clone, Debug)]
pub struct Gradients {
    pub w_input: Vec<f32>,
    pub w_hidden: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Gradients {
    fn zeros(layer: &Layer<'_>) -> Self {
        let zeros = |like: &[f32]| vec![0.0; like.len()];
        Self { w_input: zeros(layer.w_input), w_hidden: zeros(layer.w_hidden), bias: zeros(layer.bias) }
    }

    fn add(&mut self, other: &Self) {
        let add = |to: &mut [f32], from: &[f32]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut self.w_input, &other.w_input);
        add(&mut self.w_hidden, &other.w_hidden);
        add(&mut self.bias, &other.bias);
    }
}

/// The groups of all layers: what threads work on.
fn tasks<'a>(layers: &'a [Layer<'a>]) -> Vec<(&'a Layer<'a>, &'a Group)> {
    layers.iter().flat_map(|layer| layer.packing.groups.iter().map(move |group| (layer, group))).collect()
}

/// Runs the recurrences. For each layer: the last valid hidden state of each sequence, (B, H), zeros for an empty one, and
/// the traces of its groups.
pub fn forward(layers: &[Layer<'_>]) -> Vec<(Vec<f32>, Vec<Trace>)> {
    let tasks = tasks(layers);
    let mut done = tasks
        .into_par_iter()
        .with_max_len(1)
        .map(|(layer, group)| dispatch(Forward { layer, group }))
        .collect::<Vec<_>>()
        .into_iter();
    layers
        .iter()
        .map(|layer| {
            let size = layer.size();
            let mut last = vec![0.0; layer.packing.batch * size];
            let groups = layer.packing.groups.iter().zip(done.by_ref());
            let traces = groups
                .map(|(group, (hidden, trace))| {
                    for (&row, state) in group.rows.iter().zip(hidden.chunks_exact(size)) {
                        last[row * size..(row + 1) * size].copy_from_slice(state);
                    }
                    trace
                })
                .collect();
            (last, traces)
        })
        .collect()
}

/// Back through time. For each layer, `d_last` is the gradient of its last hidden states, (B, H); the result are the
/// gradients of its weights.
///
/// They are summed over a layer's groups in order, whatever thread had them first.
pub fn backward(layers: &[Layer<'_>], traces: Vec<Vec<Trace>>, d_last: &[Vec<f32>]) -> Vec<Gradients> {
    let d_last = layers.iter().zip(d_last).flat_map(|(layer, d)| std::iter::repeat_n(d, layer.packing.groups.len()));
    let tasks: Vec<_> = tasks(layers).into_iter().zip(traces.into_iter().flatten()).zip(d_last).collect();
    let mut done = tasks
        .into_par_iter()
        .with_max_len(1)
        .map(|(((layer, group), trace), d_last)| dispatch(Backward { layer, group, trace, d_last }))
        .collect::<Vec<_>>()
        .into_iter();
    layers
        .iter()
        .map(|layer| {
            let parts = done.by_ref().take(layer.packing.groups.len());
            let sum = parts.reduce(|mut sum, part| {
                sum.add(&part);
                sum
            });
            sum.unwrap_or_else(|| Gradients::zeros(layer))
        })
        .collect()
}

/// [`forward_group`] and its arguments. A closure of this size would not be inlined into the function that is compiled
/// for the wide instructions, and so would not use them.
struct Forward<'a> {
    layer: &'a Layer<'a>,
    group: &'a Group,
}

impl WithSimd for Forward<'_> {
    type Output = (Vec<f32>, Trace);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        forward_group(simd, self.layer, self.group)
    }
}

/// The last hidden states of one group's sequences, in the group's order, and the trace.
#[inline(always)]
fn forward_group<S: Simd>(simd: S, layer: &Layer<'_>, group: &Group) -> (Vec<f32>, Trace) {
    let (size, len) = (layer.size(), group.sources.len());
    let mut gates = Vec::with_capacity(len * 4 * size);
    for _ in 0..len {
        gates.extend_from_slice(layer.bias);
    }
    multiply_add(simd, layer.steps(group), &Panels::new(layer.w_input, 4 * size), &mut gates);
    let w_hidden = &Panels::new(layer.w_hidden, 4 * size);
    let mut trace = Trace {
        gates,
        cell_before: vec![0.0; len * size],
        cell_tanh: vec![0.0; len * size],
        hidden_before: vec![0.0; len * size],
    };
    // States stay where they are when a sequence ends, so at the end these hold every sequence's last one.
    let mut hidden = vec![0.0f32; group.rows.len() * size];
    let mut cell = vec![0.0f32; group.rows.len() * size];
    let mut at = 0;
    for &count in &group.counts {
        let gates = &mut trace.gates[at * 4 * size..(at + count) * 4 * size];
        let states = at * size..(at + count) * size;
        trace.hidden_before[states.clone()].copy_from_slice(&hidden[..count * size]);
        let cell_before = &mut trace.cell_before[states.clone()];
        cell_before.copy_from_slice(&cell[..count * size]);
        let cell_tanh = &mut trace.cell_tanh[states];
        let before = Rows { data: &hidden[..count * size], width: size, order: None };
        multiply_add(simd, before, w_hidden, gates);
        for r in 0..count {
            let row = r * size..(r + 1) * size;
            gates_forward(
                &mut gates[r * 4 * size..(r + 1) * 4 * size],
                &cell_before[row.clone()],
                &mut cell[row.clone()],
                &mut cell_tanh[row.clone()],
                &mut hidden[row],
            );
        }
        at += count;
    }
    (hidden, trace)
}

/// [`backward_group`] and its arguments.
struct Backward<'a> {
    layer: &'a Layer<'a>,
    group: &'a Group,
    trace: Trace,
    d_last: &'a [f32],
}

impl WithSimd for Backward<'_> {
    type Output = Gradients;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Gradients {
        backward_group(simd, self.layer, self.group, self.trace, self.d_last)
    }
}

/// What one group adds to the gradients of the weights.
#[inline(always)]
fn backward_group<S: Simd>(simd: S, layer: &Layer<'_>, group: &Group, trace: Trace, d_last: &[f32]) -> Gradients {
    let size = layer.size();
    let w_hidden_t: Vec<f32> =
        (0..4 * size).flat_map(|column| layer.w_hidden.chunks_exact(4 * size).map(move |row| row[column])).collect();
    let w_hidden_t = &Panels::new(&w_hidden_t, size);
    // The gates are not needed once their gradients are known: these are written in their place.
    let Trace { gates: mut d_gates, cell_before, cell_tanh, hidden_before } = trace;
    // Every sequence's gradient waits in its row until the step at which the sequence ends is reached.
    let mut d_hidden: Vec<f32> =
        group.rows.iter().flat_map(|&row| &d_last[row * size..(row + 1) * size]).copied().collect();
    let mut d_cell = vec![0.0f32; group.rows.len() * size];
    let mut end = group.sources.len();
    for &count in group.counts.iter().rev() {
        let at = end - count;
        let d_gates = &mut d_gates[at * 4 * size..end * 4 * size];
        let states = at * size..end * size;
        let (cell_before, cell_tanh) = (&cell_before[states.clone()], &cell_tanh[states]);
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
        multiply_add(simd, Rows { data: d_gates, width: 4 * size, order: None }, w_hidden_t, before);
        end = at;
    }
    let mut gradients = Gradients::zeros(layer);
    multiply_add_transposed(simd, layer.steps(group), &d_gates, 4 * size, &mut gradients.w_input);
    let before = Rows { data: &hidden_before, width: size, order: None };
    multiply_add_transposed(simd, before, &d_gates, 4 * size, &mut gradients.w_hidden);
    for row in d_gates.chunks_exact(4 * size) {
        gradients.bias.iter_mut().zip(row).for_each(|(sum, d)| *sum += d);
    }
    gradients
}

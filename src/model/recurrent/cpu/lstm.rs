//! LSTMs over packed sequences on the CPU, forward and back through time, over plain slices: several LSTMs side by side,
//! and within each the groups of its batch.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::gates::{gates_backward, gates_forward};
use super::packing::{Chunk, Group, Packing};
use crate::dataset::Sequences;
use crate::model::memory::{Buffer, Memory};
use crate::model::product::{Panels, Rows, Transposed, affine, multiply_add};
use crate::model::simd::dispatch;
use crate::model::tasks::largest_first;

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

    /// Some of the valid steps of a group in packed order, each (D).
    fn steps<'a>(&'a self, group: &'a Group, rows: Range<usize>) -> Rows<'a> {
        Rows { data: &self.inputs.data, width: self.inputs.dim, order: Some(&group.sources[rows]) }
    }
}

/// What the forward pass of a group leaves for the backward pass; len is the group's number of valid steps.
#[derive(Debug)]
pub struct Trace {
    /// Input, forget, candidate and output gates after activation, (len, 4H).
    gates: Buffer,
    /// Cell state before each step, (len, H).
    cell_before: Buffer,
    /// tanh of the cell state after each step, (len, H).
    cell_tanh: Buffer,
    /// Hidden state before each step, (len, H).
    hidden_before: Buffer,
}

/// The gradients of an LSTM's weights, in the shapes of [`Layer`]'s.
#[derive(Debug)]
pub struct Gradients<T = Vec<f32>> {
    pub w_input: T,
    pub w_hidden: T,
    pub bias: T,
}

impl<T> Gradients<T> {
    fn zeros(layer: &Layer<'_>, zeros: impl Fn(usize) -> T) -> Self {
        let zeros = |like: &[f32]| zeros(like.len());
        Self { w_input: zeros(layer.w_input), w_hidden: zeros(layer.w_hidden), bias: zeros(layer.bias) }
    }
}

impl Gradients {
    fn add(&mut self, other: &Gradients<Buffer>) {
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

/// How much there is to do for a group, in any unit.
fn size(layer: &Layer<'_>, group: &Group) -> usize {
    group.sources.len() * (layer.inputs.dim + layer.size())
}

/// Runs the recurrences. For each layer: the last valid hidden state of each sequence, (B, H), zeros for an empty one, and
/// the traces of its groups.
pub fn forward(layers: &[Layer<'_>], memory: &Memory) -> Vec<(Vec<f32>, Vec<Trace>)> {
    let tasks = tasks(layers);
    let run = |(layer, group)| dispatch(Forward { layer, group, memory });
    let mut done = largest_first(tasks, |(layer, group)| size(layer, group), run).into_iter();
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
pub fn backward(layers: &[Layer<'_>], traces: Vec<Vec<Trace>>, d_last: &[Vec<f32>], memory: &Memory) -> Vec<Gradients> {
    let d_last = layers.iter().zip(d_last).flat_map(|(layer, d)| std::iter::repeat_n(d, layer.packing.groups.len()));
    let tasks: Vec<_> = tasks(layers).into_iter().zip(traces.into_iter().flatten()).zip(d_last).collect();
    let run =
        |(((layer, group), trace), d_last): (_, &Vec<f32>)| dispatch(Backward { layer, group, trace, d_last, memory });
    let mut done = largest_first(tasks, |(((layer, group), _), _)| size(layer, group), run).into_iter();
    layers
        .iter()
        .map(|layer| {
            let mut sum = Gradients::zeros(layer, |len| vec![0.0; len]);
            done.by_ref().take(layer.packing.groups.len()).for_each(|part| sum.add(&part));
            sum
        })
        .collect()
}

/// [`forward_group`] and its arguments. A closure of this size would not be inlined into the function that is compiled
/// for the wide instructions, and so would not use them.
struct Forward<'a> {
    layer: &'a Layer<'a>,
    group: &'a Group,
    memory: &'a Memory,
}

impl WithSimd for Forward<'_> {
    type Output = (Vec<f32>, Trace);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        forward_group(simd, self.layer, self.group, self.memory)
    }
}

/// The last hidden states of one group's sequences, in the group's order, and the trace.
#[inline(always)]
fn forward_group<S: Simd>(simd: S, layer: &Layer<'_>, group: &Group, memory: &Memory) -> (Vec<f32>, Trace) {
    let (size, len) = (layer.size(), group.sources.len());
    let states = || memory.take(len * size);
    let (gates, cell_before, cell_tanh, hidden_before) = (memory.take(len * 4 * size), states(), states(), states());
    let mut trace = Trace { gates, cell_before, cell_tanh, hidden_before };
    let w_input = &Panels::new(layer.w_input, 4 * size);
    let w_hidden = &Panels::new(layer.w_hidden, 4 * size);
    let bias = &Panels::new(layer.bias, 4 * size);
    // States stay where they are when a sequence ends, so at the end these hold every sequence's last one.
    let mut hidden = vec![0.0f32; group.rows.len() * size];
    let mut cell = vec![0.0f32; group.rows.len() * size];
    for Chunk { counts, rows } in group.chunks() {
        let gates = &mut trace.gates[rows.start * 4 * size..rows.end * 4 * size];
        affine(simd, bias, layer.steps(group, rows.clone()), w_input, gates);
        let mut at = rows.start;
        for &count in counts {
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
    }
    (hidden, trace)
}

/// [`backward_group`] and its arguments.
struct Backward<'a> {
    layer: &'a Layer<'a>,
    group: &'a Group,
    trace: Trace,
    d_last: &'a [f32],
    memory: &'a Memory,
}

impl WithSimd for Backward<'_> {
    type Output = Gradients<Buffer>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let zeros = |len| {
            let mut zeros = self.memory.take(len);
            zeros.fill(0.0);
            zeros
        };
        let mut gradients = Gradients::zeros(self.layer, zeros);
        backward_group(simd, self.layer, self.group, self.trace, self.d_last, &mut gradients);
        gradients
    }
}

/// Adds what one group says to the gradients of the weights.
#[inline(always)]
fn backward_group<S: Simd>(
    simd: S,
    layer: &Layer<'_>,
    group: &Group,
    trace: Trace,
    d_last: &[f32],
    gradients: &mut Gradients<Buffer>,
) {
    let size = layer.size();
    let mut w_hidden_t = vec![0.0; layer.w_hidden.len()];
    for row in 0..size {
        for column in 0..4 * size {
            w_hidden_t[column * size + row] = layer.w_hidden[row * 4 * size + column];
        }
    }
    let w_hidden_t = &Panels::new(&w_hidden_t, size);
    // The gates are not needed once their gradients are known: these are written in their place.
    let Trace { gates: mut d_gates, cell_before, cell_tanh, hidden_before } = trace;
    // Every sequence's gradient waits in its row until the step at which the sequence ends is reached.
    let mut d_hidden: Vec<f32> =
        group.rows.iter().flat_map(|&row| &d_last[row * size..(row + 1) * size]).copied().collect();
    let mut d_cell = vec![0.0f32; group.rows.len() * size];
    let mut products = Transposed::new(4 * size);
    for Chunk { counts, rows } in group.chunks().into_iter().rev() {
        let mut end = rows.end;
        for &count in counts.iter().rev() {
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
        let d_gates = &d_gates[rows.start * 4 * size..rows.end * 4 * size];
        let before = &hidden_before[rows.start * size..rows.end * size];
        let before = Rows { data: before, width: size, order: None };
        let Gradients { w_input, w_hidden, bias } = &mut *gradients;
        products.add(simd, [layer.steps(group, rows), before], d_gates, [w_input, w_hidden]);
        add_to_bias(d_gates, bias);
    }
}

/// Adds the gates' gradients, (rows, 4H), to that of the bias.
#[inline(always)]
fn add_to_bias(d_gates: &[f32], bias: &mut [f32]) {
    // By their places: a pair of iterators a row is a call in builds without link-time optimisation.
    let width = bias.len();
    let mut row = 0;
    while row < d_gates.len() {
        let d = &d_gates[row..row + width];
        for k in 0..width {
            bias[k] += d[k];
        }
        row += width;
    }
}

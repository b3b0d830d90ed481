//! The recurrences of all modalities as one node of burn's autodiff tape, for the CPU backend.
//!
//! A tape of primitive operations would hold thousands of nodes for a long sequence, and its slices make the backward
//! pass quadratic in the number of steps. One node for all modalities lets threads work on all of them at once.

mod gates;
mod lstm;
mod packing;

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::{Device, Tensor};

use self::lstm::{Layer, Trace};
use self::packing::Packing;
use super::weights::Weights;
use crate::dataset::Sequences;
use crate::modality::{Modality, PerModality};
use crate::model::host::{Tape, Values, matrix, on_tape, primitive, values, vector};
use crate::model::memory::Memory;

/// The number of weight tensors of a modality.
const WEIGHTS: usize = 3;

/// What the backward pass needs besides the incoming gradient; one entry for each modality that is there.
#[derive(Clone, Debug)]
struct State {
    sequences: Arc<PerModality<Sequences>>,
    modalities: Vec<Modality>,
    packings: Arc<Vec<Packing>>,
    weights: Arc<Vec<Plain>>,
    /// Until the backward pass takes them; there is one a tape.
    traces: Arc<Mutex<Vec<Vec<Trace>>>>,
    memory: Memory,
}

/// One LSTM's weights as plain numbers, in the shapes of [`Weights`].
#[derive(Debug)]
struct Plain {
    input: Values,
    hidden: Values,
    bias: Values,
}

impl Plain {
    /// H
    fn size(&self) -> usize {
        self.bias.len() / 4
    }
}

fn layers<'a>(
    modalities: &[Modality],
    sequences: &'a PerModality<Sequences>,
    packings: &'a [Packing],
    weights: &'a [Plain],
) -> Vec<Layer<'a>> {
    let parts = modalities.iter().zip(packings).zip(weights);
    let layer = |((m, packing), weights): ((&Modality, &'a Packing), &'a Plain)| Layer {
        inputs: &sequences[*m],
        packing,
        w_input: &weights.input,
        w_hidden: &weights.hidden,
        bias: &weights.bias,
    };
    parts.map(layer).collect()
}

/// The node; `PARENTS` weight tensors go in.
#[derive(Debug)]
struct LastHidden<const PARENTS: usize>;

impl<const PARENTS: usize> Backward<Flex, PARENTS> for LastHidden<PARENTS> {
    type State = State;

    fn backward(self, ops: Ops<State, PARENTS>, grads: &mut Gradients, _: &mut Checkpointer) {
        let State { sequences, modalities, packings, weights, traces, memory } = ops.state;
        let d_last = Tensor::<2>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let device = d_last.device();
        let d_last = cut(&values(d_last), &weights);
        let traces = std::mem::take(&mut *traces.lock().unwrap_or_else(PoisonError::into_inner));
        let found = lstm::backward(&layers(&modalities, &sequences, &packings, &weights), traces, &d_last, &memory);
        let found = found.into_iter().flat_map(|g| {
            let width = g.bias.len();
            [(g.w_input, Some(width)), (g.w_hidden, Some(width)), (g.bias, None)]
        });
        for (parent, (gradient, width)) in ops.parents.into_iter().zip(found) {
            let Some(node) = parent else { continue };
            let primitive = match width {
                Some(width) => primitive(matrix(gradient, width, &device)),
                None => primitive(vector(gradient, &device)),
            };
            grads.register::<Flex>(node.id, primitive);
        }
    }
}

/// The last valid hidden state of each sequence, (B, H) each; see [`super::last_hidden`].
///
/// The weights may lie on a tape or not; the result does if they do.
pub fn last_hidden(
    weights: Vec<(Modality, Weights)>,
    sequences: &Arc<PerModality<Sequences>>,
    memory: &Memory,
) -> Vec<Tensor<2>> {
    // The number of a node's parents is part of its type.
    match weights.len() {
        0 => Vec::new(),
        1 => side_by_side::<WEIGHTS>(&weights, sequences, memory),
        2 => side_by_side::<{ 2 * WEIGHTS }>(&weights, sequences, memory),
        _ => side_by_side::<{ 3 * WEIGHTS }>(&weights, sequences, memory),
    }
}

fn side_by_side<const PARENTS: usize>(
    weights: &[(Modality, Weights)],
    sequences: &Arc<PerModality<Sequences>>,
    memory: &Memory,
) -> Vec<Tensor<2>> {
    let first = &weights[0].1.input;
    let (device, taped) = (first.device().inner(), first.is_autodiff());
    let modalities: Vec<Modality> = weights.iter().map(|(m, _)| *m).collect();
    let packings: Vec<Packing> = modalities.iter().map(|m| Packing::new(&sequences[*m])).collect();
    let plain = |(_, w): &(Modality, Weights)| Plain {
        input: Values::new(w.input.clone().inner()),
        hidden: Values::new(w.hidden.clone().inner()),
        bias: Values::new(w.bias.clone().inner()),
    };
    let plain: Vec<Plain> = weights.iter().map(plain).collect();
    let sizes: Vec<usize> = plain.iter().map(Plain::size).collect();
    let (last, traces): (Vec<_>, Vec<_>) =
        lstm::forward(&layers(&modalities, sequences, &packings, &plain), memory).into_iter().unzip();
    let last = join(&last, &sizes, &device);
    let last = if taped {
        let nodes = weights.iter().map(|(_, weights)| {
            let Weights { input, hidden, bias } = weights.clone();
            [on_tape(input).1, on_tape(hidden).1, on_tape(bias).1]
        });
        let mut nodes = nodes.into_iter().flatten();
        let nodes: [_; PARENTS] = std::array::from_fn(|_| nodes.next().expect("three weights a modality"));
        match LastHidden::<PARENTS>.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = State {
                    sequences: sequences.clone(),
                    modalities,
                    packings: Arc::new(packings),
                    weights: Arc::new(plain),
                    traces: Arc::new(Mutex::new(traces)),
                    memory: memory.clone(),
                };
                Tensor::from_primitive::<Tape>(prep.finish(state, primitive(last)))
            }
            OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(primitive(last))),
        }
    } else {
        last
    };
    let mut start = 0;
    let part = |size: &usize| {
        start += size;
        last.clone().narrow(1, start - size, *size)
    };
    sizes.iter().map(part).collect()
}

/// The modalities' states, (B, H) each, side by side: (B, sum of H).
fn join(parts: &[Vec<f32>], sizes: &[usize], device: &Device) -> Tensor<2> {
    let width: usize = sizes.iter().sum();
    let batch = parts[0].len() / sizes[0];
    let mut joined = Vec::with_capacity(batch * width);
    for row in 0..batch {
        for (part, size) in parts.iter().zip(sizes) {
            joined.extend_from_slice(&part[row * size..(row + 1) * size]);
        }
    }
    matrix(joined, width, device)
}

/// The reverse of [`join`].
fn cut(joined: &[f32], weights: &[Plain]) -> Vec<Vec<f32>> {
    let width: usize = weights.iter().map(Plain::size).sum();
    let mut start = 0;
    weights
        .iter()
        .map(|w| {
            let columns = start..start + w.size();
            start = columns.end;
            joined.chunks_exact(width).flat_map(|row| &row[columns.clone()]).copied().collect()
        })
        .collect()
}

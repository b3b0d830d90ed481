//! The recurrences of all modalities as one node of burn's autodiff tape, for the CPU backend.
//!
//! A tape of primitive operations would hold thousands of nodes for a long sequence, and its slices make the backward
//! pass quadratic in the number of steps. One node for all modalities lets threads work on all of them at once.

mod gates;
mod lstm;
mod packing;

use std::sync::Arc;

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::{Device, Tensor, TensorData};

use self::lstm::{Layer, Trace};
use self::packing::Packing;
use super::weights::Weights;
use crate::dataset::Sequences;
use crate::modality::{Modality, PerModality};
use crate::model::host::{Tape, matrix, primitive, values};

/// The number of weight tensors: three for each modality.
const PARENTS: usize = 3 * Modality::ALL.len();

/// What the backward pass needs besides the incoming gradient.
#[derive(Clone, Debug)]
struct State {
    sequences: Arc<PerModality<Sequences>>,
    packings: Arc<PerModality<Packing>>,
    weights: Arc<PerModality<Values>>,
    /// In the order of [`Modality::ALL`].
    traces: Arc<Vec<Vec<Trace>>>,
}

/// One LSTM's weights on the host, in the shapes of [`Weights`].
#[derive(Debug)]
struct Values {
    input: Vec<f32>,
    hidden: Vec<f32>,
    bias: Vec<f32>,
}

impl Values {
    /// H
    fn size(&self) -> usize {
        self.bias.len() / 4
    }
}

fn layers<'a>(
    sequences: &'a PerModality<Sequences>,
    packings: &'a PerModality<Packing>,
    weights: &'a PerModality<Values>,
) -> [Layer<'a>; Modality::ALL.len()] {
    Modality::ALL.map(|m| Layer {
        inputs: &sequences[m],
        packing: &packings[m],
        w_input: &weights[m].input,
        w_hidden: &weights[m].hidden,
        bias: &weights[m].bias,
    })
}

#[derive(Debug)]
struct LastHidden;

impl Backward<Flex, PARENTS> for LastHidden {
    type State = State;

    fn backward(self, ops: Ops<State, PARENTS>, grads: &mut Gradients, _: &mut Checkpointer) {
        let State { sequences, packings, weights, traces } = ops.state;
        let d_last = Tensor::<2>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let device = d_last.device();
        let d_last = cut(&values(d_last), &weights);
        // There is one backward pass a tape, so the traces are ours alone.
        let traces = Arc::try_unwrap(traces).unwrap_or_else(|shared| (*shared).clone());
        let found = lstm::backward(&layers(&sequences, &packings, &weights), traces, &d_last);
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
pub fn last_hidden(weights: PerModality<Weights>, sequences: &Arc<PerModality<Sequences>>) -> PerModality<Tensor<2>> {
    let device = weights.text.input.device().inner();
    let packings = sequences.map(|_, s| Packing::new(s));
    let plain = weights.map(|_, w| Values {
        input: values(w.input.clone().inner()),
        hidden: values(w.hidden.clone().inner()),
        bias: values(w.bias.clone().inner()),
    });
    let sizes = plain.map(|_, w| w.size());
    let (last, traces): (Vec<_>, Vec<_>) = lstm::forward(&layers(sequences, &packings, &plain)).into_iter().unzip();
    let last = join(&last, &sizes, &device);
    let last = if weights.text.input.is_autodiff() {
        let nodes = Modality::ALL.map(|m| {
            let Weights { input, hidden, bias } = weights[m].clone();
            // Weights are made by `Encoder` on one device with one kind of tape; nothing outside can mix them.
            let matrix = |t: Tensor<2>| t.try_into_primitive::<Tape>().expect("weights of another tape").node();
            let vector = |t: Tensor<1>| t.try_into_primitive::<Tape>().expect("weights of another tape").node();
            [matrix(input), matrix(hidden), vector(bias)]
        });
        let mut nodes = nodes.into_iter().flatten();
        let nodes: [_; PARENTS] = std::array::from_fn(|_| nodes.next().expect("three weights a modality"));
        match LastHidden.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = State {
                    sequences: sequences.clone(),
                    packings: Arc::new(packings),
                    weights: Arc::new(plain),
                    traces: Arc::new(traces),
                };
                Tensor::from_primitive::<Tape>(prep.finish(state, primitive(last)))
            }
            OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(primitive(last))),
        }
    } else {
        last
    };
    let mut start = 0;
    PerModality::from_fn(|m| {
        start += sizes[m];
        last.clone().narrow(1, start - sizes[m], sizes[m])
    })
}

/// The modalities' states, (B, H) each, side by side: (B, sum of H).
fn join(parts: &[Vec<f32>], sizes: &PerModality<usize>, device: &Device) -> Tensor<2> {
    let sizes: Vec<usize> = Modality::ALL.iter().map(|&m| sizes[m]).collect();
    let width: usize = sizes.iter().sum();
    let batch = parts[0].len() / sizes[0];
    let mut joined = Vec::with_capacity(batch * width);
    for row in 0..batch {
        for (part, size) in parts.iter().zip(&sizes) {
            joined.extend_from_slice(&part[row * size..(row + 1) * size]);
        }
    }
    matrix(joined, width, device)
}

/// The reverse of [`join`].
fn cut(joined: &[f32], weights: &PerModality<Values>) -> Vec<Vec<f32>> {
    let width: usize = Modality::ALL.iter().map(|&m| weights[m].size()).sum();
    let mut start = 0;
    Modality::ALL
        .iter()
        .map(|&m| {
            let columns = start..start + weights[m].size();
            start = columns.end;
            joined.chunks_exact(width).flat_map(|row| &row[columns.clone()]).copied().collect()
        })
        .collect()
}

fn vector(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let len = values.len();
    Tensor::from_data(TensorData::new(values, [len]), device)
}

//! BERT on the CPU: the embeddings and each layer are one node of burn's tape, with kernels and gradients of our own.
//!
//! - `dense`: products; `rows`: norms, GELU, sums; `norm`: the way back through a norm; `attention`;
//! - `layer`, `embed`: these put together, forward and back. Here: on the tape;
//! - `mean`: the mean of a clip's states.

mod attention;
mod dense;
mod embed;
mod layer;
mod mean;
mod norm;
mod rows;

use std::sync::Arc;

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::tensor::{Device, Tensor};

use self::embed::Embedding;
use self::layer::Layer;
pub use self::layer::Setting;
pub use self::mean::mean;
use super::dropout::Mask;
use super::parts::{Affine, EmbeddingWeights, LayerWeights, Scale};
use crate::dataset::tokens::Tokens;
use crate::model::host::{Tape, Values, matrix, on_tape, primitive, vector};
use crate::model::memory::Memory;

/// As [`form::layer`](super::form::layer).
pub fn layer(x: Tensor<2>, weights: LayerWeights, setting: Setting) -> Tensor<2> {
    let (device, taped) = (weights.query.bias.device(), weights.query.bias.is_autodiff());
    let pairs = Pair::all(weights);
    let own = Layer::of(pairs.each_ref().map(Pair::values));
    let (width, inner) = (own.query[1].len(), Values::new(x.clone().inner()));
    let (out, trace) = own.forward(&inner, &setting);
    let out = matrix(out, width, &device.inner());
    if !taped {
        return out;
    }
    let x = if x.is_autodiff() { x } else { Tensor::from_inner(x) };
    let mut nodes = std::iter::once(on_tape(x).1).chain(pairs.into_iter().flat_map(Pair::nodes));
    let nodes: [_; 17] = std::array::from_fn(|_| nodes.next().expect("what goes in, and eight pairs"));
    match LayerNode.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => {
            let state = LayerState { x: inner, layer: own, trace: Arc::new(trace), setting };
            Tensor::from_primitive::<Tape>(prep.finish(state, primitive(out)))
        }
        OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(primitive(out))),
    }
}

/// As [`form::embed`](super::form::embed).
pub fn embed(weights: EmbeddingWeights, tokens: &Tokens, epsilon: f32, mask: Mask, memory: &Memory) -> Tensor<2> {
    let EmbeddingWeights { words, positions, types, norm } = weights;
    let (device, taped) = (words.device(), words.is_autodiff());
    let tables = [words, positions, types];
    let norm = Pair::Norm(norm);
    let own = Embedding { tables: tables.clone().map(|table| Values::new(table.inner())), norm: norm.values() };
    let (out, trace) = own.forward(tokens, epsilon, mask, memory);
    let out = matrix(out, own.norm[0].len(), &device.inner());
    if !taped {
        return out;
    }
    let ([words, positions, types], [gamma, beta]) = (tables.map(|table| on_tape(table).1), norm.nodes());
    let nodes = [words, positions, types, gamma, beta];
    match EmbeddingNode.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => {
            let state = EmbeddingState { embedding: own, trace: Arc::new(trace), mask, memory: memory.clone() };
            Tensor::from_primitive::<Tape>(prep.finish(state, primitive(out)))
        }
        OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(primitive(out))),
    }
}

/// Two tensors of a linear layer or of a norm.
enum Pair {
    Affine(Affine),
    Norm(Scale),
}

impl Pair {
    /// A layer's, in the order in which the node has them.
    fn all(weights: LayerWeights) -> [Self; 8] {
        let LayerWeights { query, key, value, attended, attended_norm, wide, narrow, narrow_norm } = weights;
        [
            Pair::Affine(query),
            Pair::Affine(key),
            Pair::Affine(value),
            Pair::Affine(attended),
            Pair::Norm(attended_norm),
            Pair::Affine(wide),
            Pair::Affine(narrow),
            Pair::Norm(narrow_norm),
        ]
    }

    fn values(&self) -> [Values; 2] {
        match self {
            Pair::Affine(Affine { weight, bias }) => {
                [Values::new(weight.clone().inner()), Values::new(bias.clone().inner())]
            }
            Pair::Norm(Scale { gamma, beta }) => [gamma, beta].map(|x| Values::new(x.clone().inner())),
        }
    }

    fn nodes(self) -> [NodeGuard; 2] {
        match self {
            Pair::Affine(Affine { weight, bias }) => [on_tape(weight).1, on_tape(bias).1],
            Pair::Norm(Scale { gamma, beta }) => [on_tape(gamma).1, on_tape(beta).1],
        }
    }
}

impl Layer {
    fn of(pairs: [[Values; 2]; 8]) -> Self {
        let [query, key, value, attended, attended_norm, wide, narrow, narrow_norm] = pairs;
        Self { query, key, value, attended, attended_norm, wide, narrow, narrow_norm }
    }
}

#[derive(Debug)]
struct LayerNode;

/// What the backward pass needs besides the incoming gradient.
#[derive(Clone, Debug)]
struct LayerState {
    x: Values,
    layer: Layer,
    trace: Arc<layer::Trace>,
    setting: Setting,
}

impl Backward<Flex, 17> for LayerNode {
    type State = LayerState;

    fn backward(self, ops: Ops<LayerState, 17>, grads: &mut Gradients, _: &mut Checkpointer) {
        let LayerState { x, layer, trace, setting } = ops.state;
        let d = Values::of(grads.consume::<Flex>(&ops.node));
        let trace = Arc::into_inner(trace).expect("there is one backward pass a tape");
        let inputs = ops.parents[0].is_some();
        let found = layer.backward(&x, trace, &d, inputs, &setting);
        let (device, width) = (Device::flex(), layer.query[1].len());
        let x = found.x.map(|x| primitive(matrix(x, width, &device)));
        let of_pair = |[first, second]: norm::Pair| {
            let outputs = second.len();
            let first = match first.len() == outputs {
                true => primitive(vector(first, &device)),
                false => primitive(matrix(first, outputs, &device)),
            };
            [Some(first), Some(primitive(vector(second, &device)))]
        };
        let all = std::iter::once(x).chain(found.parameters.into_iter().flat_map(of_pair));
        for (parent, gradient) in ops.parents.into_iter().zip(all) {
            if let (Some(node), Some(gradient)) = (parent, gradient) {
                grads.register::<Flex>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct EmbeddingNode;

/// What the backward pass needs besides the incoming gradient.
#[derive(Clone, Debug)]
struct EmbeddingState {
    embedding: Embedding,
    trace: Arc<embed::Trace>,
    mask: Mask,
    memory: Memory,
}

impl Backward<Flex, 5> for EmbeddingNode {
    type State = EmbeddingState;

    fn backward(self, ops: Ops<EmbeddingState, 5>, grads: &mut Gradients, _: &mut Checkpointer) {
        let EmbeddingState { embedding, trace, mask, memory } = ops.state;
        let d = Values::of(grads.consume::<Flex>(&ops.node));
        let trace = Arc::into_inner(trace).expect("there is one backward pass a tape");
        let (tables, norm) = embedding.backward(trace, &d, mask, &memory);
        let (device, width) = (Device::flex(), norm[0].len());
        let tables = tables.into_iter().map(|table| primitive(matrix(table, width, &device)));
        let norm = norm.into_iter().map(|values| primitive(vector(values, &device)));
        for (parent, gradient) in ops.parents.into_iter().zip(tables.chain(norm)) {
            if let Some(node) = parent {
                grads.register::<Flex>(node.id, gradient);
            }
        }
    }
}

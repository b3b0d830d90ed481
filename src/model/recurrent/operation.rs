//! The recurrence as one node of burn's autodiff tape, for the CPU backend.
//!
//! A tape of primitive operations would hold thousands of nodes for a long sequence, and its slices make the backward
//! pass quadratic in the number of steps.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, Flex};
use burn::tensor::{Tensor, TensorData};

use super::cpu::{self, Trace};
use super::packing::Packing;

/// Plain, tape-free tensors of the CPU backend.
type Tape = Autodiff<Flex, NoCheckpointing>;

/// What the backward pass needs besides the incoming gradient.
#[derive(Clone, Debug)]
struct State {
    trace: Arc<Trace>,
    /// Packed inputs, (len, D).
    inputs: Tensor<2>,
    /// (H, 4H)
    w_hidden: Tensor<2>,
}

#[derive(Debug)]
struct LastHidden;

impl Backward<Flex, 3> for LastHidden {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let State { trace, inputs, w_hidden } = ops.state;
        let d_last = values(Tensor::<2>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node)));
        let (rows, size) = (trace.packing.len, trace.hidden_size);
        // There is one backward pass a tape, so the trace is ours alone.
        let trace = Arc::try_unwrap(trace).unwrap_or_else(|shared| (*shared).clone());
        let (d_gates, before) = cpu::backward(trace, &d_last, &values(w_hidden.transpose()));
        let device = inputs.device();
        let d_gates = Tensor::<2>::from_data(TensorData::new(d_gates, [rows, 4 * size]), &device);
        let [input, hidden, bias] = ops.parents;
        if let Some(node) = input {
            let gradient = inputs.transpose().matmul(d_gates.clone());
            grads.register::<Flex>(node.id, primitive(gradient));
        }
        if let Some(node) = hidden {
            let before = TensorData::new(before, [rows, size]);
            let gradient = Tensor::<2>::from_data(before, &device).transpose().matmul(d_gates.clone());
            grads.register::<Flex>(node.id, primitive(gradient));
        }
        if let Some(node) = bias {
            grads.register::<Flex>(node.id, primitive(d_gates.sum_dim(0).squeeze_dim::<1>(0)));
        }
    }
}

/// The last valid hidden state of each sequence, (B, H); see [`super::last_hidden`]. `inputs` is packed, (len, D).
///
/// The weights may lie on a tape or not; the result does if they do.
pub fn last_hidden(
    w_input: Tensor<2>,
    w_hidden: Tensor<2>,
    bias: Tensor<1>,
    inputs: Vec<f32>,
    packing: Packing,
) -> Tensor<2> {
    let device = w_input.device().inner();
    let [dim, _] = w_input.dims();
    let [size, _] = w_hidden.dims();
    let (rows, batch) = (packing.len, packing.batch);
    let inputs = Tensor::<2>::from_data(TensorData::new(inputs, [rows, dim]), &device);
    let plain = w_hidden.clone().inner();
    let run = |w_input: Tensor<2>, bias: Tensor<1>| {
        // A product with no rows has nothing to say but the shape, and not every kernel takes it.
        let gates = if rows == 0 {
            Vec::new()
        } else {
            values(inputs.clone().matmul(w_input.inner()) + bias.inner().unsqueeze_dim::<2>(0))
        };
        let (last, trace) = cpu::forward(packing, gates, &values(plain.clone()), size);
        (Tensor::<2>::from_data(TensorData::new(last, [batch, size]), &device), trace)
    };
    if rows == 0 || !w_input.is_autodiff() {
        return run(w_input, bias).0;
    }
    let tape = (
        w_input.clone().try_into_primitive::<Tape>(),
        w_hidden.try_into_primitive::<Tape>(),
        bias.clone().try_into_primitive::<Tape>(),
    );
    let (Ok(input), Ok(hidden), Ok(bias_node)) = tape else {
        // Weights are made by `Encoder` on one device with one kind of tape; nothing outside can mix them.
        unreachable!("the recurrent weights lie on different devices");
    };
    let prepared =
        LastHidden.prepare::<NoCheckpointing>([input.node(), hidden.node(), bias_node.node()]).compute_bound();
    let (last, trace) = run(w_input, bias);
    let output = match prepared.stateful() {
        OpsKind::Tracked(prep) => {
            let state = State { trace: Arc::new(trace), inputs, w_hidden: plain };
            prep.finish(state, primitive(last))
        }
        OpsKind::UnTracked(prep) => prep.finish(primitive(last)),
    };
    Tensor::from_primitive::<Tape>(output)
}

/// The values of a CPU tensor, row-major.
fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("model tensors hold f32")
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> burn::backend::tensor::FloatTensor<Flex> {
    tensor.try_into_primitive::<Flex>().expect("the operation runs on the CPU backend only")
}

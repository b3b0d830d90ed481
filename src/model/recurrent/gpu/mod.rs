//! The recurrence as one node of burn's autodiff tape, for WGPU: one product with all inputs and one kernel forward, one
//! kernel and the weights' products backward. Step by step it is thousands of kernels and as many nodes.
//!
//! On software Vulkan (lavapipe, two cores; batches of 32, hidden 64) forward and backward take 77 ms against 437 step by
//! step for 40 steps of 16 numbers, 302 against 1670 for 55 of 709, 939 against 5192 for 400 of 33. What it gives on a real
//! GPU has not been measured. The kernels leave no order of sums open: the same batch gives the same bits.

mod kernel;
#[cfg(test)]
mod tests;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::wgpu::{CubeBackend, CubeTensor};
use burn::backend::{Autodiff, Backend, Cube, Dispatch, DispatchDevice, TensorMetadata, backend_extension};
use burn::tensor::{DType, Device, Int, Shape, Tensor, TensorData};
use burn_cubecl::cubecl::prelude::{CubeCount, CubeDim};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;

use super::weights::Weights;
use crate::dataset::Sequences;

type Tape = Autodiff<Cube, NoCheckpointing>;

/// Sequences that a cube runs beside each other, where its memory has room for them: the widest vector of WGSL.
const LANES: usize = 4;

/// The most cubes of a launch that every device takes.
const CUBES: usize = 65_535;

/// How many sequences a cube runs; `None` where the tensor form is the better one.
///
/// That is for a layer so large that two sequences' states do not fit into a cube's shared memory (72·H bytes: 16 KiB hold
/// 227 units, 32 KiB 455). With one sequence a cube every weight is read once a sequence: 6.1 s against 4.1 step by step
/// for 512 units on lavapipe, where 256 units and two sequences took 1.4 s against 1.7.
pub fn lanes(weights: &Weights, sequences: &Sequences) -> Option<usize> {
    lanes_on(&weights.hidden.device(), weights.hidden.dims()[0], sequences.lengths.len())
}

fn lanes_on(device: &Device, size: usize, batch: usize) -> Option<usize> {
    let DispatchDevice::Cube(device) = device.clone().inner().as_dispatch().clone() else {
        return None;
    };
    let room = device.client().properties().hardware.max_shared_memory_size;
    // The backward kernel keeps 9 states of H numbers a lane.
    [LANES, LANES / 2]
        .into_iter()
        .find(|&lanes| 9 * size * lanes * size_of::<f32>() <= room)
        .filter(|lanes| batch.div_ceil(*lanes) <= CUBES)
}

/// The table of lanes that the kernels read, (groups x `lanes`, [`kernel::FIELDS`]), longest sequence first: the lanes of
/// a group should end together, and the groups that take longest should start first.
fn table(sequences: &Sequences, lanes: usize) -> Vec<u32> {
    let number = |n: usize| u32::try_from(n).expect("rows of a batch are counted in 32 bits");
    let (lengths, starts) = (&sequences.lengths, sequences.starts());
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&row| std::cmp::Reverse(lengths[row]));
    let mut table: Vec<u32> = order.iter().flat_map(|&row| [row, starts[row], lengths[row]]).map(number).collect();
    // A lane without a sequence: no row of the batch, no steps.
    let spare = lengths.len().next_multiple_of(lanes) - lengths.len();
    table.extend([number(lengths.len()), 0, 0].repeat(spare));
    table
}

/// The two kernels as operations of the backend, so that they can also be part of a fused backend's stream.
///
/// Shapes as in [`kernel`]; tensors without a tape. `lanes` is the number of sequences a cube runs.
#[backend_extension(Cube, Fusion: cfg(feature = "gpu-fast"))]
pub trait Recurrence: Backend {
    /// The last hidden states, the trace, and the hidden states before each step.
    #[fusion(meta = |projected, w_hidden, table, batch, lanes| {
        let _ = (table, lanes);
        let (rows, size) = (projected.shape[0], w_hidden.shape[0]);
        let spec = |shape| burn::backend::fusion::custom::TensorSpec::new(Shape::new(shape), projected.dtype);
        (spec([*batch, size]), spec([rows, 5 * size]), spec([rows, size]))
    })]
    fn recurrence_forward(
        projected: FloatTensor<Self>,
        w_hidden: FloatTensor<Self>,
        table: IntTensor<Self>,
        batch: usize,
        lanes: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// The gradient of the gates before activation.
    #[fusion(dtype = trace, shape = Shape::new([trace[0], w_hidden_t[0]]))]
    fn recurrence_backward(
        d_last: FloatTensor<Self>,
        trace: FloatTensor<Self>,
        w_hidden_t: FloatTensor<Self>,
        table: IntTensor<Self>,
        lanes: usize,
    ) -> FloatTensor<Self>;
}

/// Units of a cube for a layer of this size: one for each column of the gates, where the device has so many.
fn units(tensor: &CubeTensor, size: usize) -> u32 {
    let hardware = &tensor.client.properties().hardware;
    let most = hardware.max_units_per_cube.min(hardware.max_cube_dim.0);
    u32::try_from(4 * size).map_or(most, |columns| columns.min(most))
}

/// One cube a group of lanes.
fn cubes(table: &CubeTensor, lanes: usize) -> CubeCount {
    CubeCount::Static((table.shape()[0] / lanes) as u32, 1, 1)
}

impl Recurrence for CubeBackend {
    fn recurrence_forward(
        projected: CubeTensor,
        w_hidden: CubeTensor,
        table: CubeTensor,
        batch: usize,
        lanes: usize,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let [projected, w_hidden, table] = [projected, w_hidden, table].map(into_contiguous);
        let (rows, size) = (projected.shape()[0], w_hidden.shape()[0]);
        let client = projected.client.clone();
        let empty = |shape: [usize; 2]| {
            empty_device_contiguous_dtype(client.clone(), projected.device.clone(), Shape::new(shape), DType::F32)
        };
        let (last, trace, before) = (empty([batch, size]), empty([rows, 5 * size]), empty([rows, size]));
        let units = units(&projected, size);
        kernel::recurrence_forward::launch(
            &client,
            cubes(&table, lanes),
            CubeDim::new_1d(units),
            lanes,
            projected.into_buffer_arg(),
            w_hidden.into_buffer_arg(),
            table.into_buffer_arg(),
            last.clone().into_buffer_arg(),
            trace.clone().into_buffer_arg(),
            before.clone().into_buffer_arg(),
            size,
            units as usize,
        );
        (last, trace, before)
    }

    fn recurrence_backward(
        d_last: CubeTensor,
        trace: CubeTensor,
        w_hidden_t: CubeTensor,
        table: CubeTensor,
        lanes: usize,
    ) -> CubeTensor {
        let [d_last, trace, w_hidden_t, table] = [d_last, trace, w_hidden_t, table].map(into_contiguous);
        let (rows, columns) = (trace.shape()[0], w_hidden_t.shape()[0]);
        let size = columns / 4;
        let client = trace.client.clone();
        let d_gates = empty_device_contiguous_dtype(
            client.clone(),
            trace.device.clone(),
            Shape::new([rows, columns]),
            DType::F32,
        );
        let units = units(&trace, size);
        kernel::recurrence_backward::launch(
            &client,
            cubes(&table, lanes),
            CubeDim::new_1d(units),
            lanes,
            d_last.into_buffer_arg(),
            trace.into_buffer_arg(),
            w_hidden_t.into_buffer_arg(),
            table.into_buffer_arg(),
            d_gates.clone().into_buffer_arg(),
            size,
            units as usize,
        );
        d_gates
    }
}

/// What the backward pass needs besides the incoming gradient.
#[derive(Clone, Debug)]
struct State {
    /// Valid steps of all sequences, (rows, D).
    inputs: Tensor<2>,
    /// (H, 4H)
    w_hidden: Tensor<2>,
    table: Tensor<2, Int>,
    lanes: usize,
    /// (rows, 5H)
    trace: Tensor<2>,
    /// (rows, H)
    before: Tensor<2>,
}

#[derive(Debug)]
struct LastHidden;

impl Backward<Cube, 3> for LastHidden {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let State { inputs, w_hidden, table, lanes, trace, before } = ops.state;
        let d_last = Tensor::<2>::from_primitive::<Cube>(grads.consume::<Cube>(&ops.node));
        let d_gates = Tensor::<2>::from_dispatch(Dispatch::recurrence_backward(
            d_last.into_dispatch(),
            trace.into_dispatch(),
            w_hidden.transpose().into_dispatch(),
            table.into_dispatch(),
            lanes,
        ));
        let [input, hidden, bias] = ops.parents;
        if let Some(node) = input {
            grads.register::<Cube>(node.id, primitive(inputs.transpose().matmul(d_gates.clone())));
        }
        if let Some(node) = hidden {
            grads.register::<Cube>(node.id, primitive(before.transpose().matmul(d_gates.clone())));
        }
        if let Some(node) = bias {
            grads.register::<Cube>(node.id, primitive(d_gates.sum_dim(0).squeeze_dim::<1>(0)));
        }
    }
}

/// The last valid hidden state of each sequence, (B, H); see [`super::last_hidden`]. `lanes` is from [`lanes`].
///
/// The weights may lie on a tape or not; the result does if they do.
pub fn last_hidden(weights: Weights, sequences: &Sequences, lanes: usize) -> Tensor<2> {
    let Weights { input: w_input, hidden: w_hidden, bias } = weights;
    let device = w_input.device().inner();
    let [size, _] = w_hidden.dims();
    let batch = sequences.lengths.len();
    let rows: usize = sequences.lengths.iter().sum();
    if rows == 0 {
        // Nothing depends on the weights, and there is no buffer without elements.
        return Tensor::zeros([batch, size], &w_input.device());
    }
    // A sequence's steps lie one after another, as the kernels want them.
    let inputs = TensorData::new(sequences.data.clone(), [rows, sequences.dim]);
    let inputs = Tensor::<2>::from_data(inputs, &device);
    let table = table(sequences, lanes);
    let table = TensorData::new(table, [batch.next_multiple_of(lanes), kernel::FIELDS]);
    let table = Tensor::<2, Int>::from_data(table, (&device, DType::U32));
    let plain = w_hidden.clone().inner();
    let run = |w_input: Tensor<2>, bias: Tensor<1>| {
        let projected = inputs.clone().matmul(w_input.inner()) + bias.inner().unsqueeze_dim::<2>(0);
        let (last, trace, before) = Dispatch::recurrence_forward(
            projected.into_dispatch(),
            plain.clone().into_dispatch(),
            table.clone().into_dispatch(),
            batch,
            lanes,
        );
        [last, trace, before].map(Tensor::<2>::from_dispatch)
    };
    if !w_input.is_autodiff() {
        let [last, ..] = run(w_input, bias);
        return last;
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
    let [last, trace, before] = run(w_input, bias);
    let output = match prepared.stateful() {
        OpsKind::Tracked(prep) => {
            prep.finish(State { inputs, w_hidden: plain, table, lanes, trace, before }, primitive(last))
        }
        OpsKind::UnTracked(prep) => prep.finish(primitive(last)),
    };
    Tensor::from_primitive::<Tape>(output)
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> FloatTensor<Cube> {
    tensor.try_into_primitive::<Cube>().expect("the operation runs on this backend only")
}

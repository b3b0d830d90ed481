//! The mean of each clip's rows as a node of the tape. As a product with all rows it would depend on where a clip lies.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::{Device, Tensor};

use super::rows::Add;
use crate::model::host::{Tape, Values, matrix, on_tape, primitive};

/// The means of packed rows over clips of these lengths, (B, W), zeros for a clip without rows.
pub fn mean(rows: Tensor<2>, lengths: Vec<usize>) -> Tensor<2> {
    let ([_, width], device) = (rows.dims(), rows.device().inner());
    let plain = Values::new(rows.clone().inner());
    let mut out = vec![0.0; lengths.len() * width];
    let mut rest = plain.chunks_exact(width);
    for (to, &length) in out.chunks_exact_mut(width).zip(&lengths) {
        rest.by_ref().take(length).for_each(|from| Add { to: &mut *to, from }.run());
        let share = (length.max(1) as f32).recip();
        to.iter_mut().for_each(|x| *x *= share);
    }
    let out = matrix(out, width, &device);
    if !rows.is_autodiff() {
        return out;
    }
    let (_, node) = on_tape(rows);
    match Mean.prepare::<NoCheckpointing>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(lengths, primitive(out))),
        OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(primitive(out))),
    }
}

#[derive(Debug)]
struct Mean;

impl Backward<Flex, 1> for Mean {
    /// The lengths.
    type State = Vec<usize>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let d = Tensor::<2>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let [Some(parent)] = ops.parents else { return };
        let [_, width] = d.dims();
        let d = Values::new(d);
        let mut of_rows = Vec::with_capacity(ops.state.iter().sum::<usize>() * width);
        for (d, length) in d.chunks_exact(width).zip(ops.state) {
            let share = (length.max(1) as f32).recip();
            (0..length).for_each(|_| of_rows.extend(d.iter().map(|d| d * share)));
        }
        grads.register::<Flex>(parent.id, primitive(matrix(of_rows, width, &Device::flex())));
    }
}

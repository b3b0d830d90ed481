//! tanh as one operation that is vectorised on the CPU.
//!
//! The corrector is little else: the CPU backend's own calls the C library for each number, and once more in the backward
//! pass, which took two thirds of a step of stage 2.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::Tensor;
use pulp::{Arch, Simd, WithSimd};

use super::elementwise;
use super::host::{Tape, matrix, primitive, values};
use crate::device::is_cpu;

/// tanh of every element.
pub fn tanh(x: Tensor<2>) -> Tensor<2> {
    if !is_cpu(&x.device()) {
        return x.tanh();
    }
    if !x.is_autodiff() {
        return map(x, Tanh);
    }
    let x = x.try_into_primitive::<Tape>().expect("a tensor of the CPU backend on its tape");
    let (x, node) = (Tensor::<2>::from_primitive::<Flex>(x.primitive().clone()), x.node());
    let y = map(x, Tanh);
    match TanhOperation.prepare::<NoCheckpointing>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(y.clone(), primitive(y))),
        OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(primitive(y))),
    }
}

#[derive(Debug)]
struct TanhOperation;

impl Backward<Flex, 1> for TanhOperation {
    /// The result.
    type State = Tensor<2>;

    fn backward(self, ops: Ops<Tensor<2>, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = Tensor::<2>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let [parent] = ops.parents;
        if let Some(node) = parent {
            grads.register::<Flex>(node.id, primitive(map(gradient, Slope(values(ops.state)))));
        }
    }
}

/// Changes numbers in place.
trait Change {
    fn change(&self, values: &mut [f32]);
}

struct Tanh;

impl Change for Tanh {
    #[inline(always)]
    fn change(&self, values: &mut [f32]) {
        for x in values {
            *x = elementwise::tanh(*x);
        }
    }
}

/// Multiplies by the derivative of tanh where it has these results.
struct Slope(Vec<f32>);

impl Change for Slope {
    #[inline(always)]
    fn change(&self, values: &mut [f32]) {
        for (gradient, y) in values.iter_mut().zip(&self.0) {
            *gradient *= 1.0 - y * y;
        }
    }
}

struct Run<'a, C>(C, &'a mut [f32]);

impl<C: Change> WithSimd for Run<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.0.change(self.1);
    }
}

fn map(x: Tensor<2>, change: impl Change) -> Tensor<2> {
    let ([_, width], device) = (x.dims(), x.device());
    let mut found = values(x);
    Arch::new().dispatch(Run(change, &mut found));
    matrix(found, width, &device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[test]
    fn agrees_with_burns_own_values_and_gradients() {
        let device = Device::flex().autodiff();
        let data: Vec<f32> = (0..63).map(|i| (i as f32 - 31.0) * 0.3).collect();
        let x = Tensor::<2>::from_data(TensorData::new(data, [9, 7]), &device).require_grad();
        // Transposed: not one slice in order.
        let run = |f: fn(Tensor<2>) -> Tensor<2>| {
            let y = f(x.clone().transpose());
            let gradients = (y.clone() * y.clone().exp()).sum().backward();
            (values(y.inner()), values(x.grad(&gradients).unwrap()))
        };
        let ((y, dy), (expected, d_expected)) = (run(tanh), run(|x| x.tanh()));
        let apart = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart(&y, &expected) < 4e-7, "{}", apart(&y, &expected));
        assert!(apart(&dy, &d_expected) < 2e-6, "{}", apart(&dy, &d_expected));
        assert_eq!(values(tanh(x.inner().transpose())), y);
    }

    #[test]
    fn constants_stay_constants() {
        let device = Device::flex().autodiff();
        let y = tanh(Tensor::<2>::ones([2, 2], &device));
        assert!(!y.is_require_grad());
        assert!((values(y.inner())[3] - 1.0f32.tanh()).abs() < 1e-6);
    }
}

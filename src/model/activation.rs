//! tanh as one operation that is vectorised on the CPU.
//!
//! The corrector is little else: the CPU backend's own calls the C library for each number, and once more in the backward
//! pass, which took two thirds of a step of stage 2.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::{Tensor, TensorData};
use pulp::{Simd, WithSimd};

use super::elementwise;
use super::host::{Tape, on_tape, primitive, values};
use super::simd::dispatch;
use crate::device::is_cpu;

/// tanh of every element.
pub fn tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if !is_cpu(&x.device()) {
        return x.tanh();
    }
    if !x.is_autodiff() {
        return map(x, Tanh);
    }
    let (x, node) = on_tape(x);
    let y = map(x, Tanh);
    match TanhOperation::<D>.prepare::<NoCheckpointing>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(y.clone(), primitive(y))),
        OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(primitive(y))),
    }
}

#[derive(Debug)]
struct TanhOperation<const D: usize>;

impl<const D: usize> Backward<Flex, 1> for TanhOperation<D> {
    /// The result.
    type State = Tensor<D>;

    fn backward(self, ops: Ops<Tensor<D>, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = Tensor::<D>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let [parent] = ops.parents;
        if let Some(node) = parent {
            grads.register::<Flex>(node.id, primitive(map(gradient, Slope(values(ops.state)))));
        }
    }
}

/// delta · (1 - y²), what a gradient with respect to y = tanh(x) becomes with respect to x, itself to be differentiated.
pub fn through_tanh<const D: usize>(delta: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    if !(is_cpu(&y.device()) && delta.is_autodiff() && y.is_autodiff()) {
        return delta * y.square().neg().add_scalar(1.0);
    }
    let ((delta, delta_node), (y, y_node)) = (on_tape(delta), on_tape(y));
    let out = map(delta.clone(), Slope(values(y.clone())));
    match ThroughTanh::<D>.prepare::<NoCheckpointing>([delta_node, y_node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => Tensor::from_primitive::<Tape>(prep.finish((delta, y), primitive(out))),
        OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(primitive(out))),
    }
}

#[derive(Debug)]
struct ThroughTanh<const D: usize>;

impl<const D: usize> Backward<Flex, 2> for ThroughTanh<D> {
    /// delta and y.
    type State = (Tensor<D>, Tensor<D>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = Tensor::<D>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let [to_delta, to_y] = ops.parents;
        let (delta, y) = (values(ops.state.0), values(ops.state.1));
        if let Some(node) = to_y {
            grads.register::<Flex>(node.id, primitive(map(gradient.clone(), Bend(delta, y.clone()))));
        }
        if let Some(node) = to_delta {
            grads.register::<Flex>(node.id, primitive(map(gradient, Slope(y))));
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

/// Multiplies by the derivative of delta · (1 - y²) with respect to y, given delta and y.
struct Bend(Vec<f32>, Vec<f32>);

impl Change for Bend {
    #[inline(always)]
    fn change(&self, values: &mut [f32]) {
        for ((gradient, delta), y) in values.iter_mut().zip(&self.0).zip(&self.1) {
            *gradient *= -2.0 * delta * y;
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

fn map<const D: usize>(x: Tensor<D>, change: impl Change) -> Tensor<D> {
    let (shape, device) = (x.dims(), x.device());
    let mut found = values(x);
    dispatch(Run(change, &mut found));
    Tensor::from_data(TensorData::new(found, shape), &device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

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
    fn a_gradient_through_tanh_is_differentiated_as_its_formula_is() {
        let device = Device::flex().autodiff();
        let data = |phase: f32| {
            let values: Vec<f32> = (0..24).map(|i| (i as f32 * 0.7 + phase).sin()).collect();
            Tensor::<3>::from_data(TensorData::new(values, [2, 3, 4]), &device).require_grad()
        };
        let run = |f: fn(Tensor<3>, Tensor<3>) -> Tensor<3>| {
            let (delta, y) = (data(0.2), data(1.0));
            let out = f(delta.clone(), y.clone());
            let gradients = (out.clone() * out.clone().exp()).sum().backward();
            [out.inner(), delta.grad(&gradients).unwrap(), y.grad(&gradients).unwrap()].map(values)
        };
        let (found, expected) = (run(through_tanh), run(|delta, y| delta * (y.square().neg().add_scalar(1.0))));
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }

    #[test]
    fn constants_stay_constants() {
        let device = Device::flex().autodiff();
        let y = tanh(Tensor::<2>::ones([2, 2], &device));
        assert!(!y.is_require_grad());
        assert!((values(y.inner())[3] - 1.0f32.tanh()).abs() < 1e-6);
    }
}

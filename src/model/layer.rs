//! A linear layer with what follows it, as one operation of the tape on the CPU: of a step of short sequences, what is not the
//! recurrence is little arithmetic and many operations.
//!
//! Elsewhere it is burn's own layer.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData, activation};
use pulp::{Simd, WithSimd};

use super::dense::{add_product, add_rows, add_transposed_product, transposed};
use super::host::{Tape, Values, matrix, on_tape, primitive, values, vector};
use super::simd::dispatch;
use crate::device::is_cpu;

/// What is done to the result.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Nothing,
    Relu,
    Times(f32),
}

/// x · W + b, (B, in) to (B, out).
pub fn linear(layer: &Linear, x: Tensor<2>) -> Tensor<2> {
    run(layer, x, Then::Nothing)
}

/// max(x · W + b, 0), (B, in) to (B, out).
pub fn linear_relu(layer: &Linear, x: Tensor<2>) -> Tensor<2> {
    run(layer, x, Then::Relu)
}

/// factor · (x · w + b) of a layer with one output, (B, in) to (B).
pub fn score(layer: &Linear, x: Tensor<2>, factor: f32) -> Tensor<1> {
    run(layer, x, Then::Times(factor))
}

fn run<const D: usize>(layer: &Linear, x: Tensor<2>, then: Then) -> Tensor<D> {
    let (weight, bias) = (layer.weight.val(), layer.bias.as_ref().map(|bias| bias.val()));
    let taped = x.is_autodiff();
    let bias = bias.filter(|bias| is_cpu(&x.device()) && [weight.is_autodiff(), bias.is_autodiff()] == [taped; 2]);
    let Some(bias) = bias else { return by_tensors(layer, x, then) };
    let device = x.device().inner();
    if !taped {
        return forward(&Values::new(x), &Values::new(weight), &Values::new(bias), then, &device);
    }
    let ((x, x_node), (weight, weight_node), (bias, bias_node)) = (on_tape(x), on_tape(weight), on_tape(bias));
    let ([_, columns], x, weight) = (weight.dims(), Values::new(x), Values::new(weight));
    let y = primitive(forward::<D>(&x, &weight, &Values::new(bias), then, &device));
    match LinearThen::<D>.prepare::<NoCheckpointing>([x_node, weight_node, bias_node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => {
            let passed = (then == Then::Relu).then(|| Values::of(y.clone()));
            Tensor::from_primitive::<Tape>(prep.finish(State { x, weight, passed, then, columns, device }, y))
        }
        OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(y)),
    }
}

fn by_tensors<const D: usize>(layer: &Linear, x: Tensor<2>, then: Then) -> Tensor<D> {
    let y = layer.forward(x);
    let y = match then {
        Then::Nothing => y,
        Then::Relu => activation::relu(y),
        Then::Times(factor) => y.mul_scalar(factor),
    };
    let [rows, columns] = y.dims();
    y.reshape(shape::<D>(rows, columns))
}

/// Of (rows, columns), or of (rows) where there is one column.
fn shape<const D: usize>(rows: usize, columns: usize) -> [usize; D] {
    std::array::from_fn(|axis| if axis == 0 { rows } else { columns })
}

/// Of x (B, in), W (in, out) and b (out).
fn forward<const D: usize>(x: &[f32], weight: &[f32], bias: &[f32], then: Then, device: &Device) -> Tensor<D> {
    let found = dispatch(Forward { x, weight, bias, then });
    let shape = shape::<D>(found.len() / bias.len(), bias.len());
    Tensor::from_data(TensorData::new(found, shape), device)
}

struct Forward<'a> {
    x: &'a [f32],
    weight: &'a [f32],
    bias: &'a [f32],
    then: Then,
}

impl WithSimd for Forward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let Self { x, weight, bias, then } = self;
        let rows = x.len() * bias.len() / weight.len();
        let mut y = Vec::with_capacity(rows * bias.len());
        for _ in 0..rows {
            y.extend_from_slice(bias);
        }
        add_product(simd, x, weight, &mut y, bias.len());
        match then {
            Then::Nothing => {}
            Then::Relu => {
                // What is not a number stays that.
                for y in &mut y {
                    *y = if *y < 0.0 { 0.0 } else { *y };
                }
            }
            Then::Times(factor) => {
                for y in &mut y {
                    *y *= factor;
                }
            }
        }
        y
    }
}

/// What the backward pass needs.
#[derive(Clone, Debug)]
struct State {
    x: Values,
    weight: Values,
    /// What a ReLU let through.
    passed: Option<Values>,
    then: Then,
    /// out
    columns: usize,
    device: Device,
}

struct Back<'a> {
    x: &'a [f32],
    weight: &'a [f32],
    passed: Option<&'a [f32]>,
    then: Then,
    /// Of the result, (B, out); that of x · W + b is written there.
    d: Vec<f32>,
    /// out
    columns: usize,
    /// Whether the gradient of x is asked for.
    through: bool,
}

impl WithSimd for Back<'_> {
    /// Of x, W and b.
    type Output = [Vec<f32>; 3];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [Vec<f32>; 3] {
        let Self { x, weight, passed, then, mut d, columns, through } = self;
        if let Some(passed) = passed {
            for k in 0..d.len().min(passed.len()) {
                d[k] = if passed[k] > 0.0 { d[k] } else { 0.0 };
            }
        }
        if let Then::Times(factor) = then {
            for d in &mut d {
                *d *= factor;
            }
        }
        let mut of_x = vec![0.0; if through { x.len() } else { 0 }];
        if through {
            add_product(simd, &d, &transposed(weight, columns), &mut of_x, weight.len() / columns);
        }
        let (mut of_weight, mut of_bias) = (vec![0.0; weight.len()], vec![0.0; columns]);
        add_transposed_product(simd, x, &d, &mut of_weight, columns);
        add_rows(&d, &mut of_bias);
        [of_x, of_weight, of_bias]
    }
}

#[derive(Debug)]
struct LinearThen<const D: usize>;

impl<const D: usize> Backward<Flex, 3> for LinearThen<D> {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let d = values(Tensor::<D>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node)));
        let State { x, weight, passed, then, columns, device } = ops.state;
        let (inputs, through) = (weight.len() / columns, ops.parents[0].is_some());
        let back = Back { x: &x, weight: &weight, passed: passed.as_deref(), then, d, columns, through };
        let [of_x, of_weight, of_bias] = dispatch(back);
        let [x_node, weight_node, bias_node] = ops.parents;
        for (node, width, of) in [(x_node, inputs, of_x), (weight_node, columns, of_weight)] {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, primitive(matrix(of, width, &device)));
            }
        }
        if let Some(node) = bias_node {
            grads.register::<Flex>(node.id, primitive(vector(of_bias, &device)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::init;
    use burn::module::Module;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// The result and the gradients of x, W and b.
    type Found = [Vec<f32>; 4];

    fn found<const D: usize>(form: impl Fn(&Linear, Tensor<2>) -> Tensor<D>, sizes: [usize; 3], turned: bool) -> Found {
        let device = Device::flex().autodiff();
        let [rows, inputs, outputs] = sizes;
        let layer = init::linear(inputs, outputs, &mut ChaCha8Rng::seed_from_u64(3), &device);
        let data: Vec<f32> = (0..rows * inputs).map(|i| (i as f32 * 0.7).sin()).collect();
        // Turned: not one slice in order.
        let given = if turned { [inputs, rows] } else { [rows, inputs] };
        let x = Tensor::<2>::from_data(TensorData::new(data, given), &device).require_grad();
        let y = form(&layer, if turned { x.clone().transpose() } else { x.clone() });
        let gradients = (y.clone() * y.clone().add_scalar(0.3).exp()).sum().backward();
        let bias = layer.bias.as_ref().unwrap().val();
        let of_weight = layer.weight.val().grad(&gradients).unwrap();
        let of = [x.grad(&gradients).unwrap(), of_weight].map(values);
        let [of_x, of_weight] = of;
        [values(y.inner()), of_x, of_weight, values(bias.grad(&gradients).unwrap())]
    }

    fn assert_near(found: Found, expected: Found, of: &str) {
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.len(), expected.len(), "{of}");
            let size = expected.iter().fold(1.0f32, |most, x| most.max(x.abs()));
            let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart < 2e-5 * size, "{of}: {apart} of {size}");
        }
    }

    #[test]
    fn values_and_gradients_are_those_of_burns_layer() {
        for sizes in [[1, 1, 2], [5, 3, 7], [32, 64, 64], [33, 130, 20]] {
            for turned in [false, true] {
                for then in [Then::Nothing, Then::Relu, Then::Times(3.0)] {
                    let own = found::<2>(|layer, x| run(layer, x, then), sizes, turned);
                    let burns = found::<2>(|layer, x| by_tensors(layer, x, then), sizes, turned);
                    assert_near(own, burns, &format!("{sizes:?} {then:?}"));
                }
                let one = [sizes[0], sizes[1], 1];
                let own = found(|layer, x| score(layer, x, 3.0), one, turned);
                let burns = found::<1>(|layer, x| by_tensors(layer, x, Then::Times(3.0)), one, turned);
                assert_near(own, burns, &format!("{one:?}"));
            }
        }
    }

    #[test]
    fn a_relu_lets_some_through_and_not_others() {
        let [y, ..] = found::<2>(linear_relu, [32, 64, 64], false);
        let passed = y.iter().filter(|y| **y > 0.0).count();
        assert!((256..1792).contains(&passed) && y.iter().all(|y| *y >= 0.0), "{passed}");
    }

    #[test]
    fn without_a_tape_it_is_the_same_number_and_an_input_of_the_data_has_no_gradient() {
        let device = Device::flex().autodiff();
        let layer = init::linear(5, 4, &mut ChaCha8Rng::seed_from_u64(3), &device);
        let data = || TensorData::new((0..15).map(|i| (i as f32 * 0.7).sin()).collect::<Vec<_>>(), [3, 5]);
        let taped = linear(&layer, Tensor::from_data(data(), &device));
        let gradients = taped.clone().sum().backward();
        assert_eq!(values(layer.bias.as_ref().unwrap().val().grad(&gradients).unwrap()), [3.0; 4]);
        let plain = linear(&layer.valid(), Tensor::from_data(data(), &Device::flex()));
        assert_eq!(values(taped.inner()), values(plain));
    }
}

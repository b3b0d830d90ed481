//! The contrastive loss (InfoNCE, van den Oord et al. 2018; [the method](crate::book::method), stage 1): as one operation on the
//! CPU, where some sixty small ones a modality took a quarter of a step of short sequences, and as tensor operations
//! elsewhere.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::{Tensor, TensorData, activation};
use pulp::{Simd, WithSimd};

use super::elementwise::exp;
use super::host::{Tape, matrix, on_tape, primitive, values};
use super::product::{Panels, Rows, multiply_add, multiply_add_transposed};
use super::simd::dispatch;
use crate::device::is_cpu;

/// Added to squared lengths, so that a row of zeros has a direction of none.
const SMALL: f32 = 1e-12;

/// Rows of x, (B, d), scaled to length 1; a row of zeros stays as it is.
pub fn unit_rows(x: Tensor<2>) -> Tensor<2> {
    let length = x.clone().square().sum_dim(1).add_scalar(SMALL).sqrt();
    x / length
}

/// The InfoNCE term of one modality, (1): -mean_i log softmax_j(cos(z_i, h_j) / τ)[i] of z and h, (B, d), negatives from the
/// batch.
pub fn contrastive(z: Tensor<2>, h: Tensor<2>, temperature: f32) -> Tensor<1> {
    if !is_cpu(&z.device()) || z.is_autodiff() != h.is_autodiff() {
        return by_tensors(z, h, temperature);
    }
    let (device, [_, width]) = (z.device().inner(), z.dims());
    let scalar = |value: f32| Tensor::<1>::from_data([value], &device);
    if !z.is_autodiff() {
        return scalar(dispatch(Forward { z: values(z), h: values(h), width, temperature }).0);
    }
    let ((z, z_node), (h, h_node)) = (on_tape(z), on_tape(h));
    let (loss, trace) = dispatch(Forward { z: values(z), h: values(h), width, temperature });
    match InfoNce.prepare::<NoCheckpointing>([z_node, h_node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(trace, primitive(scalar(loss)))),
        OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(primitive(scalar(loss)))),
    }
}

fn by_tensors(z: Tensor<2>, h: Tensor<2>, temperature: f32) -> Tensor<1> {
    let [batch, _] = z.dims();
    let device = z.device().inner();
    let similarity = unit_rows(z).matmul(unit_rows(h).transpose()).div_scalar(temperature);
    let eye: Vec<f32> = (0..batch * batch).map(|k| if k / batch == k % batch { 1.0 } else { 0.0 }).collect();
    let eye = Tensor::<2>::from_data(TensorData::new(eye, [batch, batch]), &device);
    (activation::log_softmax(similarity, 1) * eye).sum().div_scalar(-(batch as f32))
}

/// Rows of length 1, and how long they were.
#[derive(Clone, Debug)]
struct Directions {
    /// (B, d)
    unit: Vec<f32>,
    /// (B)
    length: Vec<f32>,
}

impl Directions {
    #[inline(always)]
    fn of(mut x: Vec<f32>, width: usize) -> Self {
        let mut length = vec![0.0f32; x.len() / width.max(1)];
        for row in 0..length.len() {
            let x = &mut x[row * width..(row + 1) * width];
            let long = (dot(x, x) + SMALL).sqrt();
            for value in x.iter_mut() {
                *value /= long;
            }
            length[row] = long;
        }
        Self { unit: x, length }
    }

    /// The gradient of what was scaled, of that of the directions, in its place: what lies along them changes nothing.
    #[inline(always)]
    fn backward(&self, d: &mut [f32], width: usize) {
        for row in 0..self.length.len() {
            let (unit, d) = (&self.unit[row * width..(row + 1) * width], &mut d[row * width..(row + 1) * width]);
            let (along, length) = (dot(unit, d), self.length[row]);
            for k in 0..width {
                d[k] = (d[k] - unit[k] * along) / length;
            }
        }
    }
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sum = 0.0;
    for k in 0..a.len() {
        sum = a[k].mul_add(b[k], sum);
    }
    sum
}

/// What the backward pass needs.
#[derive(Clone, Debug)]
struct Trace {
    z: Directions,
    h: Directions,
    /// softmax of the similarities, (B, B).
    shares: Vec<f32>,
    /// d
    width: usize,
    temperature: f32,
}

struct Forward {
    z: Vec<f32>,
    h: Vec<f32>,
    width: usize,
    temperature: f32,
}

impl WithSimd for Forward {
    type Output = (f32, Trace);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (f32, Trace) {
        let Self { width, temperature, .. } = self;
        let (z, h) = (Directions::of(self.z, width), Directions::of(self.h, width));
        let batch = z.length.len();
        let mut turned = vec![0.0; h.unit.len()];
        for row in 0..batch {
            for k in 0..width {
                turned[k * batch + row] = h.unit[row * width + k];
            }
        }
        let mut shares = vec![0.0; batch * batch];
        multiply_add(simd, Rows { data: &z.unit, width, order: None }, &Panels::new(&turned, batch), &mut shares);
        let mut loss = 0.0f64;
        for row in 0..batch {
            let shares = &mut shares[row * batch..(row + 1) * batch];
            let mut most = f32::NEG_INFINITY;
            for share in shares.iter_mut() {
                *share /= temperature;
                most = most.max(*share);
            }
            let own = shares[row] - most;
            for share in shares.iter_mut() {
                *share = exp(*share - most);
            }
            let mut sum = 0.0;
            for share in shares.iter() {
                sum += share;
            }
            for share in shares.iter_mut() {
                *share /= sum;
            }
            loss += f64::from(sum.ln() - own);
        }
        let loss = (loss / batch as f64) as f32;
        (loss, Trace { z, h, shares, width, temperature })
    }
}

struct Back {
    trace: Trace,
    /// Of the loss.
    gradient: f32,
}

impl WithSimd for Back {
    /// Of z and of h, (B, d) each.
    type Output = [Vec<f32>; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [Vec<f32>; 2] {
        let Trace { z, h, shares: mut d, width, temperature } = self.trace;
        let batch = z.length.len();
        let scale = self.gradient / (batch as f32 * temperature);
        for row in 0..batch {
            d[row * batch + row] -= 1.0;
        }
        for d in d.iter_mut() {
            *d *= scale;
        }
        let d = Rows { data: &d, width: batch, order: None };
        let (mut d_z, mut d_h) = (vec![0.0; z.unit.len()], vec![0.0; h.unit.len()]);
        multiply_add(simd, d, &Panels::new(&h.unit, width), &mut d_z);
        multiply_add_transposed(simd, d, &z.unit, width, &mut d_h);
        z.backward(&mut d_z, width);
        h.backward(&mut d_h, width);
        [d_z, d_h]
    }
}

#[derive(Debug)]
struct InfoNce;

impl Backward<Flex, 2> for InfoNce {
    type State = Trace;

    fn backward(self, ops: Ops<Trace, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = Tensor::<1>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let device = gradient.device();
        let (width, trace) = (ops.state.width, ops.state);
        let found = dispatch(Back { trace, gradient: values(gradient).first().copied().unwrap_or(0.0) });
        for (parent, d) in ops.parents.into_iter().zip(found) {
            if let Some(node) = parent {
                grads.register::<Flex>(node.id, primitive(matrix(d, width, &device)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn contrastive_loss_worked_out_by_hand() {
        let device = Device::flex();
        let z = Tensor::<2>::from_data([[2.0f32, 0.0], [0.0, 0.5]], &device);
        let h = Tensor::<2>::from_data([[1.0f32, 0.0], [1.0, 1.0]], &device);
        // cos: [[1, √½], [0, √½]]; at τ = 0.5 the logits double.
        let half = 0.5f32.sqrt();
        let row = |own: f32, other: f32| -(own / 0.5 - ((own / 0.5).exp() + (other / 0.5).exp()).ln());
        let expected = (row(1.0, half) + row(half, 0.0)) / 2.0;
        for form in [contrastive, by_tensors] {
            let found: f32 = form(z.clone(), h.clone(), 0.5).into_scalar();
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn a_zero_vector_has_a_direction_of_none() {
        let x = unit_rows(Tensor::<2>::zeros([1, 3], &Device::flex()));
        assert_eq!(x.into_data().try_into_vec::<f32>().unwrap(), vec![0.0; 3]);
    }

    /// Of a loss in which the term counts three times: the loss and the gradients of z and h.
    type Found = [Vec<f32>; 3];

    fn run(form: fn(Tensor<2>, Tensor<2>, f32) -> Tensor<1>, batch: usize, width: usize) -> Found {
        let device = Device::flex().autodiff();
        let wave = |phase: f32| {
            let mut data: Vec<f32> = (0..batch * width).map(|i| (i as f32 * 0.7 + phase).sin()).collect();
            // One row without a direction.
            data[..width].fill(if batch > 2 && phase > 1.0 { 0.0 } else { 0.3 });
            Tensor::<2>::from_data(TensorData::new(data, [batch, width]), &device).require_grad()
        };
        let (z, h) = (wave(0.1), wave(1.3));
        let loss = form(z.clone(), h.clone(), 0.1).mul_scalar(3.0);
        let gradients = loss.backward();
        [values(loss.inner()), values(z.grad(&gradients).unwrap()), values(h.grad(&gradients).unwrap())]
    }

    #[test]
    fn the_operation_agrees_with_tensors_in_value_and_gradients() {
        for (batch, width) in [(1, 4), (2, 1), (7, 5), (32, 64), (33, 100)] {
            let (found, expected) = (run(contrastive, batch, width), run(by_tensors, batch, width));
            for (found, expected) in found.iter().zip(&expected) {
                // A row of zeros has gradients of a million.
                let size = expected.iter().fold(1.0f32, |most, x| most.max(x.abs()));
                let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(apart < 2e-5 * size, "{batch} x {width}: {apart} of {size}");
            }
        }
    }

    #[test]
    fn without_a_tape_it_is_the_same_number() {
        let device = Device::flex().autodiff();
        let x = |phase: f32| {
            let data: Vec<f32> = (0..40).map(|i| (i as f32 * 0.7 + phase).sin()).collect();
            Tensor::<2>::from_data(TensorData::new(data, [5, 8]), &device).require_grad()
        };
        let taped = contrastive(x(0.0), x(1.0), 0.2);
        assert_eq!(values(taped.inner()), values(contrastive(x(0.0).inner(), x(1.0).inner(), 0.2)));
    }
}

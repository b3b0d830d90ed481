//! The loss terms of [the method](crate::book::method)'s stages 1 and 3 that are means of differences.

use burn::backend::Flex;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::tensor::Tensor;

use crate::device::is_cpu;
use crate::model::host::{Tape, on_tape, primitive, values, vector};

/// mean|predicted - label|, (1); both (B).
pub fn mean_abs(predicted: Tensor<1>, labels: &[f32]) -> Tensor<1> {
    weighted_abs(predicted, labels.to_vec(), None)
}

/// Mean of w |predicted - label| over the clips that have a label, (1); 0 where none has. `labels`: (B), NaN where there is
/// none; `weights`: w, (B), `None` where all are 1.
pub fn mean_abs_known(predicted: Tensor<1>, labels: &[f32], weights: Option<&[f32]>) -> Tensor<1> {
    let count = labels.iter().filter(|y| y.is_finite()).count();
    if count == labels.len() && weights.is_none() {
        return mean_abs(predicted, labels);
    }
    let weight = |row: usize| weights.and_then(|weights| weights.get(row)).copied().unwrap_or(1.0);
    let (known, weights): (Vec<f32>, Vec<f32>) = labels
        .iter()
        .enumerate()
        .map(|(row, y)| if y.is_finite() { (*y, weight(row) / count as f32) } else { (0.0, 0.0) })
        .unzip();
    weighted_abs(predicted, known, Some(weights))
}

/// Σ w |predicted - label|, (1), of three (B), w = 1/B where there are no weights: one operation of the tape on the CPU, as a
/// step has one a modality.
fn weighted_abs(predicted: Tensor<1>, labels: Vec<f32>, weights: Option<Vec<f32>>) -> Tensor<1> {
    let device = predicted.device().inner();
    if !(is_cpu(&device) && predicted.is_autodiff()) {
        let apart = (predicted - vector(labels, &device)).abs();
        return match weights {
            Some(weights) => (apart * vector(weights, &device)).sum(),
            None => apart.mean(),
        };
    }
    let weights = weights.unwrap_or_else(|| vec![(labels.len() as f32).recip(); labels.len()]);
    let (predicted, node) = on_tape(predicted);
    let mut sum = 0.0f64;
    let slope = |((found, label), weight): ((f32, f32), f32)| {
        let apart = found - label;
        sum += f64::from(apart.abs() * weight);
        // Of two that are equal it is 0, of what is not a number neither.
        if apart > 0.0 {
            weight
        } else if apart < 0.0 {
            -weight
        } else {
            apart * weight
        }
    };
    let slopes: Vec<f32> = values(predicted).into_iter().zip(labels).zip(weights).map(slope).collect();
    let sum = primitive(vector(vec![sum as f32], &device));
    match WeightedAbs.prepare::<NoCheckpointing>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(slopes, sum)),
        OpsKind::UnTracked(prep) => Tensor::from_primitive::<Tape>(prep.finish(sum)),
    }
}

#[derive(Debug)]
struct WeightedAbs;

impl Backward<Flex, 1> for WeightedAbs {
    /// The derivatives, (B).
    type State = Vec<f32>;

    fn backward(self, ops: Ops<Vec<f32>, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = Tensor::<1>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let device = gradient.device();
        let [parent] = ops.parents;
        if let Some(node) = parent {
            let factor = values(gradient).first().copied().unwrap_or(0.0);
            let slopes = ops.state.into_iter().map(|slope| factor * slope).collect();
            grads.register::<Flex>(node.id, primitive(vector(slopes, &device)));
        }
    }
}

/// mean|predicted - label| of values on the host over the clips that have a label; `None` where none has. A prediction that
/// is not finite stays so.
pub fn mean_abs_of_known(predicted: &[f32], labels: &[f32]) -> Option<f32> {
    let known = || predicted.iter().zip(labels).filter(|(_, y)| y.is_finite());
    let sum: f64 = known().map(|(p, y)| f64::from((p - y).abs())).sum();
    let count = known().count();
    (count > 0).then(|| (sum / count as f64) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    /// 2 · Σ w |predicted - label| and its gradient.
    fn found(form: fn(Tensor<1>, Vec<f32>, Option<Vec<f32>>) -> Tensor<1>, predicted: [f32; 4]) -> [Vec<f32>; 2] {
        let predicted = Tensor::<1>::from_data(predicted, &Device::flex().autodiff()).require_grad();
        let loss = form(predicted.clone(), vec![1.0, 1.0, -0.5, 2.0], Some(vec![0.25, 0.5, 1.0, 0.0])).mul_scalar(2.0);
        let gradients = loss.backward();
        [values(loss.inner()), values(predicted.grad(&gradients).unwrap())]
    }

    #[test]
    fn the_operation_is_that_of_tensors() {
        let tensors = |predicted: Tensor<1>, labels: Vec<f32>, weights: Option<Vec<f32>>| {
            let device = predicted.device().inner();
            ((predicted - vector(labels, &device)).abs() * vector(weights.unwrap(), &device)).sum()
        };
        let predicted = [3.0, 1.0, -2.0, 0.5];
        assert_eq!(found(weighted_abs, predicted), found(tensors, predicted));
        assert_eq!(found(weighted_abs, predicted), [vec![4.0], vec![0.5, 0.0, -2.0, 0.0]]);
        let mean = |predicted, labels, _| weighted_abs(predicted, labels, None);
        let by_tensors = |predicted: Tensor<1>, labels, _| {
            let device = predicted.device().inner();
            (predicted - vector(labels, &device)).abs().mean()
        };
        assert_eq!(found(mean, predicted), found(by_tensors, predicted));
        assert!(found(weighted_abs, [f32::NAN, 1.0, 1.0, 1.0]).iter().all(|found| found[0].is_nan()));
    }

    #[test]
    fn clips_without_a_label_count_nothing() {
        let device = Device::flex();
        let predicted = || Tensor::<1>::from_data([3.0, 1.0, -2.0], &device);
        let mean = |labels: &[f32], weights| mean_abs_known(predicted(), labels, weights).into_scalar::<f32>();
        assert_eq!(mean(&[1.0, f32::NAN, 0.0], None), 2.0);
        assert_eq!(mean(&[1.0, f32::NAN, 0.0], Some(&[0.5, 9.0, 2.0])), 2.5);
        assert_eq!(mean(&[f32::NAN; 3], None), 0.0);
        assert!((mean_abs(predicted(), &[1.0, 0.5, 0.0]).into_scalar::<f32>() - 1.5).abs() < 1e-6);
    }
}

//! The loss terms of [the method](crate::book::method)'s stages 1 and 3 that are means of differences.

use burn::tensor::{Tensor, TensorData};

/// mean|a - b|, (1), of two (B).
pub fn mean_abs(a: Tensor<1>, b: Tensor<1>) -> Tensor<1> {
    (a - b).abs().mean()
}

/// Σ w |a - b|, (1), of three (B).
fn weighted_abs(a: Tensor<1>, b: Tensor<1>, weights: Tensor<1>) -> Tensor<1> {
    ((a - b).abs() * weights).sum()
}

/// Mean of w |predicted - label| over the clips that have a label, (1); 0 where none has. `labels`: (B), NaN where there is
/// none; `weights`: w, (B), `None` where all are 1.
pub fn mean_abs_known(predicted: Tensor<1>, labels: &[f32], weights: Option<&[f32]>) -> Tensor<1> {
    let device = predicted.device().inner();
    let tensor = |values: Vec<f32>| Tensor::<1>::from_data(TensorData::new(values, [labels.len()]), &device);
    let count = labels.iter().filter(|y| y.is_finite()).count();
    if count == labels.len() && weights.is_none() {
        return mean_abs(predicted, tensor(labels.to_vec()));
    }
    let weight = |row: usize| weights.and_then(|weights| weights.get(row)).copied().unwrap_or(1.0);
    let (known, weights): (Vec<f32>, Vec<f32>) = labels
        .iter()
        .enumerate()
        .map(|(row, y)| if y.is_finite() { (*y, weight(row) / count as f32) } else { (0.0, 0.0) })
        .unzip();
    weighted_abs(predicted, tensor(known), tensor(weights))
}

/// mean|predicted - label| of values on the host over the clips that have a label; `None` where none has. A prediction that
/// is not finite stays so.
pub fn mean_abs_of_known(predicted: &[f32], labels: &[f32]) -> Option<f32> {
    let known = || predicted.iter().zip(labels).filter(|(_, y)| y.is_finite());
    let sum: f64 = known().map(|(p, y)| f64::from((p - y).abs())).sum();
    let count = known().count();
    (count > 0).then(|| (sum / count as f64) as f32)
}

//! The loss terms of [the method](crate::book::method)'s stages 1 and 3.

use burn::tensor::{Tensor, TensorData, activation};

use crate::model::network::unit_rows;

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

/// The InfoNCE term of one modality, (1): -mean_i log softmax_j(cos(z_i, h_j) / τ)[i], negatives from the batch.
pub fn contrastive(z: Tensor<2>, h: Tensor<2>, temperature: f32) -> Tensor<1> {
    let [batch, _] = z.dims();
    let device = z.device().inner();
    let similarity = unit_rows(z).matmul(unit_rows(h).transpose()).div_scalar(temperature);
    let eye: Vec<f32> = (0..batch * batch).map(|k| if k / batch == k % batch { 1.0 } else { 0.0 }).collect();
    let eye = Tensor::<2>::from_data(TensorData::new(eye, [batch, batch]), &device);
    (activation::log_softmax(similarity, 1) * eye).sum().div_scalar(-(batch as f32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn contrastive_loss_worked_out_by_hand() {
        let device = Device::flex();
        let z = Tensor::<2>::from_data([[2.0f32, 0.0], [0.0, 0.5]], &device);
        let h = Tensor::<2>::from_data([[1.0f32, 0.0], [1.0, 1.0]], &device);
        // cos: [[1, √½], [0, √½]]; at τ = 0.5 the logits double.
        let half = 0.5f32.sqrt();
        let row = |own: f32, other: f32| -(own / 0.5 - ((own / 0.5).exp() + (other / 0.5).exp()).ln());
        let expected = (row(1.0, half) + row(half, 0.0)) / 2.0;
        let found: f32 = contrastive(z, h, 0.5).into_scalar();
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }

    #[test]
    fn a_zero_vector_has_a_direction_of_none() {
        let x = unit_rows(Tensor::<2>::zeros([1, 3], &Device::flex()));
        assert_eq!(x.into_data().try_into_vec::<f32>().unwrap(), vec![0.0; 3]);
    }
}

//! How well z_m and h_m are aligned ([the method](crate::book::method), stage 1).

use burn::tensor::Tensor;

use super::error::TrainingError;
use super::inference::Inference;
use super::presence::pair_with;
use super::readback::values;
use crate::modality::PerModality;
use crate::model::contrast::{contrastive, unit_rows};

/// The measures of one modality on one split.
#[derive(Clone, Copy, Debug)]
pub struct Alignment {
    /// L_cl of this modality, mean over the batches.
    pub contrastive: f32,
    /// In-batch retrieval accuracy of z_m → h_m, in [0, 1].
    pub retrieval: f32,
    /// Mean cosine of the positives, in [-1, 1].
    pub positive_cosine: f32,
    /// Distance between the means of z_m and h_m as directions (rows scaled to length 1), in [0, 2].
    pub mean_distance: f32,
}

/// [`measure`] of each modality, over the clips that have it; `None` where none has.
///
/// # Errors
/// A device that failed.
pub fn measure_all(
    found: &Inference,
    temperature: f32,
    batch: usize,
) -> Result<PerModality<Option<Alignment>>, TrainingError> {
    PerModality::try_from_fn(|m| {
        let pair = found.projected[m].as_ref().zip(found.representations[m].as_ref());
        let pair = pair.and_then(|pair| pair_with(pair, &found.has[m]));
        pair.map(|(z, h)| measure(&z, &h, temperature, batch)).transpose()
    })
}

/// Measures z, (N, d), against h, (N, d), with negatives from batches of `batch` rows in row order.
///
/// # Errors
/// A device that failed.
fn measure(z: &Tensor<2>, h: &Tensor<2>, temperature: f32, batch: usize) -> Result<Alignment, TrainingError> {
    let [count, _] = z.dims();
    let (mut loss, mut hits, mut cosine) = (0.0f64, 0usize, 0.0f64);
    for start in (0..count).step_by(batch) {
        let rows = batch.min(count - start);
        let cut = |x: &Tensor<2>| x.clone().narrow(0, start, rows);
        let (z, h) = (cut(z), cut(h));
        loss += rows as f64 * f64::from(values(contrastive(z.clone(), h.clone(), temperature))?[0]);
        let similarity = values(unit_rows(z).matmul(unit_rows(h).transpose()))?;
        for (i, line) in similarity.chunks_exact(rows).enumerate() {
            cosine += f64::from(line[i]);
            // Ties count as misses: a collapsed representation retrieves nothing.
            hits += usize::from(line.iter().enumerate().all(|(j, &s)| j == i || s < line[i]));
        }
    }
    let apart = unit_rows(z.clone()).mean_dim(0) - unit_rows(h.clone()).mean_dim(0);
    let mean_distance = values(apart.square().sum().sqrt())?[0];
    let n = count as f64;
    Ok(Alignment {
        contrastive: (loss / n) as f32,
        retrieval: (hits as f64 / n) as f32,
        positive_cosine: (cosine / n) as f32,
        mean_distance,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn aligned_swapped_and_collapsed() {
        let device = Device::flex();
        let h = Tensor::<2>::from_data([[1.0f32, 0.0], [0.0, 1.0]], &device);
        let same = measure(&h.clone().mul_scalar(3.0), &h, 0.1, 32).unwrap();
        assert_eq!((same.retrieval, same.positive_cosine, same.mean_distance), (1.0, 1.0, 0.0));
        assert!(same.contrastive < 1e-3);
        let swapped = measure(&h.clone().flip([0]), &h, 0.1, 32).unwrap();
        assert_eq!((swapped.retrieval, swapped.positive_cosine), (0.0, 0.0));
        let collapsed = measure(&Tensor::ones([2, 2], &device), &Tensor::ones([2, 2], &device), 0.1, 32).unwrap();
        assert_eq!(collapsed.retrieval, 0.0);
        assert!((collapsed.contrastive - 2.0f32.ln()).abs() < 1e-5);
    }
}

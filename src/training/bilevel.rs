//! Stage 2's objective: L_uni(φ) + λ L_mul(φ'(φ)) with the exact gradient through the virtual step (METHOD.md,
//! denoising).

use burn::tensor::{Tensor, TensorData};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::config::{Corruption, DenoisingSettings, Objective};
use crate::modality::{Modality, PerModality};
use crate::model::corrector::{Corrector, Weights, join, loss, loss_and_gradient};

/// The terms of the objective, (1) each, in label units.
pub struct Terms {
    /// What the real step minimises.
    pub objective: Tensor<1>,
    /// L_uni(φ)
    pub unimodal: Tensor<1>,
    /// L_mul(φ'(φ))
    pub multimodal: Tensor<1>,
}

/// One batch for the corrector; representations (B, d) and labels (B), all on the corrector's device.
pub struct CorrectorBatch {
    /// h_m
    pub unimodal: PerModality<Tensor<2>>,
    /// z_m
    pub projected: PerModality<Tensor<2>>,
    /// y
    pub labels: Tensor<1>,
    /// ỹ
    pub corrupted: Tensor<1>,
    /// ỹ', independent of ỹ
    pub corrupted_again: Tensor<1>,
}

/// The objective on a batch. One backward pass from `objective` gives its gradient in the corrector's parameters.
pub fn objective(corrector: &Corrector, batch: &CorrectorBatch, settings: &DenoisingSettings) -> Terms {
    let range = corrector.label_range();
    let mut sums: Option<(Tensor<1>, Tensor<1>)> = None;
    for (weights, modalities) in corrector.parts() {
        // L_uni and L_mul are means over the three modalities; a part that serves one of them has a third of it.
        let share = modalities.len() as f32 / Modality::ALL.len() as f32;
        let target = repeat(&batch.labels, modalities.len());
        let input = stack(&batch.unimodal, &batch.corrupted, &modalities, range);
        let (unimodal, gradient) = loss_and_gradient(&weights, input, &target, range);
        let virtual_weights = virtual_step(&weights, gradient, share * settings.virtual_step, settings.objective);
        let input = stack(&batch.projected, &batch.corrupted_again, &modalities, range);
        let multimodal = loss(&virtual_weights, input, &target, range);
        let (unimodal, multimodal) = (unimodal.mul_scalar(share), multimodal.mul_scalar(share));
        sums = Some(match sums {
            None => (unimodal, multimodal),
            Some((u, m)) => (u + unimodal, m + multimodal),
        });
    }
    let Some((unimodal, multimodal)) = sums else { unreachable!("a corrector has at least one part") };
    let objective = match settings.objective {
        Objective::UnimodalOnly => unimodal.clone(),
        Objective::MultimodalOnly => multimodal.clone(),
        Objective::Bilevel | Objective::FirstOrder => {
            unimodal.clone() + multimodal.clone().mul_scalar(settings.outer_weight)
        }
    };
    Terms { objective, unimodal, multimodal }
}

/// φ' = φ - α∇L_uni(φ); first order treats the gradient as a constant.
fn virtual_step(weights: &Weights, gradient: Weights, alpha: f32, objective: Objective) -> Weights {
    let gradient = if objective == Objective::FirstOrder { gradient.detach() } else { gradient };
    weights.step(&gradient, alpha)
}

/// [x_m ; ỹ/H] of the modalities that one corrector serves, below each other.
fn stack(x: &PerModality<Tensor<2>>, labels: &Tensor<1>, modalities: &[Modality], range: f32) -> Tensor<2> {
    let parts: Vec<Tensor<2>> = modalities.iter().map(|&m| join(x[m].clone(), labels.clone(), range)).collect();
    Tensor::cat(parts, 0)
}

fn repeat(labels: &Tensor<1>, times: usize) -> Tensor<1> {
    Tensor::cat(vec![labels.clone(); times], 0)
}

/// ỹ: y corrupted and clipped to [-H, H].
pub fn corrupt(labels: &[f32], corruption: Corruption, range: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut corrupted: Vec<f32> = match corruption {
        Corruption::Gaussian(sigma) => {
            labels.iter().map(|y| y + sigma * range * rng.sample::<f32, _>(StandardNormal)).collect()
        }
        Corruption::Uniform(p) => labels
            .iter()
            .map(|&y| if rng.random::<f32>() < p { rng.random_range(-range..=range) } else { y })
            .collect(),
        Corruption::Permute(p) => {
            let mut others = labels.to_vec();
            others.shuffle(rng);
            labels.iter().zip(others).map(|(&y, other)| if rng.random::<f32>() < p { other } else { y }).collect()
        }
    };
    for y in &mut corrupted {
        *y = y.clamp(-range, range);
    }
    corrupted
}

/// Labels as a tensor, (B).
pub fn label_tensor(labels: &[f32], device: &burn::tensor::Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(labels.to_vec(), [labels.len()]), device)
}

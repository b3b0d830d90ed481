//! Stage 2: the corrector learns to restore corrupted labels ([the method](crate::book::method), stage 2).
//!
//! Encoders, fusion and CPM are frozen, so h_m and z_m of every row are computed once, when the stage begins.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::bilevel::{CorrectorBatch, corrupt, label_tensor, objective};
use super::context::{Context, Evaluation, StageTrainer};
use super::error::TrainingError;
use super::events::LabelValues;
use super::feed::Feed;
use super::inference::Inference;
use super::optimizer::adamw;
use super::randomness::{Purpose, generator};
use super::readback::Pending;
use super::readback::values;
use super::records::{Trained, Trainee};
use crate::modality::PerModality;
use crate::model::corrector::Corrector;
use crate::split::{PerSplit, Split};

/// h_m and z_m, (N, d) each, of all rows of a split.
struct Representations {
    unimodal: PerModality<Tensor<2>>,
    projected: PerModality<Tensor<2>>,
}

/// Trains the corrector on L_uni + λ L_mul.
pub struct Denoising {
    context: Arc<Context>,
    corrector: Trainee<Corrector>,
    representations: PerSplit<Option<Representations>>,
}

impl Denoising {
    /// `found`: what stage 1's network says of every split.
    pub fn new(context: Arc<Context>, found: &PerSplit<Option<Inference>>) -> Self {
        let representations = PerSplit::from_fn(|split| {
            found[split]
                .as_ref()
                .map(|f| Representations { unimodal: f.representations.clone(), projected: f.projected.clone() })
        });
        let settings = &context.settings;
        let optimizer = adamw(settings.denoising.weight_decay, settings.training.gradient_clip);
        Self { corrector: Trainee::new(context.new_corrector(), optimizer), representations, context }
    }

    /// The rows' part of a split's representations, with their labels corrupted twice.
    fn batch(&self, split: Split, rows: Option<&[usize]>, rng: &mut ChaCha8Rng) -> Option<CorrectorBatch> {
        let Context { settings, dataset, .. } = &*self.context;
        let device = self.context.plain_device();
        let representations = self.representations[split].as_ref()?;
        let all = dataset.labels(split);
        let labels: Vec<f32> = rows.map_or_else(|| all.to_vec(), |rows| rows.iter().map(|&r| all[r]).collect());
        let index = rows.map(|rows| {
            let rows: Vec<i64> = rows.iter().map(|&r| r as i64).collect();
            let n = rows.len();
            Tensor::<1, Int>::from_data(TensorData::new(rows, [n]), &device)
        });
        let take = |x: &PerModality<Tensor<2>>| {
            x.map(|_, t| match &index {
                Some(index) => t.clone().select(0, index.clone()),
                None => t.clone(),
            })
        };
        let mut noisy = || corrupt(&labels, &settings.denoising.corruption, dataset.label_range, rng);
        let (corrupted, corrupted_again) = (noisy(), noisy());
        Some(CorrectorBatch {
            unimodal: take(&representations.unimodal),
            projected: take(&representations.projected),
            labels: label_tensor(&labels, &device),
            corrupted: label_tensor(&corrupted, &device),
            corrupted_again: label_tensor(&corrupted_again, &device),
        })
    }
}

impl StageTrainer for Denoising {
    fn step(&mut self, rows: &[usize], _: &mut Feed, mut rng: ChaCha8Rng, done: f64) -> Result<Pending, TrainingError> {
        let Some(batch) = self.batch(Split::Train, Some(rows), &mut rng) else {
            return Err(TrainingError::TooFewSamples { found: 0 });
        };
        let settings = &self.context.settings.denoising;
        let terms = objective(&self.corrector.module, &batch, settings);
        let rate = settings.learning_rate * if settings.decay { 1.0 - done } else { 1.0 };
        self.corrector.step(&terms.objective, rate);
        let losses = vec![terms.objective, terms.unimodal, terms.multimodal];
        Ok(Pending::new(&["loss", "unimodal", "multimodal"], losses))
    }

    fn evaluate(&mut self) -> Result<Evaluation, TrainingError> {
        let settings = &self.context.settings;
        let mut rng = generator(settings.training.seed, Purpose::Validation);
        let valid = match self.batch(Split::Valid, None, &mut rng) {
            None => Default::default(),
            Some(batch) => {
                let terms = objective(&self.corrector.module.valid(), &batch, &settings.denoising);
                let names = ["loss", "unimodal", "multimodal"];
                let losses = [terms.objective, terms.unimodal, terms.multimodal];
                let found = values(Tensor::cat(losses.to_vec(), 0))?;
                super::scalars(names.into_iter().zip(found))
            }
        };
        Ok(Evaluation { valid, metrics: Default::default(), score: None })
    }

    fn labels(&mut self) -> Result<Option<LabelValues>, TrainingError> {
        corrected_labels(&self.context, &self.corrector.module, |split| {
            self.representations[split].as_ref().map(|r| r.unimodal.clone())
        })
        .map(Some)
    }

    fn trained(&self) -> &dyn Trained {
        &self.corrector
    }

    fn trained_mut(&mut self) -> &mut dyn Trained {
        &mut self.corrector
    }
}

/// y_m = clip(g(h_m, y), -H, H) of every row, in the order train, valid, test.
///
/// # Errors
/// A device that failed.
pub fn corrected_labels(
    context: &Context,
    corrector: &Corrector,
    representations: impl Fn(Split) -> Option<PerModality<Tensor<2>>>,
) -> Result<LabelValues, TrainingError> {
    let corrector = corrector.valid();
    let mut corrected = PerModality::<Vec<f32>>::default();
    for split in Split::ALL {
        if let Some(h) = representations(split) {
            let labels = label_tensor(context.dataset.labels(split), &context.plain_device());
            for (m, y) in corrector.correct(&h, &labels).iter() {
                corrected[m].extend(values(y.clone())?);
            }
        }
    }
    Ok(LabelValues { corrected })
}

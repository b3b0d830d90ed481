//! Stage 1: contrastive alignment beside the task losses ([the method](crate::book::method), stage 1).

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::alignment;
use super::bilevel::label_tensor;
use super::context::{Context, Evaluation, StageTrainer};
use super::error::TrainingError;
use super::events::{EmbeddingValues, Scalars};
use super::feed::Feed;
use super::inference::{infer, sample};
use super::losses::{contrastive, mean_abs};
use super::metrics;
use super::optimizer::{Clipping, adamw};
use super::readback::Pending;
use super::records::{Trained, Trainee};
use super::scalars::scalars;
use crate::modality::{Modality, PerModality};
use crate::model::dropout::Dropout;
use crate::model::network::Network;
use crate::split::Split;

/// Trains the network on L_1.
pub struct Contrastive {
    context: Arc<Context>,
    network: Trainee<Network>,
}

impl Contrastive {
    pub fn new(context: Arc<Context>) -> Self {
        let settings = &context.settings;
        let optimizer = adamw(settings.contrastive.weight_decay, settings.training.gradient_clip, Clipping::Tensors);
        Self { network: Trainee::new(context.new_network(), optimizer), context }
    }
}

impl StageTrainer for Contrastive {
    fn step(&mut self, _: &[usize], feed: &mut Feed, rng: ChaCha8Rng, _done: f64) -> Result<Pending, TrainingError> {
        let Context { settings, device, .. } = &*self.context;
        let batch = feed.batch()?;
        let labels = label_tensor(&batch.labels, &device.clone().inner());
        let output = self.network.module.forward(&batch, &mut Dropout::training(settings.model.dropout, rng));
        let projected = self.network.module.project(&output.fused);
        let s = &settings.contrastive;
        let task = mean_abs(output.multimodal, labels.clone());
        let [text, audio, vision] = Modality::ALL.map(|m| mean_abs(output.unimodal[m].clone(), labels.clone()));
        let unimodal = text + audio + vision;
        let [text, audio, vision] =
            Modality::ALL.map(|m| contrastive(projected[m].clone(), output.representations[m].clone(), s.temperature));
        let aligned = (text + audio + vision).div_scalar(3.0);
        let loss = task.clone()
            + unimodal.clone().mul_scalar(s.unimodal_weight)
            + aligned.clone().mul_scalar(s.contrastive_weight);
        self.network.step(&loss, s.learning_rate);
        Ok(Pending::new(&["loss", "task", "unimodal", "contrastive"], vec![loss, task, unimodal, aligned]))
    }

    fn evaluate(&mut self) -> Result<Evaluation, TrainingError> {
        let Context { settings, dataset, .. } = &*self.context;
        let s = &settings.contrastive;
        let Some(found) = infer(&self.context, &self.network.module, Split::Valid)? else {
            return Ok(Evaluation { valid: Scalars::new(), metrics: Default::default(), score: None });
        };
        let labels = dataset.labels(Split::Valid);
        let metrics = metrics::evaluate(dataset.metrics, &found.multimodal, labels);
        let task = mean_abs_of(&found.multimodal, labels);
        let unimodal: f32 = Modality::ALL.iter().map(|&m| mean_abs_of(&found.unimodal[m], labels)).sum();
        let gaps = PerModality::try_from_fn(|m| {
            alignment::measure(
                &found.projected[m],
                &found.representations[m],
                s.temperature,
                settings.training.batch_size,
            )
        })?;
        let aligned = Modality::ALL.iter().map(|&m| gaps[m].contrastive).sum::<f32>() / 3.0;
        let tasks = task + s.unimodal_weight * unimodal;
        let mut valid = scalars([
            ("loss", tasks + s.contrastive_weight * aligned),
            ("task", task),
            ("unimodal", unimodal),
            ("contrastive", aligned),
        ]);
        for (m, gap) in gaps.iter() {
            let named = [
                ("contrastive", gap.contrastive),
                ("retrieval", gap.retrieval),
                ("positive_cosine", gap.positive_cosine),
                ("gap", gap.mean_distance),
            ];
            valid.extend(scalars(named).into_iter().map(|(k, v)| (format!("{k}_{m}"), v)));
        }
        Ok(Evaluation { valid, metrics, score: Some(tasks) })
    }

    fn embedding(&self, stride: usize) -> Result<Option<EmbeddingValues>, TrainingError> {
        sample(&self.context, &self.network.module, stride).map(Some)
    }

    fn trained(&self) -> &dyn Trained {
        &self.network
    }

    fn trained_mut(&mut self) -> &mut dyn Trained {
        &mut self.network
    }
}

/// mean|a - b| of values on the host.
pub(super) fn mean_abs_of(a: &[f32], b: &[f32]) -> f32 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs())).sum();
    (sum / a.len() as f64) as f32
}

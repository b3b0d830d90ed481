//! Stage 1: contrastive alignment beside the task losses ([the method](crate::book::method), stage 1).

use std::sync::Arc;

use burn::tensor::Tensor;
use rand_chacha::ChaCha8Rng;

use super::alignment;
use super::bilevel::label_tensor;
use super::context::{Context, Evaluation, StageTrainer};
use super::error::TrainingError;
use super::events::{EmbeddingValues, Metrics, Scalars};
use super::feed::Feed;
use super::inference::{infer, sample};
use super::losses::{contrastive, mean_abs};
use super::metrics;
use super::optimizer::{Clipping, adamw};
use super::randomness::of_member;
use super::readback::Pending;
use super::records::{Trained, Trainee};
use super::scalars::scalars;
use crate::dataset::Batch;
use crate::modality::{Modality, PerModality};
use crate::model::dropout::Dropout;
use crate::model::network::{Network, Networks};
use crate::split::Split;

/// Trains the members' networks on L_1, side by side: each as it would be alone but for the order of the clips, which is the
/// same for all.
pub struct Contrastive {
    context: Arc<Context>,
    networks: Trainee<Networks>,
}

impl Contrastive {
    pub fn new(context: Arc<Context>) -> Self {
        let settings = &context.settings;
        let optimizer = adamw(settings.contrastive.weight_decay, settings.training.gradient_clip, Clipping::Tensors);
        Self { networks: Trainee::new(context.new_networks(), optimizer), context }
    }

    /// L_1 of one network on a batch and its terms, named as in [`LOSSES`].
    fn losses(&self, network: &Network, batch: &Batch, rng: ChaCha8Rng) -> [Tensor<1>; 4] {
        let Context { settings, device, .. } = &*self.context;
        let labels = label_tensor(&batch.labels, &device.clone().inner());
        let output = network.forward(batch, &mut Dropout::training(settings.model.dropout, rng));
        let projected = network.project(&output);
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
        [loss, task, unimodal, aligned]
    }

    /// What one network says of the validation split, measured; the task losses come with it. `None` without such rows.
    fn validate(&self, network: &Network) -> Result<Option<(Scalars, Metrics, f32)>, TrainingError> {
        let Context { settings, dataset, .. } = &*self.context;
        let s = &settings.contrastive;
        let Some(found) = infer(&self.context, network, Split::Valid)? else {
            return Ok(None);
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
        Ok(Some((valid, metrics, tasks)))
    }
}

/// The losses of a step.
const LOSSES: &[&str] = &["loss", "task", "unimodal", "contrastive"];

impl StageTrainer for Contrastive {
    fn step(&mut self, _: &[usize], feed: &mut Feed, rng: ChaCha8Rng, _done: f64) -> Result<Pending, TrainingError> {
        let batch = feed.batch()?;
        let all = &self.networks.module.all;
        let of_each =
            all.iter().enumerate().map(|(n, network)| self.losses(network, &batch, of_member(rng.clone(), n)));
        // The sum: each network has the gradient that it would have alone.
        let sums = of_each.reduce(|a, b| {
            let mut b = b.into_iter();
            a.map(|a| b.next().map_or_else(|| a.clone(), |b| a.clone() + b))
        });
        let Some(sums) = sums else {
            return Err(TrainingError::TooFewSamples { found: 0 });
        };
        let count = all.len() as f32;
        self.networks.step(&sums[0], self.context.settings.contrastive.learning_rate);
        Ok(Pending::new(LOSSES, sums.map(|sum| sum.div_scalar(count)).to_vec()))
    }

    /// Scalars and metrics are those of the network that predicts; the score is the mean over the networks.
    fn evaluate(&mut self) -> Result<Evaluation, TrainingError> {
        let mut scores = Vec::new();
        let mut first = None;
        for network in &self.networks.module.all {
            let Some((valid, metrics, score)) = self.validate(network)? else {
                break;
            };
            scores.push(score);
            first = first.or(Some((valid, metrics)));
        }
        let (valid, metrics) = first.unwrap_or_default();
        let score = (!scores.is_empty()).then(|| scores.iter().sum::<f32>() / scores.len() as f32);
        Ok(Evaluation { valid, metrics, score })
    }

    fn embedding(&self, stride: usize) -> Result<Option<EmbeddingValues>, TrainingError> {
        let Some(network) = self.networks.module.all.first() else {
            return Ok(None);
        };
        sample(&self.context, network, stride).map(Some)
    }

    fn trained(&self) -> &dyn Trained {
        &self.networks
    }

    fn trained_mut(&mut self) -> &mut dyn Trained {
        &mut self.networks
    }
}

/// mean|a - b| of values on the host.
pub(super) fn mean_abs_of(a: &[f32], b: &[f32]) -> f32 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs())).sum();
    (sum / a.len() as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Members, Settings};
    use crate::device::{DeviceRequest, choose};
    use crate::training::events::Stage;
    use crate::training::randomness::{Purpose, generator};
    use crate::training::readback::values;
    use crate::training::speed::SHAPES;

    /// h of text by each network after some steps, and the score.
    fn trained(networks: usize) -> (Vec<Vec<f32>>, f32) {
        let mut settings = Settings::default();
        (settings.model.hidden, settings.model.representation, settings.model.fused) = (4, 6, 5);
        settings.training.gradient_clip = 0.05;
        settings.denoising.members = Members { networks, correctors: 1 };
        let data = Arc::new(SHAPES[3].random(24, 1).unwrap());
        let context = Context::new(settings, data.clone(), &choose(DeviceRequest::Cpu).unwrap().device).unwrap();
        let context = Arc::new(context);
        let mut trainer = Contrastive::new(context.clone());
        let rows: Vec<usize> = (0..24).collect();
        let mut feed = Feed::new(data, &rows, 8);
        let mut step = 0;
        while let Some(rows) = feed.rows() {
            trainer.step(&rows, &mut feed, generator(1, Purpose::Step(Stage::Contrastive, step)), 0.0).unwrap();
            step += 1;
        }
        assert_eq!(step, 3);
        let score = trainer.evaluate().unwrap().score.unwrap();
        let of = |network| infer(&context, network, Split::Train).unwrap().unwrap().representations.text;
        (trainer.networks.module.all.iter().map(|n| values(of(n)).unwrap()).collect(), score)
    }

    #[test]
    fn the_first_network_is_what_it_would_be_alone_and_no_two_are_the_same() {
        let ((alone, score), (several, mean)) = (trained(1), trained(3));
        assert_eq!((alone.len(), several.len()), (1, 3));
        let apart = |other: &[f32]| other.iter().zip(&alone[0]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart(&several[0]) < 1e-5, "{}", apart(&several[0]));
        assert!(apart(&several[1]) > 1e-2 && apart(&several[2]) > 1e-2 && several[1] != several[2]);
        assert!(mean.is_finite() && (mean - score).abs() > 1e-6);
    }
}

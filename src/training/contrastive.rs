//! Stage 1: contrastive alignment beside the task losses ([the method](crate::book::method), stage 1).

use std::sync::Arc;

use burn::tensor::Tensor;
use rand_chacha::ChaCha8Rng;

use super::alignment;
use super::context::{Context, Evaluation, StageTrainer};
use super::error::TrainingError;
use super::events::{EmbeddingValues, Metrics, PartSize, Scalars};
use super::feed::Feed;
use super::fine_tuning::{optimizer, rates, step_in_parts};
use super::inference::{infer, sample};
use super::losses::{mean_abs, mean_abs_known, mean_abs_of_known};
use super::metrics;
use super::presence::pair_with;
use super::randomness::{of_member, of_part};
use super::readback::Pending;
use super::records::{Trained, Trainee};
use super::scalars::scalars;
use super::sizes::of_networks;
use crate::dataset::Batch;
use crate::modality::{Modality, PerModality};
use crate::model::contrast::contrastive;
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
        let networks = context.new_networks();
        let optimizer = optimizer(&networks, settings, settings.contrastive.weight_decay);
        Self { networks: Trainee::new(networks, optimizer, "network").without(context.left_out.clone()), context }
    }

    /// The losses of a step; of one modality there is nothing to align.
    fn names(&self) -> &'static [&'static str] {
        if self.context.settings.model.encoded().len() > 1 { LOSSES } else { &LOSSES[..3] }
    }

    /// What one network says of the validation split, measured; the task losses come with it. `None` without such rows.
    fn validate(&self, network: &Network) -> Result<Option<(Scalars, Metrics, f32)>, TrainingError> {
        let Context { settings, dataset, presence, .. } = &*self.context;
        let s = &settings.contrastive;
        let Some(found) = infer(&self.context, network, Split::Valid)? else {
            return Ok(None);
        };
        let labels = dataset.labels(Split::Valid);
        let metrics = metrics::evaluate(dataset.metrics, &found.multimodal, labels);
        let task = mean_abs_of(&found.multimodal, labels);
        let own = presence.blanked(Split::Valid, PerModality::from_fn(|_| labels.to_vec()));
        let unimodal: f32 = own.iter().filter_map(|(m, own)| mean_abs_of_known(&found.unimodal[m], own)).sum();
        let tasks = task + s.unimodal_weight * unimodal;
        let mut valid = scalars([("loss", tasks), ("task", task), ("unimodal", unimodal)]);
        if self.names().len() == LOSSES.len() {
            let gaps = alignment::measure_all(&found, s.temperature, settings.training.batch_size)?;
            // As in training: a modality that no clip has is nothing to align.
            let sum = gaps.known().map(|(_, gap)| gap.contrastive).sum::<f32>();
            let aligned = sum / found.projected.known().count() as f32;
            valid.extend(scalars([("loss", tasks + s.contrastive_weight * aligned), ("contrastive", aligned)]));
            for (m, gap) in gaps.known() {
                let named = [
                    ("contrastive", gap.contrastive),
                    ("retrieval", gap.retrieval),
                    ("positive_cosine", gap.positive_cosine),
                    ("gap", gap.mean_distance),
                ];
                valid.extend(scalars(named).into_iter().map(|(k, v)| (format!("{k}_{m}"), v)));
            }
        }
        Ok(Some((valid, metrics, tasks)))
    }
}

/// L_1 of one network on a batch and its terms, named as in `names`.
fn losses(context: &Context, names: &[&str], network: &Network, batch: &Batch, rng: ChaCha8Rng) -> Vec<Tensor<1>> {
    let settings = &context.settings;
    let output = network.forward(batch, &mut Dropout::training(settings.model.dropout, rng));
    let projected = network.project(&output);
    let s = &settings.contrastive;
    let task = mean_abs(output.multimodal.clone(), &batch.labels);
    let none = || task.zeros_like();
    let sum = |terms: Vec<Tensor<1>>| terms.into_iter().reduce(|a, b| a + b).unwrap_or_else(none);
    let has = batch.sequences.map(|_, s| s.lengths.iter().map(|&n| n > 0).collect::<Vec<bool>>());
    let single = |(m, own): (Modality, &Tensor<1>)| {
        let known = |(y, has): (&f32, &bool)| if *has { *y } else { f32::NAN };
        let labels: Vec<f32> = batch.labels.iter().zip(&has[m]).map(known).collect();
        mean_abs_known(own.clone(), &labels, None)
    };
    let unimodal = sum(output.unimodal.known().map(single).collect());
    let loss = task.clone() + unimodal.clone().mul_scalar(s.unimodal_weight);
    if names.len() < LOSSES.len() {
        return vec![loss, task, unimodal];
    }
    let pairs = projected.known().zip(output.representations.known());
    let pairs = pairs.filter_map(|((m, z), (_, h))| pair_with((z, h), &has[m]));
    let terms = pairs.map(|(z, h)| contrastive(z, h, s.temperature)).collect();
    let aligned = sum(terms).div_scalar(projected.known().count() as f32);
    let loss = loss + aligned.clone().mul_scalar(s.contrastive_weight);
    vec![loss, task, unimodal, aligned]
}

/// The losses of a step of several modalities.
const LOSSES: &[&str] = &["loss", "task", "unimodal", "contrastive"];

impl StageTrainer for Contrastive {
    fn step(&mut self, _: &[usize], feed: &mut Feed, rng: ChaCha8Rng, done: f64) -> Result<Pending, TrainingError> {
        let settings = &self.context.settings;
        let parts = feed.batch()?.parts(settings.training.accumulate);
        let rates = rates(settings, settings.contrastive.learning_rate, done);
        let (context, names) = (self.context.clone(), self.names());
        let sums = step_in_parts(&mut self.networks, &parts, rates, |networks, batch, part| {
            let rng = of_part(rng.clone(), part);
            let of_each = networks.all.iter().enumerate();
            let of_each =
                of_each.map(|(n, network)| losses(&context, names, network, batch, of_member(rng.clone(), n)));
            // The sum: each network has the gradient that it would have alone.
            let sums = of_each.reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| a + b).collect());
            sums.ok_or(TrainingError::TooFewSamples { found: 0 })
        })?;
        let count = self.networks.module.all.len() as f32;
        Ok(Pending::new(names, sums.into_iter().map(|sum| sum.div_scalar(count)).collect()))
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

    fn parameters(&self) -> Vec<PartSize> {
        of_networks(&self.networks.module.all, |_| true)
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
        let of = |network| infer(&context, network, Split::Train).unwrap().unwrap().representations.text.unwrap();
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

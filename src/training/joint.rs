//! Stage 3: the network learns y and labels of each modality together ([the method](crate::book::method), stage 3).

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::context::{Context, Evaluation, StageTrainer};
use super::contrastive::mean_abs_of;
use super::error::TrainingError;
use super::events::{LabelValues, PartSize};
use super::feed::Feed;
use super::fine_tuning::{optimizer, rates, step_in_parts};
use super::inference::infer;
use super::losses::{mean_abs, mean_abs_of_known};
use super::metrics;
use super::randomness::of_part;
use super::readback::Pending;
use super::records::{Trained, Trainee};
use super::scalars::scalars;
use super::sizes::of_networks;
use super::targets::{self, Targets};
use crate::modality::Modality;
use crate::model::dropout::Dropout;
use crate::model::network::Network;
use crate::split::Split;

/// Trains the network on L_3, from stage 1's weights.
pub struct Joint {
    context: Arc<Context>,
    network: Trainee<Network>,
    /// y_m: made by stage 1's encoders in inference mode and the frozen corrector, or of another source.
    targets: Box<dyn Targets>,
}

impl Joint {
    pub fn new(context: Arc<Context>, network: Network, targets: Box<dyn Targets>) -> Self {
        let settings = &context.settings;
        let optimizer = optimizer(&network, settings, settings.joint.weight_decay);
        Self {
            network: Trainee::new(network, optimizer, "network").without(context.left_out.clone()),
            targets,
            context,
        }
    }
}

impl StageTrainer for Joint {
    fn step(&mut self, rows: &[usize], feed: &mut Feed, rng: ChaCha8Rng, done: f64) -> Result<Pending, TrainingError> {
        let Context { settings, .. } = &*self.context;
        let parts = feed.batch()?.parts(settings.training.accumulate);
        let rates = rates(settings, settings.joint.learning_rate, done);
        let (targets, mut start) = (&mut self.targets, 0);
        let losses = step_in_parts(&mut self.network, &parts, rates, |network, batch, part| {
            let rows = &rows[start..start + batch.labels.len()];
            start += rows.len();
            let mut dropout = Dropout::training(settings.model.dropout, of_part(rng.clone(), part));
            let output = network.forward(batch, &mut dropout);
            let task = mean_abs(output.multimodal.clone(), &batch.labels);
            let of_each = output.unimodal.known().map(|(m, own)| targets::loss(&**targets, m, rows, own.clone()));
            let unimodal = of_each.reduce(|a, b| a + b).unwrap_or_else(|| task.zeros_like());
            let loss = task.clone() + unimodal.clone().mul_scalar(settings.joint.unimodal_weight);
            targets.after_step(rows, &output)?;
            Ok::<_, TrainingError>(vec![loss, task, unimodal])
        })?;
        Ok(Pending::new(&["loss", "task", "unimodal"], losses))
    }

    fn evaluate(&mut self) -> Result<Evaluation, TrainingError> {
        let Context { settings, dataset, .. } = &*self.context;
        let Some(found) = infer(&self.context, &self.network.module, Split::Valid)? else {
            return Ok(Evaluation { valid: Default::default(), metrics: Default::default(), score: None });
        };
        let labels = dataset.labels(Split::Valid);
        let metrics = metrics::evaluate(dataset.metrics, &found.multimodal, labels);
        let task = mean_abs_of(&found.multimodal, labels);
        let start = dataset.len(Split::Train);
        let targets = |m| &self.targets.labels().corrected[m][start..start + labels.len()];
        let of_each = Modality::ALL.iter().filter_map(|&m| mean_abs_of_known(&found.unimodal[m], targets(m)));
        let unimodal = of_each.reduce(|a, b| a + b);
        // A source that has no labels of these clips leaves the task alone.
        let loss = task + settings.joint.unimodal_weight * unimodal.unwrap_or(0.0);
        let mut valid = scalars([("loss", loss), ("task", task)]);
        valid.extend(unimodal.iter().flat_map(|unimodal| scalars([("unimodal", *unimodal)])));
        let mae = metrics.get("mae").copied().flatten().map(|mae| mae as f32);
        Ok(Evaluation { valid, metrics, score: Some(mae.unwrap_or(task)) })
    }

    fn labels(&mut self) -> Result<Option<LabelValues>, TrainingError> {
        Ok(self.targets.change().then(|| self.targets.labels().clone()))
    }

    fn begin_epoch(&mut self, epoch: u32) {
        self.targets.begin_epoch(epoch);
    }

    fn state(&self) -> Result<Option<Vec<u8>>, TrainingError> {
        self.targets.state()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), TrainingError> {
        self.targets.restore(state)
    }

    fn parameters(&self) -> Vec<PartSize> {
        // Nothing is aligned any more.
        of_networks(std::slice::from_ref(&self.network.module), |part| part != "projections")
    }

    fn trained(&self) -> &dyn Trained {
        &self.network
    }

    fn trained_mut(&mut self) -> &mut dyn Trained {
        &mut self.network
    }
}

//! Stage 3: the network learns y and the corrected unimodal labels together ([the method](crate::book::method), stage 3).

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::bilevel::label_tensor;
use super::context::{Context, Evaluation, StageTrainer};
use super::contrastive::mean_abs_of;
use super::error::TrainingError;
use super::events::LabelValues;
use super::feed::Feed;
use super::inference::infer;
use super::losses::mean_abs;
use super::metrics;
use super::optimizer::{Clipping, adamw};
use super::readback::Pending;
use super::records::{Trained, Trainee};
use super::scalars::scalars;
use crate::modality::{Modality, PerModality};
use crate::model::dropout::Dropout;
use crate::model::network::Network;
use crate::split::Split;

/// Trains the network on L_3, from stage 1's weights.
pub struct Joint {
    context: Arc<Context>,
    network: Trainee<Network>,
    /// y_m of all rows, fixed: made by stage 1's encoders in inference mode and the frozen corrector, or chosen by a
    /// calibration.
    targets: LabelValues,
}

impl Joint {
    /// `targets`: y_m of all rows, rows in the order train, valid, test.
    pub fn new(context: Arc<Context>, network: Network, targets: LabelValues) -> Self {
        let settings = &context.settings;
        let optimizer = adamw(settings.joint.weight_decay, settings.training.gradient_clip, Clipping::Tensors);
        Self { network: Trainee::new(network, optimizer), targets, context }
    }
}

impl StageTrainer for Joint {
    fn step(&mut self, rows: &[usize], feed: &mut Feed, rng: ChaCha8Rng, _done: f64) -> Result<Pending, TrainingError> {
        let Context { settings, .. } = &*self.context;
        let device = self.context.plain_device();
        let batch = feed.batch()?;
        let labels = label_tensor(&batch.labels, &device);
        // The training split comes first, so its row numbers are those of the whole table.
        let targets = PerModality::from_fn(|m| {
            let values: Vec<f32> = rows.iter().map(|&r| self.targets.corrected[m][r]).collect();
            label_tensor(&values, &device)
        });
        let output = self.network.module.forward(&batch, &mut Dropout::training(settings.model.dropout, rng));
        let task = mean_abs(output.multimodal, labels);
        let [text, audio, vision] = Modality::ALL.map(|m| mean_abs(output.unimodal[m].clone(), targets[m].clone()));
        let unimodal = text + audio + vision;
        let loss = task.clone() + unimodal.clone().mul_scalar(settings.joint.unimodal_weight);
        self.network.step(&loss, settings.joint.learning_rate);
        Ok(Pending::new(&["loss", "task", "unimodal"], vec![loss, task, unimodal]))
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
        let targets = |m| &self.targets.corrected[m][start..start + labels.len()];
        let unimodal: f32 = Modality::ALL.iter().map(|&m| mean_abs_of(&found.unimodal[m], targets(m))).sum();
        let valid = scalars([
            ("loss", task + settings.joint.unimodal_weight * unimodal),
            ("task", task),
            ("unimodal", unimodal),
        ]);
        let mae = metrics.get("mae").copied().flatten().map(|mae| mae as f32);
        Ok(Evaluation { valid, metrics, score: Some(mae.unwrap_or(task)) })
    }

    fn trained(&self) -> &dyn Trained {
        &self.network
    }

    fn trained_mut(&mut self) -> &mut dyn Trained {
        &mut self.network
    }
}

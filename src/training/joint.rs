//! Stage 3: the network learns y and the corrected unimodal labels together (METHOD.md, joint).

use std::sync::Arc;

use burn::optim::{GradientsParams, ModuleOptimizer};
use rand_chacha::ChaCha8Rng;

use super::bilevel::label_tensor;
use super::context::{Context, Evaluation, Pending, StageTrainer};
use super::contrastive::mean_abs_of;
use super::denoising::corrected_labels;
use super::error::TrainingError;
use super::events::LabelValues;
use super::inference::infer;
use super::losses::mean_abs;
use super::metrics;
use super::optimizer::adamw;
use super::records;
use crate::modality::{Modality, PerModality};
use crate::model::corrector::Corrector;
use crate::model::dropout::Dropout;
use crate::model::network::Network;
use crate::split::Split;

/// Trains the network on L_3, from stage 1's weights.
pub struct Joint {
    context: Arc<Context>,
    network: Network,
    optimizer: ModuleOptimizer,
    /// y_m of all rows, fixed: made by stage 1's encoders in inference mode and the frozen corrector.
    targets: LabelValues,
}

impl Joint {
    /// # Errors
    /// Data that cannot be read, or a device that failed.
    pub fn new(context: Arc<Context>, network: Network, corrector: &Corrector) -> Result<Self, TrainingError> {
        let mut found = Vec::new();
        for split in Split::ALL {
            found.push(infer(&context, &network, split)?.map(|f| f.representations));
        }
        let targets = corrected_labels(&context, corrector, |split| found[split as usize].clone())?;
        let settings = &context.settings;
        let optimizer = adamw(settings.joint.weight_decay, settings.training.gradient_clip);
        Ok(Self { network, optimizer, targets, context })
    }
}

impl StageTrainer for Joint {
    fn step(&mut self, rows: &[usize], rng: ChaCha8Rng, _done: f64) -> Result<Pending, TrainingError> {
        let Context { settings, dataset, .. } = &*self.context;
        let device = self.context.plain_device();
        let batch = dataset.batch(Split::Train, rows)?;
        let labels = label_tensor(&batch.labels, &device);
        // The training split comes first, so its row numbers are those of the whole table.
        let targets = PerModality::from_fn(|m| {
            let values: Vec<f32> = rows.iter().map(|&r| self.targets.corrected[m][r]).collect();
            label_tensor(&values, &device)
        });
        let output = self.network.forward(&batch, &mut Dropout::training(settings.model.dropout, rng));
        let task = mean_abs(output.multimodal, labels);
        let [text, audio, vision] = Modality::ALL.map(|m| mean_abs(output.unimodal[m].clone(), targets[m].clone()));
        let unimodal = text + audio + vision;
        let loss = task.clone() + unimodal.clone().mul_scalar(settings.joint.unimodal_weight);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        self.network = self.optimizer.step(settings.joint.learning_rate, self.network.clone(), gradients);
        Ok(Pending::new(&["loss", "task", "unimodal"], vec![loss, task, unimodal]))
    }

    fn evaluate(&mut self) -> Result<Evaluation, TrainingError> {
        let Context { settings, dataset, .. } = &*self.context;
        let Some(found) = infer(&self.context, &self.network, Split::Valid)? else {
            return Ok(Evaluation { valid: Default::default(), metrics: Default::default(), score: None });
        };
        let labels = dataset.labels(Split::Valid);
        let metrics = metrics::evaluate(dataset.metrics, &found.multimodal, labels);
        let task = mean_abs_of(&found.multimodal, labels);
        let start = dataset.len(Split::Train);
        let targets = |m| &self.targets.corrected[m][start..start + labels.len()];
        let unimodal: f32 = Modality::ALL.iter().map(|&m| mean_abs_of(&found.unimodal[m], targets(m))).sum();
        let valid = super::scalars([
            ("loss", task + settings.joint.unimodal_weight * unimodal),
            ("task", task),
            ("unimodal", unimodal),
        ]);
        let mae = metrics.get("mae").copied().flatten().map(|mae| mae as f32);
        Ok(Evaluation { valid, metrics, score: Some(mae.unwrap_or(task)) })
    }

    fn weights(&self) -> Result<Vec<u8>, TrainingError> {
        records::weights(&self.network)
    }

    fn optimizer(&self) -> Result<Vec<u8>, TrainingError> {
        records::optimizer(&self.optimizer)
    }

    fn restore(&mut self, weights: Vec<u8>, optimizer: Vec<u8>) -> Result<(), TrainingError> {
        self.network = records::load(self.network.clone(), weights)?;
        self.optimizer = records::load_optimizer(self.optimizer.clone(), optimizer)?;
        Ok(())
    }
}

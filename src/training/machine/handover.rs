//! What a stage leaves to those after it and to whoever looks: weights, metrics, representations, predictions.

use std::sync::Arc;
use std::time::Instant;

use super::super::error::TrainingError;
use super::super::events::{Body, LabelValues, Metrics, Moment, Stage, StageState, SummaryMetrics};
use super::super::inference::{Inference, embedding, infer_all, predictions};
use super::super::learner;
use super::super::metrics;
use super::{Machine, Running};
use crate::model::network::Network;
use crate::split::{PerSplit, Split};

impl Machine<'_> {
    /// Keeps what later stages start from, and the metrics of the weights that are handed on.
    pub(super) fn end_stage(&mut self, running: Running) -> Result<(), TrainingError> {
        let Running { stage, trainer, best, .. } = running;
        let weights = match best {
            Some(best) => best,
            None => Arc::new(trainer.trained().weights()?),
        };
        // The last step done was the last of the epoch before the one that would come next.
        self.progress.epoch -= 1;
        let started = Instant::now();
        if stage != Stage::Denoising {
            let networks = match stage {
                Stage::Contrastive => self.context.load_networks(weights.to_vec())?.all,
                _ => vec![self.context.load(self.context.new_network(), weights.to_vec())?],
            };
            let all = networks.iter().map(|n| infer_all(&self.context, n)).collect::<Result<Vec<_>, _>>()?;
            let found = &all[0];
            // The last step's weights were not asked for a loss any more.
            if !found.iter().all(|(_, f)| f.as_ref().is_none_or(|f| f.multimodal.iter().all(|p| p.is_finite()))) {
                return Err(self.diverged(stage, "prediction"));
            }
            let evaluate = |split: Split| -> Metrics {
                let dataset = &self.context.dataset;
                let predicted = found[split].as_ref().map_or(&[][..], |f| &f.multimodal);
                metrics::evaluate(dataset.metrics, predicted, dataset.labels(split))
            };
            self.progress.metrics = SummaryMetrics { valid: evaluate(Split::Valid), test: evaluate(Split::Test) };
            let mae = self.progress.metrics.valid.get("mae").copied().flatten();
            if stage == Stage::Joint {
                let metrics = self.progress.metrics.valid.clone();
                self.report_joint(mae, &metrics, true)?;
            } else {
                self.progress.aligned_mae = mae;
            }
            let predicted = Arc::new(predictions(found));
            self.emit(Body::Predictions { file: String::new(), values: Some(predicted.clone()) })?;
            if stage == Stage::Contrastive {
                self.report_health_of_alignment(found, &predicted)?;
                let values = embedding(found, self.context.settings.model.representation)?;
                let (moment, dim, values) = (Moment::After, values.dim, Some(Arc::new(values)));
                self.emit(Body::Embedding { moment, file: String::new(), stride: 1, dim, values })?;
                self.handed_on = Some(all);
            }
        }
        // Where labels were calibrated, stage 3 learns from these, so they are the last that the stage shows.
        if stage == Stage::Denoising
            && let Some(part) = self.progress.calibrated.clone()
        {
            let labels = self.writer.store().calibrated(&part)?;
            self.refresh_labels(labels.values(), Some(&labels), true, true)?;
        }
        let result = self.insist(|machine| machine.writer.store().save_result(stage, &weights))?;
        self.progress.results.insert(stage, result);
        self.add_seconds(stage, started);
        self.report_costs(stage, self.progress.epoch)?;
        self.stage_changed(StageState::Finished)
    }

    /// Corrected labels for stage 3, of every row: those of a calibration where the stage began with such, else what
    /// stage 2's learner makes of y.
    ///
    /// `networks`: those of stage 1, `found` what each of them says of every split.
    pub(super) fn corrected_labels(
        &mut self,
        networks: &[Network],
        found: &[PerSplit<Option<Inference>>],
    ) -> Result<LabelValues, TrainingError> {
        if let Some(part) = &self.progress.targets {
            return Ok(self.writer.store().calibrated(part)?.values());
        }
        let weights = self.writer.store().result(&self.progress, Stage::Joint, Stage::Denoising)?;
        learner::labels(&self.context, weights, networks, found)
    }
}

//! Signs of failure, looked for after each epoch and when a stage hands on.

use super::super::alignment;
use super::super::checkpoint::Progress;
use super::super::error::TrainingError;
use super::super::events::{Body, Check, CheckState, Level, Metrics, PredictionValues, Scalars, Stage};
use super::super::health::{self, Evidence, NOT_ALIGNED};
use super::super::inference::Inference;
use super::Machine;
use crate::modality::PerModality;
use crate::split::{PerSplit, Split};

impl Machine<'_> {
    /// What an epoch's validation tells; labels are looked at when they are refreshed.
    pub(super) fn report_health_of_epoch(
        &mut self,
        stage: Stage,
        valid: &Scalars,
        metrics: &Metrics,
        judged: bool,
    ) -> Result<(), TrainingError> {
        match stage {
            Stage::Contrastive => {
                let loss =
                    PerModality::from_fn(|m| valid.get(&format!("contrastive_{m}")).copied().flatten().map(f64::from));
                // Shown as it comes and judged when the stage hands on: on few validation rows one epoch is chance.
                self.report_alignment(&loss, metrics, false)
            }
            Stage::Denoising => Ok(()),
            Stage::Joint => {
                let mae = self.progress.best_score.map(f64::from);
                self.report_joint(mae, metrics, judged)
            }
        }
    }

    /// What the weights tell that stage 1 hands on.
    pub(super) fn report_health_of_alignment(
        &mut self,
        found: &PerSplit<Option<Inference>>,
        predictions: &PredictionValues,
    ) -> Result<(), TrainingError> {
        let context = self.context.clone();
        let (settings, dataset) = (&context.settings, &context.dataset);
        let mut loss = PerModality::default();
        if let Some(valid) = &found[Split::Valid] {
            let (temperature, batch) = (settings.contrastive.temperature, settings.training.batch_size);
            for (m, gap) in alignment::measure_all(valid, temperature, batch)?.known() {
                loss[m] = gap.contrastive.is_finite().then(|| f64::from(gap.contrastive));
            }
        }
        let metrics = self.progress.metrics.valid.clone();
        self.report_alignment(&loss, &metrics, true)?;
        let labels: Vec<f32> = Split::ALL.iter().flat_map(|&s| dataset.labels(s)).copied().collect();
        let (train, valid) = (dataset.len(Split::Train), dataset.len(Split::Valid));
        let set = dataset.metrics;
        let evidence = Evidence::Memory { set, predictions, labels: &labels, train, valid };
        self.report_health(health::look(&evidence, &settings.health, true))
    }

    fn report_alignment(
        &mut self,
        contrastive: &PerModality<Option<f64>>,
        metrics: &Metrics,
        judged: bool,
    ) -> Result<(), TrainingError> {
        let settings = &self.context.settings;
        // Where alignment is left out of training, its loss is no sign of anything.
        let aligned = settings.contrastive.contrastive_weight > 0.0;
        let contrastive = if aligned { contrastive } else { &PerModality::default() };
        let has = self.context.presence.of(Split::Valid);
        let rows = has.map(|_, has| has.iter().filter(|has| **has).count());
        let chance = &rows.map(|_, rows| health::chance(*rows, settings.training.batch_size));
        let labels = self.context.dataset.labels(Split::Valid);
        let evidence = Evidence::Alignment { contrastive, chance, metrics, labels };
        self.report_health(health::look(&evidence, &settings.health, judged))
    }

    /// Compares joint training with what it began from.
    pub(super) fn report_joint(
        &mut self,
        best: Option<f64>,
        metrics: &Metrics,
        judged: bool,
    ) -> Result<(), TrainingError> {
        let before = self.progress.aligned_mae;
        let label_range = self.context.dataset.label_range;
        let labels = self.context.dataset.labels(Split::Valid);
        let evidence = Evidence::Joint { before, best, metrics, labels, label_range };
        self.report_health(health::look(&evidence, &self.context.settings.health, judged))
    }

    /// Reports checks, with a line for each that begins to fail.
    pub(super) fn report_health(&mut self, mut checks: Vec<Check>) -> Result<(), TrainingError> {
        let model = &self.context.settings.model;
        let several = model.encoded().len() > 1;
        // What the network does not have cannot fail, and one modality alone is aligned to nothing.
        checks
            .retain(|check| check.modality.is_none_or(|m| model.has(m)) && (several || check.name != NOT_ALIGNED.name));
        let Progress { failing, explained, .. } = &mut self.progress;
        let warnings = warnings(&checks, failing, explained);
        self.emit(Body::Health { checks })?;
        warnings.into_iter().try_for_each(|message| self.log(Level::Warning, message))
    }
}

/// A line for each check that begins to fail, explained the first time. `failing`: those that failed before; `explained`: those
/// that were.
fn warnings(checks: &[Check], failing: &mut Vec<String>, explained: &mut Vec<String>) -> Vec<String> {
    let mut warnings = Vec::new();
    for check in checks {
        let place = check.modality.map_or(String::new(), |m| format!(" {m}"));
        let words = format!("{} {}{place}", check.stage, check.name);
        let known = failing.iter().position(|f| *f == words);
        match (check.state, known) {
            (CheckState::Failing, None) => {
                let value = check.value.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.3}"));
                let side = if check.fails_above { "at most" } else { "at least" };
                let figures = format!("{value}, expected {side} {}", check.threshold);
                if explained.contains(&words) {
                    warnings.push(format!("health: {words} again: {figures}"));
                } else {
                    let Check { measure, meaning, advice, .. } = check;
                    warnings.push(format!("health: {words}: {measure} is {figures}. {meaning} {advice}"));
                    explained.push(words.clone());
                }
                failing.push(words);
            }
            (CheckState::Ok, Some(at)) => {
                failing.remove(at);
            }
            _ => {}
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_told_each_time_it_appears_and_explained_once() {
        let evidence = Evidence::Joint {
            before: Some(0.1),
            best: Some(0.5),
            metrics: &Metrics::default(),
            labels: &[0.0, 1.0],
            label_range: 1.0,
        };
        let mut checks = health::look(&evidence, &Default::default(), true);
        checks.retain(|check| check.state == CheckState::Failing);
        assert_eq!(checks.len(), 1, "{checks:?}");
        let (mut failing, mut explained) = (Vec::new(), Vec::new());
        let mut told = |state| {
            checks[0].state = state;
            warnings(&checks, &mut failing, &mut explained)
        };
        let first = told(CheckState::Failing);
        assert_eq!((first.len(), told(CheckState::Failing).len()), (1, 0), "it fails on");
        assert!(told(CheckState::Ok).is_empty());
        let again = told(CheckState::Failing);
        let (name, figures) = again[0].split_once(" again: ").unwrap();
        let head = first[0].split_once(figures).unwrap().0;
        assert!(head.starts_with(name) && again[0].len() < first[0].len() / 2, "{first:?} {again:?}");
    }
}

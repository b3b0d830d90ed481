//! One epoch: its steps, then validation, labels, the best weights and whether the stage is over.

use std::sync::Arc;
use std::time::Instant;

use super::super::bootstrap::{LIVE_RESAMPLES, RESAMPLES};
use super::super::calibrated::{Calibrated, leave_copies_unjudged};
use super::super::context::{Context, Evaluation};
use super::super::error::TrainingError;
use super::super::events::{Body, LabelValues, Level, Moment, Rates, Scalars, Stage, StagePlan};
use super::super::feed::Feed;
use super::super::health::{self, Evidence};
use super::super::learner;
use super::super::optimizer::LossScale;
use super::super::randomness::{Purpose, generator, order};
use super::super::scalars::scalars;
use super::super::summaries::summaries;
use super::{Flow, Machine, Running, Taken};
use crate::modality::PerModality;
use crate::split::Split;

/// Rows whose representations are read before and during stage 1, at most; evenly spaced where there are more. Asking the
/// network costs a third of training on as many rows.
const SAMPLED: usize = 512;

impl Machine<'_> {
    /// What stage 1 begins from, recorded as its epoch 0; what stage 2 does to the labels that it makes.
    pub(super) fn before_first_epoch(&mut self, running: &mut Running) -> Result<(), TrainingError> {
        match running.stage {
            Stage::Contrastive => {}
            Stage::Denoising => {
                if let Some(words) = learner::in_words(self.context.settings.denoising.learner) {
                    self.log(Level::Info, words.to_owned())?;
                }
                return self.log(Level::Info, self.context.levels.to_string());
            }
            Stage::Joint => {
                let source = self.context.settings.labels.source;
                return self.log(Level::Info, format!("stage 3 learns {} (labels.source)", source.in_words()));
            }
        }
        let started = Instant::now();
        let Evaluation { valid, metrics, .. } = running.trainer.evaluate()?;
        let seconds = started.elapsed().as_secs_f64();
        let train = Scalars::new();
        self.emit_in(0, 0, Body::Epoch { train, valid, metrics, seconds, samples_per_second: None, best: false })?;
        self.read_embedding(running, 0, Moment::Before)
    }

    /// Reports representations of some rows, where the stage aligns them.
    fn read_embedding(&mut self, running: &Running, epoch: u32, moment: Moment) -> Result<(), TrainingError> {
        let rows: usize = Split::ALL.iter().map(|&s| self.context.dataset.len(s)).sum();
        let stride = rows.div_ceil(SAMPLED).max(1);
        let Some(values) = running.trainer.embedding(stride)? else { return Ok(()) };
        let dim = values.dim;
        let body = Body::Embedding { moment, file: String::new(), stride, dim, values: Some(Arc::new(values)) };
        self.emit_in(epoch, self.progress.step, body)
    }

    /// The steps of one epoch that are left.
    pub(super) fn run_epoch(&mut self, running: &mut Running, plan: StagePlan) -> Result<Flow, TrainingError> {
        let Context { settings, dataset, .. } = &*self.context.clone();
        let (seed, batch) = (settings.training.seed, settings.training.batch_size);
        let rows = order(seed, running.stage, self.progress.epoch, dataset.len(Split::Train));
        let begin = rows.len().min(self.progress.step_in_epoch as usize * batch);
        let mut feed = Feed::new(dataset.clone(), &rows[begin..], batch);
        running.trainer.begin_epoch(self.progress.epoch);
        while self.progress.step_in_epoch < plan.steps_per_epoch {
            while let Some(command) = self.control.poll() {
                if let Flow::Leave(end) = self.obey(command, running)? {
                    return Ok(Flow::Leave(end));
                }
            }
            self.look_at_writer(running)?;
            if self.progress.step_in_epoch > 0 && self.checkpoint_due(false) {
                self.read_pending(running)?;
                self.check_finite(running.stage)?;
                self.save_aside(running)?;
            }
            let started = Instant::now();
            let Some(rows) = feed.rows() else { break };
            let rng = generator(seed, Purpose::Step(running.stage, self.progress.step));
            let total = u64::from(plan.epochs) * u64::from(plan.steps_per_epoch);
            let done = self.progress.step as f64 / total as f64;
            let losses = running.trainer.step(&rows, &mut feed, rng, done)?;
            self.progress.step += 1;
            self.progress.step_in_epoch += 1;
            self.progress.samples += rows.len() as u64;
            let rates = self.changed_rates(running.trainer.trained().rates());
            self.note_loss_scale(running)?;
            running.readback.push(Taken { step: self.progress.step, time: self.clock.now(), rates }, losses);
            if running.readback.is_due() {
                self.read_pending(running)?;
            }
            self.progress.epoch_seconds += started.elapsed().as_secs_f64();
        }
        let started = Instant::now();
        self.read_pending(running)?;
        self.progress.epoch_seconds += started.elapsed().as_secs_f64();
        Ok(Flow::Go)
    }

    /// Of the rates of a step those that are to be recorded.
    fn changed_rates(&mut self, used: &Rates) -> Rates {
        let known = &mut self.progress.rates;
        // Constant rates cost a step no more than this.
        if known == used {
            return Rates::new();
        }
        let changed = used.iter().filter(|(group, rate)| known.get(*group) != Some(rate));
        let changed: Rates = changed.map(|(group, rate)| (group.clone(), *rate)).collect();
        known.extend(changed.clone());
        changed
    }

    /// Says where the loss's scale changed, and why.
    fn note_loss_scale(&mut self, running: &Running) -> Result<(), TrainingError> {
        let Some(scale) = running.trainer.trained().loss_scale() else { return Ok(()) };
        let before = self.progress.loss_scale.replace(scale).map(|before| before.factor);
        let (step, factor) = (self.progress.step, scale.factor);
        if scale.is_spent() {
            return Err(self.diverged(running.stage, "gradient in f16 (training.precision)"));
        }
        // It begins a stage with its default, and the first step may halve that.
        if factor < before.unwrap_or(LossScale::default().factor) {
            let why = "its gradient was too large for f16";
            return self.log(Level::Info, format!("step {step} was skipped: {why}; the loss scale is now {factor}"));
        }
        if before.is_none_or(|before| factor > before) {
            return self.log(Level::Info, format!("the loss scale is {factor} (training.precision = \"f16\")"));
        }
        Ok(())
    }

    /// Reports the losses that are still on their way.
    pub(super) fn read_pending(&mut self, running: &mut Running) -> Result<(), TrainingError> {
        for (Taken { step, time, rates }, found) in running.readback.read()? {
            for &(name, value) in &found {
                if name == "loss" {
                    self.last_loss = value;
                }
                if value.is_finite() {
                    let sum = self.progress.sums.entry(name.to_owned()).or_default();
                    sum.0 += f64::from(value);
                    sum.1 += 1;
                }
            }
            self.tell(time, self.progress.epoch, step, Body::Step { scalars: scalars(found), rates })?;
        }
        Ok(())
    }

    /// A loss that is not finite has spoilt the weights for good: nothing is kept of them.
    pub(super) fn check_finite(&self, stage: Stage) -> Result<(), TrainingError> {
        if self.last_loss.is_finite() {
            return Ok(());
        }
        Err(self.diverged(stage, "loss"))
    }

    pub(super) fn diverged(&self, stage: Stage, what: &'static str) -> TrainingError {
        TrainingError::Diverged { stage, step: self.progress.step, what }
    }

    /// Validation, labels, the best epoch; true where the stage is over.
    pub(super) fn end_epoch(&mut self, running: &mut Running, plan: StagePlan) -> Result<bool, TrainingError> {
        let stage = running.stage;
        let epoch = self.progress.epoch;
        let train: Scalars =
            self.progress.sums.iter().map(|(k, &(sum, n))| (k.clone(), Some((sum / f64::from(n)) as f32))).collect();
        self.check_finite(stage)?;
        let Evaluation { valid, metrics, score } = running.trainer.evaluate()?;
        // `None` is a loss that is not finite; without validation rows there is none at all.
        if score.is_some_and(|s| !s.is_finite()) || valid.get("loss").is_some_and(Option::is_none) {
            return Err(self.diverged(stage, "validation loss"));
        }
        let better = score.is_some_and(|s| self.progress.best_score.is_none_or(|best| s < best));
        let seconds = self.progress.epoch_seconds;
        // A clock that does not tell two moments apart tells no speed.
        let speed = |samples: f64, seconds: f64| (seconds > 0.0).then(|| samples / seconds);
        let rate = speed(self.context.dataset.len(Split::Train) as f64, seconds);
        self.progress.train_seconds += seconds;
        let summary = self.progress.stages.entry(stage).or_default();
        summary.epochs = epoch;
        summary.seconds += seconds;
        summary.samples_per_second = speed(self.progress.samples as f64, self.progress.train_seconds);
        summary.train_loss = train.get("loss").copied().flatten();
        if better || score.is_none() {
            summary.best_epoch = epoch;
            summary.valid_loss = valid.get("loss").copied().flatten();
        }
        self.emit(Body::Epoch {
            train,
            valid: valid.clone(),
            metrics: metrics.clone(),
            seconds,
            samples_per_second: rate,
            best: better,
        })?;
        if better {
            self.progress.best_score = score;
            self.progress.stale = 0;
            running.best = Some(Arc::new(running.trainer.trained().weights()?));
            // Representations change most at first: after 1, 2, 4, 8, ... epochs, so that many epochs cost little.
            if epoch.is_power_of_two() {
                self.read_embedding(running, epoch, Moment::During)?;
            }
        } else {
            self.progress.stale += 1;
        }
        let last = epoch >= plan.epochs || running.stop_after_epoch;
        let judged = last || f64::from(epoch) >= self.context.settings.health.grace * f64::from(plan.epochs);
        // Only the best weights are handed on, so the others' signs say nothing.
        if better {
            self.report_health_of_epoch(stage, &valid, &metrics, judged)?;
        }
        let stale = self.is_stale(stage);
        if (last || stale || epoch.is_multiple_of(self.context.settings.denoising.refresh_epochs))
            && let Some(labels) = running.trainer.labels()?
        {
            self.refresh_labels(labels, None, judged, last || stale)?;
        }
        self.progress.epoch += 1;
        self.progress.step_in_epoch = 0;
        self.progress.epoch_seconds = 0.0;
        self.progress.sums.clear();
        if stale && !last {
            let patience = self.patience(stage);
            self.log(
                Level::Info,
                format!("stage {stage} stops early after epoch {epoch}: no better epoch for {patience} epochs"),
            )?;
        }
        if running.stop_after_epoch {
            self.log(Level::Info, format!("stage {stage} ends after epoch {epoch}, as asked"))?;
        }
        Ok(last || stale)
    }

    /// Epochs without a better one that end a stage; 0: none do.
    fn patience(&self, stage: Stage) -> u32 {
        match stage {
            Stage::Contrastive => self.context.settings.contrastive.patience,
            Stage::Denoising => 0,
            Stage::Joint => self.context.settings.joint.patience,
        }
    }

    /// True where no epoch has been better for so long that the stage is over.
    pub(super) fn is_stale(&self, stage: Stage) -> bool {
        let patience = self.patience(stage);
        // Without a score (no validation rows) no epoch is better than another.
        patience > 0 && self.progress.best_score.is_some() && self.progress.stale >= patience
    }

    /// Reports labels of every row; where they were `calibrated`, the clips that they were chosen by judge nothing. Signs of
    /// failure are those of a corrector: there are none of labels that stage 3 makes or that are only weighed.
    pub(super) fn refresh_labels(
        &mut self,
        labels: LabelValues,
        calibrated: Option<&Calibrated>,
        judged: bool,
        last: bool,
    ) -> Result<(), TrainingError> {
        let denoises = self.progress.stage != Some(Stage::Joint);
        let finite = |values: &PerModality<Vec<f32>>| self.context.presence.are_finite(values);
        if denoises && !(finite(&labels.corrected) && labels.weights.as_ref().is_none_or(finite)) {
            return Err(self.diverged(Stage::Denoising, "corrected label"));
        }
        let corrects = denoises && labels.weights.is_none();
        let resamples = if last { RESAMPLES } else { LIVE_RESAMPLES };
        let dataset = self.context.dataset.clone();
        let summaries = summaries(&dataset, &labels, calibrated.map_or(&[], |c| &c.left_out), resamples);
        let refresh = self.progress.refreshes;
        self.progress.refreshes += 1;
        self.progress.labels = Some(summaries);
        let labels = Arc::new(labels);
        self.emit(Body::Labels { refresh, file: String::new(), summaries, values: Some(labels.clone()) })?;
        if !corrects {
            return Ok(());
        }
        let evidence = Evidence::Labels { summaries: &summaries, label_range: dataset.label_range };
        let mut checks = health::look(&evidence, &self.context.settings.health, judged);
        if calibrated.is_some() {
            leave_copies_unjudged(&mut checks, &dataset, &labels);
        }
        self.report_health(checks)
    }
}

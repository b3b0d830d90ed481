//! Stages that are ended before their last epoch because somebody asked, and going on with them.

use super::super::checkpoint::{Checkpoint, OUTDATED, Progress, State};
use super::super::error::TrainingError;
use super::super::events::{Body, Cut, Level, Stage, StagePlan};
use super::{Machine, Running};

impl Machine<'_> {
    /// Keeps where a stage stands that ends because somebody asked; true where it would have gone on otherwise.
    pub(super) fn keep_cut(&mut self, running: &Running, plan: StagePlan) -> Result<bool, TrainingError> {
        let stage = running.stage;
        // After an epoch's end the next one stands in the progress.
        let planned = self.progress.epoch <= plan.epochs && !self.is_stale(stage);
        if !(running.stop_after_epoch && planned) {
            self.insist(|machine| machine.cuts.forget(stage))?;
            return Ok(false);
        }
        let checkpoint = self.checkpoint(running)?;
        self.insist(|machine| machine.cuts.keep(stage, &checkpoint))?;
        Ok(true)
    }

    /// True where a stage was ended early and can be gone on with.
    pub(super) fn is_cut(&self, stage: Stage) -> bool {
        self.plan.iter().any(|p| p.stage == stage) && self.cuts.find(stage).is_ok_and(|found| found.is_some())
    }

    /// Says why a stage is not gone on with.
    pub(super) fn refuse_to_continue(&mut self, stage: Stage, running: Option<Stage>) -> Result<(), TrainingError> {
        let why = match self.cuts.find(stage) {
            _ if running.is_some_and(|r| r <= stage) => "it has not ended".to_owned(),
            Ok(_) => "it was not ended early; restarting begins it anew".to_owned(),
            Err(e) => format!("where it was ended cannot be read: {e}"),
        };
        self.log(Level::Warning, format!("stage {stage} is not gone on with: {why}"))
    }

    /// Goes on with a stage that was cut: what it handed on and what later stages made of it is thrown away.
    pub(super) fn continue_stage(&mut self, stage: Stage) -> Result<(Option<Stage>, Option<State>), TrainingError> {
        let found = if self.is_cut(stage) { self.cuts.find(stage)? } else { None };
        if found.as_ref().is_some_and(|checkpoint| self.outdated(checkpoint).is_some()) {
            self.log(Level::Warning, format!("{OUTDATED}; stage {stage} begins anew"))?;
            return Ok((self.restart(stage)?, None));
        }
        let Some(Checkpoint { progress, state }) = found else {
            self.refuse_to_continue(stage, None)?;
            return Ok((self.progress.stage, None));
        };
        // Times and the numbers of label files are counted over the run.
        let refreshes = self.progress.refreshes.max(progress.refreshes);
        // A calibration outlasts the stages that build on its network.
        let calibrated = self.progress.calibrated.clone().filter(|_| stage > Stage::Contrastive);
        let changes = std::mem::take(&mut self.progress.changes);
        self.progress = Progress { time: self.clock.now(), refreshes, calibrated, changes, ..progress };
        if stage == Stage::Contrastive {
            self.handed_on = None;
        }
        self.wait_for_writer(None)?;
        // The checkpoint comes first: whatever happens from here on, the run goes on in this stage.
        let checkpoint = Checkpoint { progress: self.progress.clone(), state };
        let file = self.insist(|machine| machine.write(&checkpoint))?;
        self.emit(Body::StageCut { cut: Cut::Undone })?;
        self.saved(file)?;
        self.insist(|machine| machine.cuts.forget_from(stage))?;
        Ok((Some(stage), checkpoint.state))
    }
}

//! Settings that a person changes for the rest of the run.
//!
//! A change is part of the progress, so that a checkpoint holds those that were made before it. The stage is taken up from where
//! it stands with the new settings, just as after a pause between two processes: what a process computes that is taken up
//! after the change is what this one would have.

use std::sync::Arc;

use super::super::error::TrainingError;
use super::super::events::{Body, Level, SettingChange};
use super::{Changed, End, Flow, Machine, Running, epochs_of};
use crate::config::{Change, Settings};

impl Machine<'_> {
    /// Takes note of a change, on the disk too; false where it is none.
    pub(super) fn accept(&mut self, change: Change, running: &Running) -> Result<bool, TrainingError> {
        let settings = &self.settings_now();
        let before = change.setting.value_in(settings);
        if let Err(why) = change.applied_to(settings) {
            self.log(Level::Warning, format!("{change} is not taken: {why}"))?;
            return Ok(false);
        }
        if before == change.value {
            self.log(Level::Info, format!("{change}: so it is already"))?;
            return Ok(false);
        }
        let (stage, epoch, step, time) = (running.stage, self.progress.epoch, self.progress.step, self.clock.now());
        self.progress.changes.push(SettingChange { change, before, stage, epoch, step, time });
        self.emit(Body::Changed { changes: self.progress.changes.clone() })?;
        self.log(Level::Info, format!("{change} from here on; it was {before}"))?;
        self.save(Some(running))?;
        Ok(true)
    }

    /// Leaves the stage to take it up with the changed settings.
    pub(super) fn take_up_changed(&mut self, running: &Running) -> Result<Flow, TrainingError> {
        let state = self.checkpoint(running)?.state;
        Ok(Flow::Leave(End::Changed(Changed { state, stop_after_epoch: running.stop_after_epoch })))
    }

    /// The settings that the run began with, and all changes since.
    fn settings_now(&self) -> Settings {
        self.progress.changes.iter().fold(self.begun_with.clone(), |settings, made| {
            // One that was in its range when it was made is in it now, unless the run's own settings were changed by hand.
            made.change.applied_to(&settings).unwrap_or(settings)
        })
    }

    /// Goes by the settings as they are changed so far.
    pub(super) fn adopt_changes(&mut self) -> Result<(), TrainingError> {
        let settings = self.settings_now();
        if settings == self.context.settings {
            return Ok(());
        }
        for plan in &mut self.plan {
            plan.epochs = epochs_of(&settings, plan.stage);
        }
        self.context = Arc::new(self.context.with_settings(settings)?);
        Ok(())
    }

    /// Tells the changes that hold, after a process took the run up.
    pub(super) fn tell_changes(&mut self) -> Result<(), TrainingError> {
        if self.progress.changes.is_empty() {
            return Ok(());
        }
        self.emit(Body::Changed { changes: self.progress.changes.clone() })
    }
}

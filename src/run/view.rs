//! What a run's events say, reduced: the one place where events become curves, stage states and metrics.
//!
//! Pure: no file, no clock. The console, `--plain`, `mug runs` and the figures all read this.

mod apply;
mod curves;
mod entries;
mod phase;
mod system;

pub use curves::{Column, Curves, RATE, StageView};
pub use entries::{EmbeddingEntry, HealthEntry, LabelRefresh, LogLine, Mark, MarkKind, PredictionsEntry};
pub use phase::Phase;
pub use system::{Quantity, Series, System, Unit};

use super::sealed::Damage;
use crate::config::LabelSource;
use crate::modality::Modality;
use crate::training::events::{Check, CheckState, Prepared, Preparing, SettingChange, Stage, Summary};

/// Everything the events of a run say.
#[derive(Clone, Debug, Default)]
pub struct RunView {
    pub phase: Phase,
    /// What is done before training begins or goes on, while it is done.
    pub preparing: Option<Preparing>,
    pub prepared: Option<Prepared>,
    /// By [`Stage::index`].
    pub stages: [StageView; 3],
    /// The stage being trained, or the last one that was.
    pub stage: Option<Stage>,
    pub labels: Vec<LabelRefresh>,
    pub embeddings: Vec<EmbeddingEntry>,
    pub predictions: Vec<PredictionsEntry>,
    /// The latest of each check, in the order in which they first came.
    pub health: Vec<HealthEntry>,
    pub marks: Vec<Mark>,
    pub system: System,
    /// Settings that were changed while it trained.
    pub changes: Vec<SettingChange>,
    pub log: Vec<LogLine>,
    /// Active seconds of the run.
    pub time: f64,
    /// The last fault's message, until training goes on.
    pub fault: Option<String>,
    pub summary: Option<Summary>,
    /// The last error told since training last went on.
    alarm: Option<String>,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// Events applied.
    pub events: u64,
    /// What is wrong with the lines that the events were read from; set by who reads a whole file.
    pub damage: Damage,
}

impl RunView {
    /// The view of one stage.
    pub fn stage(&self, stage: Stage) -> &StageView {
        &self.stages[stage.index()]
    }

    /// The modalities that the run's network has encoders of; all before that is known.
    pub fn modalities(&self) -> Vec<Modality> {
        self.prepared.as_ref().map_or_else(|| Modality::ALL.to_vec(), |p| p.modalities())
    }

    /// Why the run is parked though nobody asked for it: an error that came after its last step.
    pub fn waits_for(&self) -> Option<&str> {
        self.alarm.as_deref().filter(|_| self.phase == Phase::Paused)
    }

    /// Why the run failed before its data and model were ready: there is nothing yet to go on from.
    pub fn failed_to_begin(&self) -> Option<&str> {
        self.fault.as_deref().filter(|_| self.prepared.is_none())
    }

    /// Why there are no labels to look at, where no stage has made any yet.
    pub fn labels_to_come(&self) -> String {
        let prepared = self.prepared.as_ref();
        let plans = |stage| prepared.is_none_or(|p| p.plan.iter().any(|s| s.stage == stage));
        if plans(Stage::Denoising) {
            return "labels are corrected in the denoising stage".to_owned();
        }
        match prepared.map_or(LabelSource::Corrected, |p| p.label_source) {
            source if source == LabelSource::Corrected || !plans(Stage::Joint) => {
                "labels are not corrected: the denoising stage is no part of the run".to_owned()
            }
            LabelSource::Momentum => "momentum labels are made in the joint stage".to_owned(),
            source => format!("labels are not corrected: the joint stage learns {}", source.in_words()),
        }
    }

    /// The checks that fail now.
    pub fn failing(&self) -> impl Iterator<Item = &Check> {
        self.health.iter().map(|h| &h.check).filter(|c| c.state == CheckState::Failing)
    }
}

#[cfg(test)]
mod tests;

//! What the machine tells its listener.

use burn::module::Module;

use super::super::context::Context;
use super::super::error::TrainingError;
use super::super::events::{Body, Event, Level, Prepared, StageState};
use super::super::{learner, metrics};
use super::Machine;
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

impl Machine<'_> {
    pub(super) fn prepared(&self) -> Prepared {
        let Context { dataset, .. } = &*self.context;
        Prepared {
            dataset: dataset.name.clone(),
            device: self.device_name.clone(),
            samples: PerSplit::from_fn(|s| dataset.len(s)),
            shapes: PerModality::from_fn(|m| dataset.shapes[m]),
            label_range: dataset.label_range,
            metric_keys: metrics::list(dataset.metrics).iter().map(|m| m.key.to_owned()).collect(),
            unimodal_labels: Split::ALL.iter().any(|&s| dataset.unimodal_labels(s).is_some()),
            plan: self.plan.clone(),
            parameters: (self.context.new_network().num_params(), learner::parameters(&self.context)),
            findings: dataset.flaws.iter().map(ToString::to_string).collect(),
            in_sample: self.context.settings.data.in_sample.clone(),
            label_source: self.context.settings.labels.source,
            // Unsaid where there is nothing to say.
            modalities: Some(self.context.settings.model.encoded())
                .filter(|m| m.len() < Modality::ALL.len())
                .unwrap_or_default(),
        }
    }

    pub(super) fn stage_changed(&mut self, state: StageState) -> Result<(), TrainingError> {
        self.emit(Body::StageChanged { state })
    }

    pub(super) fn log(&mut self, level: Level, message: String) -> Result<(), TrainingError> {
        self.emit(Body::Log { level, message })
    }

    pub(super) fn emit(&mut self, body: Body) -> Result<(), TrainingError> {
        self.emit_in(self.progress.epoch, self.progress.step, body)
    }

    pub(super) fn emit_in(&mut self, epoch: u32, step: u64, body: Body) -> Result<(), TrainingError> {
        self.tell(self.clock.now(), epoch, step, body)
    }

    /// Reports something of the running stage; `time` as in [`Event::time`].
    pub(super) fn tell(&mut self, time: f64, epoch: u32, step: u64, body: Body) -> Result<(), TrainingError> {
        self.listener.tell(Event { time, stage: self.progress.stage, epoch, step, body })
    }

    /// Says what follows from the settings and may surprise: what a network of fewer modalities cannot do, what checkpoints do
    /// without, what several BERTs cost.
    pub(super) fn say_what_follows(&mut self) -> Result<(), TrainingError> {
        for words in [self.context.left_out_in_words(), self.context.several_berts_in_words()].into_iter().flatten() {
            self.log(Level::Info, words)?;
        }
        match self.context.settings.model.encoded()[..] {
            [m] => self.log(
                Level::Info,
                format!("model.modalities holds {m} alone: there is nothing to align, and L_cl is left out"),
            ),
            _ => Ok(()),
        }
    }
}

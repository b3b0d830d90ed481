//! What a run's events say, reduced: the one place where events become curves, stage states and metrics.
//!
//! Pure: no file, no clock. The console, `--plain`, `mug runs` and the figures all read this.

use std::collections::BTreeMap;

use crate::training::events::{
    Body, Event, LabelSummaries, Level, Metrics, Prepared, Scalars, Stage, StageState, Summary,
};

/// Where a whole run stands, by its events (a process that died can still read `Training`: see `run::lock`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Data and model are being made ready.
    #[default]
    Preparing,
    Training,
    Paused,
    /// Ended before its last stage; can be resumed.
    Stopped,
    Finished,
    /// Ended by an error; can be resumed from its last checkpoint.
    Faulted,
}

impl Phase {
    /// One word for lists and headings.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Preparing => "preparing",
            Phase::Training => "training",
            Phase::Paused => "paused",
            Phase::Stopped => "stopped",
            Phase::Finished => "finished",
            Phase::Faulted => "faulted",
        }
    }

    /// Where the run stands after an event.
    pub fn after(self, event: &Event) -> Phase {
        match &event.body {
            Body::Resumed { .. } | Body::Restarted | Body::Unpaused => Phase::Training,
            // Not only the change of a stage: whoever reads from the middle of the events sees these first.
            Body::Step { .. } | Body::Epoch { .. } => Phase::Training,
            Body::StageChanged { state: StageState::Running } => Phase::Training,
            Body::Paused => Phase::Paused,
            Body::Fault { .. } => Phase::Faulted,
            Body::Stopped => Phase::Stopped,
            Body::Finished { .. } => Phase::Finished,
            Body::Prepared(_)
            | Body::StageChanged { .. }
            | Body::Labels { .. }
            | Body::Checkpointed { .. }
            | Body::Log { .. } => self,
        }
    }

    /// True where training is over until somebody takes the run up again.
    pub fn is_over(self) -> bool {
        matches!(self, Phase::Stopped | Phase::Finished | Phase::Faulted)
    }
}

/// One named number over steps or epochs, beside the shared positions of [`Curves`]; NaN where it was not finite or not
/// reported.
pub type Column = Vec<f32>;

/// Numbers over the steps, or over the epochs, of one stage.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    /// Optimiser steps done.
    pub step: Vec<u64>,
    /// Epochs done, with the fraction of the running one.
    pub epoch: Vec<f32>,
    /// Active seconds of the run.
    pub time: Vec<f64>,
    /// Columns by name, each as long as `step`.
    pub columns: BTreeMap<String, Column>,
}

impl Curves {
    /// Number of points.
    pub fn len(&self) -> usize {
        self.step.len()
    }

    pub fn is_empty(&self) -> bool {
        self.step.is_empty()
    }

    fn push(&mut self, step: u64, epoch: f32, time: f64, scalars: &Scalars, prefix: &str) {
        self.step.push(step);
        self.epoch.push(epoch);
        self.time.push(time);
        self.fill(scalars, prefix);
    }

    /// Writes the scalars into the last position, making columns as they appear.
    fn fill(&mut self, scalars: &Scalars, prefix: &str) {
        let n = self.len();
        for (name, value) in scalars {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}{name}") };
            let column = self.columns.entry(key).or_default();
            column.resize(n - 1, f32::NAN);
            column.push(value.unwrap_or(f32::NAN));
        }
        for column in self.columns.values_mut() {
            column.resize(n, f32::NAN);
        }
    }

    fn truncate(&mut self, keep: usize) {
        self.step.truncate(keep);
        self.epoch.truncate(keep);
        self.time.truncate(keep);
        for column in self.columns.values_mut() {
            column.truncate(keep);
        }
    }
}

/// One stage's part of a run.
#[derive(Clone, Debug, Default)]
pub struct StageView {
    pub state: StageState,
    /// Epochs planned at most; 0 where the stage is not part of the run.
    pub epochs: u32,
    pub steps_per_epoch: u32,
    /// The epoch being trained, from 1.
    pub epoch: u32,
    /// Optimiser steps done.
    pub step: u64,
    /// Column names as the stage's `Step` scalars.
    pub steps: Curves,
    /// Column names `train.NAME` and `valid.NAME`.
    pub per_epoch: Curves,
    /// Validation metrics, one for each point of `per_epoch`.
    pub metrics: Vec<Metrics>,
    /// For each point of `per_epoch`, whether its weights were the best until then.
    pub best: Vec<bool>,
    /// Of the last finished epoch.
    pub samples_per_second: Option<f64>,
}

impl StageView {
    /// Position in `per_epoch` of the best epoch so far.
    pub fn best_epoch(&self) -> Option<usize> {
        self.best.iter().rposition(|&b| b)
    }

    /// Names of the values that are reported by step or by epoch, `loss` first, those of steps before the others.
    pub fn scalar_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.steps.columns.keys().cloned().collect();
        for key in self.per_epoch.columns.keys() {
            let name = key.strip_prefix("train.").or_else(|| key.strip_prefix("valid.")).unwrap_or(key);
            if !names.iter().any(|n| n == name) {
                names.push(name.to_owned());
            }
        }
        names.sort_by_key(|n| (n != "loss", !self.steps.columns.contains_key(n), n.clone()));
        names
    }

    /// Share of the planned steps that is done, in [0, 1]; 1 once finished.
    pub fn progress(&self) -> f64 {
        if self.state == StageState::Finished {
            return 1.0;
        }
        let total = u64::from(self.epochs) * u64::from(self.steps_per_epoch);
        if total == 0 { 0.0 } else { (self.step as f64 / total as f64).min(1.0) }
    }
}

/// A refresh of the corrected labels.
#[derive(Clone, Debug)]
pub struct LabelRefresh {
    pub refresh: u32,
    pub stage: Option<Stage>,
    pub epoch: u32,
    pub step: u64,
    /// Below the run directory.
    pub file: String,
    pub summaries: LabelSummaries,
}

/// A moment to mark on the curves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub kind: MarkKind,
    pub stage: Stage,
    pub step: u64,
    pub time: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    Paused,
    Resumed,
}

/// A log line with the moment it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    pub time: f64,
    pub level: Level,
    pub message: String,
}

/// Everything the events of a run say.
#[derive(Clone, Debug, Default)]
pub struct RunView {
    pub phase: Phase,
    pub prepared: Option<Prepared>,
    /// By [`Stage::index`].
    pub stages: [StageView; 3],
    /// The stage being trained, or the last one that was.
    pub stage: Option<Stage>,
    pub labels: Vec<LabelRefresh>,
    pub marks: Vec<Mark>,
    pub log: Vec<LogLine>,
    /// Active seconds of the run.
    pub time: f64,
    /// The last fault's message, until training goes on.
    pub fault: Option<String>,
    pub summary: Option<Summary>,
    /// Checkpoints written.
    pub checkpoints: u64,
    /// Events applied.
    pub events: u64,
}

impl RunView {
    /// The view of one stage.
    pub fn stage(&self, stage: Stage) -> &StageView {
        &self.stages[stage.index()]
    }

    /// Takes in the next event.
    pub fn apply(&mut self, event: &Event) {
        self.events += 1;
        self.time = event.time;
        self.phase = self.phase.after(event);
        let here = event.stage.map(|s| (s, event.step));
        if let Some(stage) = event.stage {
            self.stage = Some(stage);
        }
        match &event.body {
            Body::Prepared(prepared) => {
                for plan in &prepared.plan {
                    let view = &mut self.stages[plan.stage.index()];
                    view.epochs = plan.epochs;
                    view.steps_per_epoch = plan.steps_per_epoch;
                }
                for stage in Stage::ALL {
                    if !prepared.plan.iter().any(|p| p.stage == stage) {
                        self.stages[stage.index()].state = StageState::Skipped;
                    }
                }
                self.prepared = Some(prepared.clone());
            }
            Body::Resumed { device } => {
                if let Some((stage, step)) = here {
                    self.void_from(stage, step);
                    self.marks.push(Mark { kind: MarkKind::Resumed, stage, step, time: event.time });
                }
                if let Some(prepared) = &mut self.prepared {
                    prepared.device = device.clone();
                }
                self.fault = None;
                self.summary = None;
            }
            Body::Restarted => {
                if let Some(stage) = event.stage {
                    self.void_from(stage, 0);
                }
                self.summary = None;
            }
            Body::StageChanged { state } => {
                if let Some((stage, step)) = here {
                    let view = &mut self.stages[stage.index()];
                    view.state = *state;
                    view.epoch = event.epoch;
                    view.step = step;
                    if *state == StageState::Running {
                        self.fault = None;
                    }
                }
            }
            Body::Step { scalars } => {
                if let Some((stage, step)) = here {
                    let view = &mut self.stages[stage.index()];
                    view.epoch = event.epoch;
                    view.step = step;
                    let epoch = step as f32 / view.steps_per_epoch.max(1) as f32;
                    view.steps.push(step, epoch, event.time, scalars, "");
                }
            }
            Body::Epoch { train, valid, metrics, samples_per_second, best, .. } => {
                if let Some((stage, step)) = here {
                    let view = &mut self.stages[stage.index()];
                    view.epoch = event.epoch;
                    view.step = step;
                    view.per_epoch.push(step, event.epoch as f32, event.time, train, "train.");
                    view.per_epoch.fill(valid, "valid.");
                    view.metrics.push(metrics.clone());
                    view.samples_per_second = Some(*samples_per_second);
                    view.best.push(*best);
                }
            }
            Body::Labels { refresh, file, summaries, .. } => self.labels.push(LabelRefresh {
                refresh: *refresh,
                stage: event.stage,
                epoch: event.epoch,
                step: event.step,
                file: file.clone(),
                summaries: *summaries,
            }),
            Body::Checkpointed { .. } => self.checkpoints += 1,
            Body::Paused => {
                if let Some((stage, step)) = here {
                    self.marks.push(Mark { kind: MarkKind::Paused, stage, step, time: event.time });
                }
            }
            Body::Log { level, message } => {
                self.log.push(LogLine { time: event.time, level: *level, message: message.clone() });
            }
            Body::Fault { message } => {
                self.fault = Some(message.clone());
                self.log.push(LogLine { time: event.time, level: Level::Error, message: message.clone() });
            }
            Body::Unpaused | Body::Stopped => {}
            Body::Finished { summary } => self.summary = Some(summary.clone()),
        }
    }

    /// Forgets what lies after optimiser step `step` of `stage`, and all later stages.
    fn void_from(&mut self, stage: Stage, step: u64) {
        let view = &mut self.stages[stage.index()];
        let keep = view.steps.step.partition_point(|&s| s <= step);
        view.steps.truncate(keep);
        let keep = view.per_epoch.step.partition_point(|&s| s <= step && step > 0);
        view.per_epoch.truncate(keep);
        view.metrics.truncate(keep);
        view.best.truncate(keep);
        view.step = step;
        for later in &mut self.stages[stage.index() + 1..] {
            *later = StageView {
                state: if later.epochs == 0 { StageState::Skipped } else { StageState::Pending },
                epochs: later.epochs,
                steps_per_epoch: later.steps_per_epoch,
                ..StageView::default()
            };
        }
        self.labels.retain(|l| l.stage.is_none_or(|s| s < stage || (s == stage && step > 0 && l.step <= step)));
        self.marks.retain(|m| m.stage < stage || (m.stage == stage && m.step <= step));
    }
}

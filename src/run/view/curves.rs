//! Numbers over the steps and epochs of a stage.

use std::collections::BTreeMap;

use crate::training::events::{Costs, Cut, Metrics, PartSize, Scalars, StageState};

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

    pub(super) fn push(&mut self, step: u64, epoch: f32, time: f64, scalars: &Scalars, prefix: &str) {
        self.step.push(step);
        self.epoch.push(epoch);
        self.time.push(time);
        self.fill(scalars, prefix);
    }

    /// Writes the scalars into the last position, making columns as they appear.
    pub(super) fn fill(&mut self, scalars: &Scalars, prefix: &str) {
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

    /// Writes new values of columns that begin with `prefix` into the last position; others of them keep the value before.
    pub(super) fn carry(&mut self, new: impl Iterator<Item = (String, f32)>, prefix: &str) {
        let Some(last) = self.len().checked_sub(1) else { return };
        for (_, column) in self.columns.range_mut(prefix.to_owned()..).take_while(|(name, _)| name.starts_with(prefix))
        {
            if let Some(before) = last.checked_sub(1) {
                column[last] = column[before];
            }
        }
        for (name, value) in new {
            let column = self.columns.entry(name).or_default();
            column.resize(last + 1, f32::NAN);
            column[last] = value;
        }
    }

    pub(super) fn truncate(&mut self, keep: usize) {
        self.step.truncate(keep);
        self.epoch.truncate(keep);
        self.time.truncate(keep);
        for column in self.columns.values_mut() {
            column.truncate(keep);
        }
    }
}

/// What names of columns of learning rates begin with; the group follows.
pub const RATE: &str = "learning_rate_";

/// One stage's part of a run.
#[derive(Clone, Debug, Default)]
pub struct StageView {
    pub state: StageState,
    /// What became of the wish to end the stage early, while it stands: asked for, or done.
    pub cut: Option<Cut>,
    /// Epochs planned at most; 0 where the stage is not part of the run.
    pub epochs: u32,
    pub steps_per_epoch: u32,
    /// The epoch being trained, from 1.
    pub epoch: u32,
    /// Optimiser steps done.
    pub step: u64,
    /// Column names as the stage's `Step` scalars, and [`RATE`] with each group of parameters.
    pub steps: Curves,
    /// Column names `train.NAME` and `valid.NAME`.
    pub per_epoch: Curves,
    /// Validation metrics, one for each point of `per_epoch`.
    pub metrics: Vec<Metrics>,
    /// For each point of `per_epoch`, whether its weights were the best until then.
    pub best: Vec<bool>,
    /// How large the network is in this stage, part by part; empty before it begins, and in records of versions that did not
    /// tell.
    pub parameters: Vec<PartSize>,
    /// Of the last finished epoch.
    pub samples_per_second: Option<f64>,
    /// After the last finished epoch, or once the stage handed on.
    pub costs: Option<Costs>,
}

impl StageView {
    /// Position in `per_epoch` of the best epoch so far.
    pub fn best_epoch(&self) -> Option<usize> {
        self.best.iter().rposition(|&b| b)
    }

    /// The learning rates over the steps, by group.
    pub fn rates(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.steps.columns.iter().filter_map(|(name, column)| Some((name.strip_prefix(RATE)?, column)))
    }

    /// Names of the values that are reported by step or by epoch, `loss` first, those of steps before the others, learning
    /// rates last.
    pub fn scalar_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.steps.columns.keys().cloned().collect();
        for key in self.per_epoch.columns.keys() {
            let name = key.strip_prefix("train.").or_else(|| key.strip_prefix("valid.")).unwrap_or(key);
            if !names.iter().any(|n| n == name) {
                names.push(name.to_owned());
            }
        }
        names.sort_by_key(|n| (n.starts_with(RATE), n != "loss", !self.steps.columns.contains_key(n), n.clone()));
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

//! A run's line in a list.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::differing::{differing, own};
use super::skim::skim;
use super::state::RunState;
use crate::modality::{Modality, PerModality};
use crate::run::directory::RunDir;
use crate::run::study::metric::LabelMeasure;
use crate::run::tags::{self, Tags};
use crate::run::view::{Phase, RunView};
use crate::run::{clock, lock};
use crate::split::Split;
use crate::training::events::{Costs, LabelSummary, Stage, StageState, Summary, SummaryMetrics};

/// A line of the list of runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunSummary {
    pub name: String,
    pub path: PathBuf,
    /// As the user named it.
    pub dataset: String,
    pub state: RunState,
    /// The stage being trained, or the last one that was.
    pub stage: Option<Stage>,
    /// Epoch of that stage, from 1; 0 before the first.
    pub epoch: u32,
    /// Epochs planned for that stage at most.
    pub epochs: u32,
    /// Share of the planned optimiser steps of all stages, in [0, 1].
    pub progress: f64,
    /// RFC 3339, UTC.
    pub created: String,
    /// When the events were last appended to, in seconds since 1970.
    pub updated: u64,
    /// `None` before the run is finished.
    pub result: Option<RunResult>,
    /// Why training ended by an error, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The study that it is a cell of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study: Option<String>,
    /// In alphabetical order.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// By their dotted keys, those that are not the program's own; `null`: one of its own that the run does not have.
    /// [`setting`](Self::setting) finds any.
    #[serde(default)]
    pub settings: BTreeMap<String, Value>,
}

/// The figures of a finished run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The stage and the epoch that they are of: the one whose weights the run hands on.
    pub stage: Option<Stage>,
    pub epoch: Option<u32>,
    #[serde(flatten)]
    pub metrics: SummaryMetrics,
    /// What each stage cost.
    #[serde(default)]
    pub costs: BTreeMap<Stage, Costs>,
    /// As in [`Summary`].
    #[serde(default)]
    pub peak_memory: Option<u64>,
    /// Of the training split's labels, by the last parts of their keys: `text.mae`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, f64>,
}

impl From<&Summary> for RunResult {
    fn from(summary: &Summary) -> Self {
        let of = [Stage::Joint, Stage::Contrastive].into_iter().find_map(|s| Some((s, summary.stages.get(&s)?)));
        let (stage, epoch) = (of.map(|(stage, _)| stage), of.map(|(_, s)| s.best_epoch));
        Self {
            stage,
            epoch,
            metrics: summary.metrics.clone(),
            costs: summary.stages.iter().map(|(stage, s)| (*stage, s.costs())).collect(),
            peak_memory: summary.peak_memory,
            labels: summary.labels.as_ref().map(|l| measured(&l[Split::Train])).unwrap_or_default(),
        }
    }
}

fn measured(labels: &PerModality<LabelSummary>) -> BTreeMap<String, f64> {
    let of = |m: Modality| LabelMeasure::ALL.into_iter().map(move |(name, measure)| (m, name, measure));
    let value = |(m, name, measure): (Modality, &str, LabelMeasure)| {
        let value = measure.of(&labels[m]).filter(|v| v.is_finite())?;
        Some((format!("{m}.{name}"), value))
    };
    Modality::ALL.into_iter().flat_map(of).filter_map(value).collect()
}

impl RunSummary {
    /// A setting by its dotted key; `None` where the run has none of this key.
    pub fn setting(&self, key: &str) -> Option<&Value> {
        self.settings.get(key).or_else(|| own(key)).filter(|value| !value.is_null())
    }

    /// Why the run failed before any stage began: there is nothing yet to go on from.
    pub fn failed_to_begin(&self) -> Option<&str> {
        self.fault.as_deref().filter(|_| self.stage.is_none())
    }
}

/// Tags are read each time: most runs have none, and a look for the file is all that costs.
pub(super) fn tags_of(run: &Path) -> Tags {
    // A damaged file is told by whoever changes it; the run is listed all the same.
    tags::read(run).unwrap_or_default()
}

pub(super) fn with_tags(run: RunSummary, tags: Tags) -> RunSummary {
    RunSummary { tags: tags.tags.into_iter().collect(), note: tags.note, ..run }
}

/// The state and progress of one run.
pub fn summarise(dir: &RunDir) -> RunSummary {
    // Asked before the events are read: a host that ends in between has then already written why.
    let alive = lock::is_alive(dir);
    let view = skim(&dir.events_path());
    let stage = view.stage;
    let path = dir.events_path();
    let modified = std::fs::metadata(&path).or_else(|_| std::fs::metadata(dir.path())).and_then(|m| m.modified());
    let (study, name) = match dir.name().split_once('/') {
        Some((study, name)) => (Some(study.to_owned()), name),
        None => (None, dir.name()),
    };
    let summary = RunSummary {
        name: name.to_owned(),
        path: dir.path().to_owned(),
        dataset: dir.manifest().dataset.clone(),
        state: RunState::of(view.phase, alive),
        stage,
        epoch: stage.map_or(0, |s| view.stage(s).epoch),
        epochs: stage.map_or(0, |s| view.stage(s).epochs),
        progress: progress(&view),
        created: dir.manifest().created.clone(),
        updated: modified.map(clock::unix_seconds).unwrap_or(0),
        result: view.summary.as_ref().map(RunResult::from),
        // One that is being taken up has not failed yet.
        fault: view.fault.clone().filter(|_| !alive && view.phase == Phase::Faulted),
        study,
        tags: Vec::new(),
        note: String::new(),
        settings: differing(&dir.manifest().settings),
    };
    with_tags(summary, tags_of(dir.path()))
}

/// Share of the planned optimiser steps of all stages, in [0, 1].
pub fn progress(view: &RunView) -> f64 {
    if view.phase == Phase::Finished {
        return 1.0;
    }
    let (mut done, mut all) = (0.0, 0.0);
    for stage in Stage::ALL {
        let part = view.stage(stage);
        let steps = f64::from(part.epochs) * f64::from(part.steps_per_epoch);
        // Stages run in order: one before the current stage is done, even where its end was not read.
        let share = if part.state == StageState::Skipped {
            continue;
        } else if view.stage.is_some_and(|now| stage < now) {
            1.0
        } else {
            part.progress()
        };
        done += share * steps;
        all += steps;
    }
    if all > 0.0 { done / all } else { 0.0 }
}

//! The result of one run on a card: its figures with the rule that picked their epoch, what correction did to the labels,
//! signs of failure, how each stage ended, what it ran on, and its settings. Of a run that goes on, as far as it is.
//!
//! The card is plain data, here; `text` makes lines of it, for `mug show` and the console.

mod costs;
mod parameters;
mod process;
mod text;

use std::path::PathBuf;

use serde::Serialize;

use super::compare::{predicting, settings};
use crate::config::{LabelSource, Settings};
use crate::modality::Modality;
use crate::run::directory::{Manifest, ProcessRecord, RunDir};
use crate::run::list::RunState;
use crate::run::lock;
use crate::run::view::RunView;
use crate::training::events::{
    Check, CheckState, Costs, LabelSummaries, Level, Metrics, PartSize, SettingChange, Stage, StageState,
};

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    pub run: String,
    pub path: PathBuf,
    /// As the user named it.
    pub dataset: String,
    pub state: RunState,
    /// Why training does not go on, where it does not and should.
    pub reason: Option<String>,
    /// `None` before data and model are ready.
    pub device: Option<String>,
    pub seed: u64,
    /// RFC 3339, UTC.
    pub created: String,
    /// Active seconds.
    pub seconds: f64,
    /// The epoch that the figures are of; `None` before there is one.
    pub picked: Option<Picked>,
    /// In the order of the field's tables.
    pub figures: Vec<Figure>,
    pub stages: Vec<StageCard>,
    /// The most memory that was resident, reading the data included, in bytes; known once the run is finished.
    pub peak_memory: Option<u64>,
    /// The last refresh; `None` where no stage has made labels.
    pub labels: Option<Labels>,
    /// What stage 3's unimodal tasks learn.
    pub label_source: LabelSource,
    pub health: Health,
    /// What trained it last, and on what; `None` in runs of older versions.
    pub process: Option<ProcessRecord>,
    /// Digest of the data file's content, in hexadecimal digits; `None` where it has no file, or is not known yet.
    pub data_sha256: Option<String>,
    /// All settings, those that are not as they ship for the dataset first.
    pub settings: Vec<Setting>,
    /// Settings that were changed while it trained, with the step after which they hold.
    pub changes: Vec<SettingChange>,
    /// What the run warned of, besides signs of failure: findings in the data among it.
    pub warnings: Vec<String>,
}

/// The epoch whose weights predict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Picked {
    pub stage: Stage,
    /// From 1; 0: before the first.
    pub epoch: u32,
    /// What it is the best by.
    pub rule: String,
}

/// A metric of the picked epoch; `None`: undefined, or not there yet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// `mae`, `pearson`, `acc2`, ...
    pub key: String,
    pub valid: Option<f64>,
    pub test: Option<f64>,
}

/// Where a stage of the run stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageCard {
    pub stage: Stage,
    pub state: StageState,
    /// Epochs trained.
    pub epochs: u32,
    /// Epochs planned, at most.
    pub planned: u32,
    /// The epoch whose weights are handed on, or would be now.
    pub best_epoch: Option<u32>,
    /// What the epoch is picked by.
    pub rule: String,
    /// `None` before the stage is finished.
    pub ended: Option<Ending>,
    /// Active seconds spent in the stage; known once the run is finished.
    pub seconds: Option<f64>,
    /// So far; `None` before the stage's first epoch, and in records of versions that told them at the run's end alone.
    pub costs: Option<Costs>,
    /// How large the network is in the stage, part by part; empty before it begins, and in records of versions that did not
    /// tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<PartSize>,
}

/// Why a finished stage trained no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Ending {
    /// All planned epochs are trained.
    AllEpochs,
    /// Early stopping.
    NoBetterEpoch { patience: u32 },
    /// Somebody ended it.
    AsAsked,
}

/// What correction did to the labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Labels {
    pub refresh: u32,
    /// The stage that made them, and its epoch.
    pub stage: Option<Stage>,
    pub epoch: u32,
    /// Modalities whose features were fitted to human labels of the training split.
    pub in_sample: Vec<Modality>,
    pub summaries: LabelSummaries,
}

/// Signs of failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// Checks made.
    pub checks: usize,
    /// Checks that there was nothing to judge by.
    pub unknown: usize,
    pub failing: Vec<Check>,
}

/// A setting of the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Setting {
    /// As in the settings file: `joint.unimodal_weight`.
    pub key: String,
    pub value: String,
    /// What ships for the dataset, where the run has another value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipped: Option<String>,
}

/// The settings that a short card shows even where they are as they ship.
const MAIN: [&str; 14] = [
    "training.batch_size",
    "contrastive.epochs",
    "contrastive.learning_rate",
    "contrastive.contrastive_weight",
    "denoising.epochs",
    "denoising.objective",
    "denoising.corruption",
    "denoising.corruption.gaussian",
    "denoising.corruption.uniform",
    "denoising.corruption.permute",
    "denoising.corruption.flip",
    "joint.epochs",
    "joint.learning_rate",
    "joint.unimodal_weight",
];

impl Card {
    /// The card of a run, from its directory and what its events say.
    pub fn new(dir: &RunDir, view: &RunView) -> Card {
        // Asked after the events were read.
        let state = RunState::of(view.phase, lock::is_alive(dir));
        let reason = match state {
            RunState::Died => Some(format!("its process is gone; mug resume {} takes it up", dir.name())),
            _ => view.fault.as_deref().or(view.waits_for()).map(str::to_owned),
        };
        let manifest = dir.manifest();
        Card {
            run: dir.name().to_owned(),
            path: dir.path().to_owned(),
            dataset: manifest.dataset.clone(),
            state,
            reason,
            device: view.prepared.as_ref().map(|p| p.device.clone()),
            seed: manifest.seed,
            created: manifest.created.clone(),
            seconds: view.time,
            picked: picked(view),
            figures: figures(view),
            stages: manifest.stages.iter().map(|s| stage_card(*s, &manifest.settings, view)).collect(),
            peak_memory: view.summary.as_ref().and_then(|s| s.peak_memory),
            labels: view.labels.last().map(|l| Labels {
                refresh: l.refresh,
                stage: l.stage,
                epoch: l.epoch,
                in_sample: view.prepared.as_ref().map_or_else(Vec::new, |p| p.in_sample.clone()),
                summaries: l.summaries,
            }),
            label_source: manifest.settings.labels.source,
            health: Health {
                checks: view.health.len(),
                unknown: view.health.iter().filter(|h| h.check.state == CheckState::Unknown).count(),
                failing: view.failing().cloned().collect(),
            },
            process: manifest.process.clone(),
            data_sha256: manifest.data.as_ref().map(|d| d.sha256.clone()),
            settings: all_settings(manifest),
            changes: view.changes.clone(),
            warnings: warnings(view),
        }
    }
}

/// What the epoch is picked by whose weights a stage hands on.
fn rule(stage: Stage, validated: bool) -> String {
    match stage.criterion() {
        Some(criterion) if validated => format!("least {criterion}"),
        Some(_) => "the last epoch: there is no validation to pick by".to_owned(),
        None => "the last epoch".to_owned(),
    }
}

/// Epochs can be picked where the validation split has clips.
fn is_validated(view: &RunView) -> bool {
    view.prepared.as_ref().is_none_or(|p| p.samples.valid > 0) || Stage::ALL.iter().any(|s| best(view, *s).is_some())
}

/// The best epoch of a stage so far, as its events say.
fn best(view: &RunView, stage: Stage) -> Option<u32> {
    let part = view.stage(stage);
    part.per_epoch.epoch.get(part.best_epoch()?).map(|epoch| *epoch as u32)
}

fn best_or_last(view: &RunView, stage: Stage) -> Option<u32> {
    let last = view.stage(stage).per_epoch.epoch.last().map(|epoch| *epoch as u32);
    if stage == Stage::Denoising { last } else { best(view, stage).or(last) }
}

fn picked(view: &RunView) -> Option<Picked> {
    let stage = predicting(view)?;
    Some(Picked { stage, epoch: best_or_last(view, stage)?, rule: rule(stage, is_validated(view)) })
}

fn figures(view: &RunView) -> Vec<Figure> {
    // Measured anew with the weights that are handed on, once that is done.
    let measured = view.summary.as_ref().map(|s| &s.metrics);
    let so_far = predicting(view).and_then(|stage| {
        let part = view.stage(stage);
        part.metrics.get(part.best_epoch()?)
    });
    let valid = measured.map(|m| &m.valid).or(so_far);
    let test = measured.map(|m| &m.test);
    let keys = view.prepared.as_ref().map_or(&[][..], |p| &p.metric_keys);
    let value = |of: Option<&Metrics>, key: &str| of.and_then(|m| m.get(key).copied().flatten());
    let figure = |key: &String| Figure { key: key.clone(), valid: value(valid, key), test: value(test, key) };
    if valid.is_none() && test.is_none() { Vec::new() } else { keys.iter().map(figure).collect() }
}

fn stage_card(stage: Stage, settings: &Settings, view: &RunView) -> StageCard {
    let part = view.stage(stage);
    let summary = view.summary.as_ref().and_then(|s| s.stages.get(&stage));
    let epochs = part.per_epoch.epoch.last().map_or(0, |epoch| *epoch as u32);
    let best_epoch = best_or_last(view, stage);
    let patience = match stage {
        Stage::Contrastive => settings.contrastive.patience,
        Stage::Denoising => 0,
        Stage::Joint => settings.joint.patience,
    };
    let stale = best(view, stage).map_or(0, |best| epochs.saturating_sub(best));
    let ended = (part.state == StageState::Finished).then_some(match () {
        () if epochs >= part.epochs => Ending::AllEpochs,
        () if patience > 0 && stale >= patience => Ending::NoBetterEpoch { patience },
        () => Ending::AsAsked,
    });
    StageCard {
        stage,
        state: part.state,
        epochs,
        planned: part.epochs,
        best_epoch,
        rule: rule(stage, is_validated(view)),
        ended,
        seconds: summary.map(|s| s.seconds),
        costs: part.costs,
        parameters: part.parameters.clone(),
    }
}

fn all_settings(manifest: &Manifest) -> Vec<Setting> {
    let shipped = Settings::built_in(&manifest.dataset_name()).unwrap_or_default();
    let shipped = settings(&shipped);
    let ships = |key: &str| shipped.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    // The seed stands in the card's head.
    let own = settings(&manifest.settings).into_iter().filter(|(key, _)| key != "training.seed");
    let all = own.map(|(key, value)| {
        let shipped = match ships(&key) {
            Some(shipped) => (shipped != value).then_some(shipped),
            None => Some("unset".to_owned()),
        };
        Setting { key, value, shipped }
    });
    let (changed, rest): (Vec<Setting>, Vec<Setting>) = all.partition(|s| s.shipped.is_some());
    changed.into_iter().chain(rest).collect()
}

fn warnings(view: &RunView) -> Vec<String> {
    let damage = (!view.damage.is_none()).then(|| format!("the record is damaged: {}", view.damage));
    let mut all: Vec<String> = damage.into_iter().collect();
    for line in view.log.iter().filter(|l| l.level != Level::Info && !l.message.starts_with("health:")) {
        // A run that was taken up says what it said before.
        if !all.contains(&line.message) {
            all.push(line.message.clone());
        }
    }
    all
}

#[cfg(test)]
mod tests;

//! Where a run stands, as a checkpoint holds it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::training::events::{LabelSummaries, Rates, SettingChange, Stage, StageSummary, SummaryMetrics};
use crate::training::left_out::LeftOut;
use crate::training::optimizer::LossScale;
use crate::training::parts::Part;

/// Where a run stands. Fields that a checkpoint of an older version lacks have their default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The stage being trained; `None` once all are done.
    pub stage: Option<Stage>,
    /// The epoch being trained, from 1.
    pub epoch: u32,
    /// Steps of that epoch that are done.
    pub step_in_epoch: u32,
    /// Steps of the stage that are done.
    pub step: u64,
    /// Active seconds of the run.
    pub time: f64,
    /// Active seconds of the running epoch's steps.
    pub epoch_seconds: f64,
    /// Active seconds of the stage's steps in the epochs before.
    pub train_seconds: f64,
    /// Training samples seen in the stage.
    pub samples: u64,
    /// Sum and number of each loss over the running epoch.
    pub sums: BTreeMap<String, (f64, u32)>,
    /// Epochs since the best one.
    pub stale: u32,
    pub best_score: Option<f32>,
    /// Refreshes of the labels so far.
    pub refreshes: u32,
    /// Figures of the stages, the running one's included.
    pub stages: BTreeMap<Stage, StageSummary>,
    pub metrics: SummaryMetrics,
    pub labels: Option<LabelSummaries>,
    /// The most memory of the run's processes that was resident, in bytes.
    pub peak_memory: Option<u64>,
    /// The health checks that failed when they were last judged, in words.
    pub failing: Vec<String>,
    /// Those of the running stage that were explained in the log, in words: later their figures are enough.
    pub explained: Vec<String>,
    /// Validation MAE of what stage 1 handed on.
    pub aligned_mae: Option<f64>,
    /// Results of the stages that are done.
    pub results: BTreeMap<Stage, Part>,
    /// Labels that a calibration chose: stage 3 learns from them whenever it begins. They hold until stage 1 is begun anew.
    pub calibrated: Option<Part>,
    /// What the running or finished stage 3 learns from where it began with calibrated labels.
    pub targets: Option<Part>,
    /// What the weights here and in the results leave out.
    pub left_out: LeftOut,
    /// The learning rates that were recorded last in the running stage.
    pub rates: Rates,
    /// What the running stage's loss is multiplied with in half precision.
    pub loss_scale: Option<LossScale>,
    /// Settings that were changed for the rest of the run.
    pub changes: Vec<SettingChange>,
    /// 0 for checkpoints of versions that kept no list of their parts.
    pub format: u32,
}

impl Progress {
    /// What stages and calibrations left that this progress needs, with the stage that each comes after.
    pub fn needed(&self) -> impl Iterator<Item = (Stage, &Part)> {
        let labels = self.calibrated.iter().chain(&self.targets).map(|part| (Stage::Denoising, part));
        self.results.iter().map(|(stage, part)| (*stage, part)).chain(labels)
    }

    /// The beginning of a stage; keeps what earlier stages left.
    pub fn begin(&mut self, stage: Stage) {
        self.stages.retain(|&s, _| s < stage);
        self.results.retain(|&s, _| s < stage);
        self.stages.insert(stage, StageSummary::default());
        let earlier = |words: &String| Stage::ALL.iter().any(|&s| s < stage && words.starts_with(s.name()));
        self.failing.retain(earlier);
        let calibrated = self.calibrated.take().filter(|_| stage > Stage::Contrastive);
        *self = Progress {
            stage: Some(stage),
            epoch: 1,
            time: self.time,
            refreshes: self.refreshes,
            stages: std::mem::take(&mut self.stages),
            metrics: std::mem::take(&mut self.metrics),
            labels: self.labels,
            peak_memory: self.peak_memory,
            failing: std::mem::take(&mut self.failing),
            aligned_mae: self.aligned_mae.filter(|_| stage > Stage::Contrastive),
            results: std::mem::take(&mut self.results),
            targets: calibrated.clone().filter(|_| stage == Stage::Joint),
            calibrated,
            left_out: std::mem::take(&mut self.left_out),
            changes: std::mem::take(&mut self.changes),
            ..Progress::default()
        };
    }
}

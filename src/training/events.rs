//! The messages between training and everyone else: commands down, events up.
//!
//! One set of types for the in-process channel, the socket and `events.jsonl`. A number that is not finite is `None`
//! here (JSON has no NaN): charts draw it as a gap and count it.
//!
//! Types only: they import nothing but `modality`, `split`, `config`'s source of labels and changes, and `device`'s usage. To add an event: a [`Body`], emitted where it happens; readers
//! of older versions skip lines that they do not know, and `run::view` says what it changes.

mod costs;
mod health;
mod labels;
mod parameters;
mod preparing;
mod stage;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use costs::Costs;
pub use health::{Check, CheckState};
pub use labels::{Agreement, Apart, Gain, Grid, Interval, LabelSummaries, LabelSummary, LabelValues, Part};
pub use parameters::PartSize;
pub use preparing::{Preparing, Work};
pub use stage::{Cut, Moment, Stage, StageState};

use crate::config::{Change, LabelSource};
use crate::device::usage::Usage;
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

/// What a person or a script can ask of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum Command {
    /// Start, or go on from a park before the first stage.
    Start,
    /// Finish the batch, write a checkpoint, park.
    Pause,
    /// Leave the park.
    Resume,
    /// End the current stage after this epoch and go on with the next one.
    StopAfterEpoch,
    /// Take [`StopAfterEpoch`](Self::StopAfterEpoch) back; does nothing once that epoch has ended.
    KeepStage,
    /// Go on with a stage that was ended by [`StopAfterEpoch`](Self::StopAfterEpoch), from where it was ended. The progress
    /// of the stages after it is thrown away: they were built on what it handed on.
    ContinueStage { stage: Stage },
    /// Finish the batch, write a checkpoint and end the run; it can be resumed.
    StopNow,
    /// Write a checkpoint and go on.
    Checkpoint,
    /// Throw away this stage's progress, and that of the stages after it, and begin it anew.
    RestartStage { stage: Stage },
    /// Change a setting for the rest of the run, from the next step on.
    Set { change: Change },
}

/// Named numbers of a step or an epoch; `None` stands for a value that is not finite.
///
/// Every stage reports `loss` (what its optimiser step minimises). Contrastive adds `task`, `unimodal`, `contrastive`,
/// and per epoch `contrastive_text|audio|vision`, `retrieval_*`, `positive_cosine_*` and `gap_*`; denoising adds
/// `unimodal` (L_uni), `multimodal` (L_mul) and on the validation split `restored_*`, `ridge_*` and `returned`; joint adds `task` and, where its labels are known, `unimodal`.
pub type Scalars = BTreeMap<String, Option<f32>>;

/// Learning rates by what they move: `network`, `corrector`, and other parts with a rate of their own.
pub type Rates = BTreeMap<String, f64>;

/// Evaluation metrics by key (`mae`, `pearson`, `acc2_non0`, ...); `None` stands for undefined.
pub type Metrics = BTreeMap<String, Option<f64>>;

/// Representations of evenly spaced rows of the label table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EmbeddingValues {
    pub rows: usize,
    /// d
    pub dim: usize,
    /// (rows, 6, d) row-major: h_text, h_audio, h_vision, z_text, z_audio, z_vision.
    pub data: Vec<f32>,
}

/// What a network predicts for every row, rows in the order train, valid, test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PredictionValues {
    /// ŷ
    pub multimodal: Vec<f32>,
    /// ŷ_m
    pub unimodal: PerModality<Vec<f32>>,
}

/// One stage as planned when the run was prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagePlan {
    pub stage: Stage,
    /// The most epochs the stage runs; early stopping may end it before.
    pub epochs: u32,
    pub steps_per_epoch: u32,
}

/// What a run trains on and with; the first event of every run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// The dataset's name (a catalogue name or a file's stem).
    pub dataset: String,
    /// The device in words, for example `wgpu NVIDIA H100 (Vulkan)` or `CPU (flex)`.
    pub device: String,
    /// Samples of each split.
    pub samples: PerSplit<usize>,
    /// (T_m, D_m) of each modality.
    pub shapes: PerModality<(usize, usize)>,
    /// H.
    pub label_range: f32,
    /// Keys of the metrics in the order in which the field's tables show them.
    pub metric_keys: Vec<String>,
    /// True where human (or the demo's true) unimodal labels exist.
    pub unimodal_labels: bool,
    /// The stages this run trains, in order.
    pub plan: Vec<StagePlan>,
    /// Number of trainable parameters of the model and of the corrector.
    pub parameters: (usize, usize),
    /// What is odd about the data, a sentence each: what `mug data check` says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// Modalities whose features were fitted to human labels of the training split, as the settings say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_sample: Vec<Modality>,
    /// What stage 3's unimodal tasks learn.
    #[serde(default, skip_serializing_if = "is_default")]
    pub label_source: LabelSource,
    /// The modalities that the network has encoders of; empty in records of versions that knew no choice: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modalities: Vec<Modality>,
}

fn is_default(source: &LabelSource) -> bool {
    *source == LabelSource::default()
}

impl Prepared {
    /// The modalities that the network has encoders of, in the order of [`Modality::ALL`].
    pub fn modalities(&self) -> Vec<Modality> {
        Modality::ALL.into_iter().filter(|m| self.modalities.is_empty() || self.modalities.contains(m)).collect()
    }

    /// True where labels of this modality and split that are judged by human ones are judged in sample.
    pub fn is_in_sample(&self, modality: Modality, split: Split) -> bool {
        split == Split::Train && self.in_sample.contains(&modality)
    }
}

/// Weight of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Info,
    Warning,
    Error,
}

/// Figures of a finished stage, for the summary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageSummary {
    /// Active seconds spent training this stage.
    pub seconds: f64,
    pub samples_per_second: Option<f64>,
    /// Mean loss of the last epoch trained.
    pub train_loss: Option<f32>,
    /// Validation loss of the epoch whose weights are handed on.
    pub valid_loss: Option<f32>,
    /// Epochs trained.
    pub epochs: u32,
    /// The epoch whose weights are handed on, from 1; 0 before the first.
    pub best_epoch: u32,
    /// This and what follows as in [`Costs`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_memory: Option<u64>,
}

impl StageSummary {
    /// What the stage cost.
    pub fn costs(&self) -> Costs {
        Costs {
            seconds: self.seconds,
            samples_per_second: self.samples_per_second,
            operations: self.operations,
            peak_memory: self.peak_memory,
            gpu_memory: self.gpu_memory,
        }
    }
}

/// The result of a finished run; `mug train --json` prints it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// One entry for each stage trained.
    pub stages: BTreeMap<Stage, StageSummary>,
    /// Of the best validation epoch; without the joint stage, of the contrastive stage's.
    pub metrics: SummaryMetrics,
    /// `None` where no stage made labels.
    pub labels: Option<LabelSummaries>,
    /// The most memory of its processes that was resident, reading the data included, in bytes; `None` where it was not
    /// measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
}

/// The metrics of a [`Summary`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SummaryMetrics {
    pub valid: Metrics,
    pub test: Metrics,
}

/// A setting that was changed while the run trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingChange {
    #[serde(flatten)]
    pub change: Change,
    /// The value that it had.
    pub before: f64,
    /// Where training was; the change holds for the steps after `step`.
    pub stage: Stage,
    pub epoch: u32,
    pub step: u64,
    /// Active seconds of the run.
    pub time: f64,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Body {
    /// What is done before that, and how far it has come.
    Preparing(Preparing),
    /// Data and model are ready.
    Prepared(Prepared),
    /// This process took the run up. Everything recorded at or after (`stage`, `step`) of the enclosing event is void:
    /// it was written after the checkpoint that training goes on from. The first start of a run has no such event.
    Resumed { device: String },
    /// A stage was begun anew: everything recorded in it and in later stages is void.
    Restarted,
    /// A stage changed state.
    StageChanged { state: StageState },
    /// How large the network is in the stage that begins, in the order of its parts; parts without parameters are left out.
    Parameters { parts: Vec<PartSize> },
    /// Somebody wants the stage to end before its last epoch, or no longer does.
    StageCut { cut: Cut },
    /// One optimiser step.
    Step {
        scalars: Scalars,
        /// The learning rates that it used, where one is another than in the step before; a group that is not named keeps
        /// its own.
        #[serde(default, skip_serializing_if = "Rates::is_empty")]
        rates: Rates,
    },
    /// One epoch and its validation. The contrastive stage begins with epoch 0: validation of the first weights, with
    /// no training scalars.
    Epoch {
        /// Means over the epoch's steps.
        train: Scalars,
        valid: Scalars,
        /// Validation metrics of ŷ; empty in the denoising stage.
        metrics: Metrics,
        /// Active seconds of this epoch.
        seconds: f64,
        /// `None` where nothing was trained, or no time passed.
        samples_per_second: Option<f64>,
        /// True where this epoch's weights are the best so far.
        best: bool,
    },
    /// Labels that a stage made were read: corrected ones, or stage 3's own.
    Labels {
        /// From 0, counted over the run.
        refresh: u32,
        /// Path of the values below the run directory, an `.npy` array of float32, shape (rows, 3).
        file: String,
        summaries: LabelSummaries,
        /// The values themselves; they travel in the in-process channel only, everyone else reads `file`.
        #[serde(skip)]
        values: Option<Arc<LabelValues>>,
    },
    /// Representations were read, in the contrastive stage.
    Embedding {
        moment: Moment,
        /// Path of the values below the run directory, an `.npy` array of float32, shape (rows, 6, dim).
        file: String,
        /// Row i of the file is row i * stride of the label table.
        stride: usize,
        /// d
        dim: usize,
        /// As of [`Body::Labels`].
        #[serde(skip)]
        values: Option<Arc<EmbeddingValues>>,
    },
    /// A stage that trains the network handed it on, and it was asked for every row.
    Predictions {
        /// Path of the values below the run directory, an `.npy` array of float32, shape (rows, 4): ŷ, ŷ_text, ŷ_audio,
        /// ŷ_vision.
        file: String,
        /// As of [`Body::Labels`].
        #[serde(skip)]
        values: Option<Arc<PredictionValues>>,
    },
    /// Signs of failure were looked for; each check replaces the same one before.
    Health { checks: Vec<Check> },
    /// What the stage has cost so far, after each of its epochs and when it handed on.
    Costs { costs: Costs },
    /// What the run's process took of its machine: often at first, rarer the longer it trains.
    System {
        /// Seconds since 1970, UTC: the machine's time goes on where the run's, which is the event's, stands still.
        at: f64,
        #[serde(flatten)]
        usage: Usage,
    },
    /// Settings were changed for the rest of the run: all changes that hold, in the order in which they were made. Told when
    /// one is made, and again when a process takes the run up.
    Changed { changes: Vec<SettingChange> },
    /// A checkpoint stands on the disk.
    Checkpointed {
        /// Below the run directory.
        file: String,
    },
    /// The run is parked: nothing happens until it is resumed.
    Paused,
    /// The park was left.
    Unpaused,
    /// A line for people.
    Log { level: Level, message: String },
    /// Training cannot go on; the last checkpoint stands.
    Fault { message: String },
    /// The run was ended before its last stage finished; it can be resumed.
    Stopped,
    /// All stages are done.
    Finished { summary: Summary },
}

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Active seconds of the run so far: pauses and the time between processes are not counted.
    pub time: f64,
    /// `None` outside the stages.
    pub stage: Option<Stage>,
    /// Epoch of the stage, from 1; 0 before the first.
    pub epoch: u32,
    /// Optimiser steps done in the stage.
    pub step: u64,
    #[serde(flatten)]
    pub body: Body,
}

//! What happened once, with the moment it belongs to.

use crate::training::events::{Check, LabelSummaries, Level, Moment, Stage};

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

/// Representations that were read.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddingEntry {
    pub moment: Moment,
    pub stage: Stage,
    pub epoch: u32,
    pub step: u64,
    /// Row i of the file is row i * stride of the label table.
    pub stride: usize,
    /// d
    pub dim: usize,
    /// Below the run directory; see run/embedding.rs.
    pub file: String,
}

/// Predictions of every row, by the weights that a stage handed on.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictionsEntry {
    pub stage: Stage,
    pub epoch: u32,
    pub step: u64,
    /// Below the run directory; see run/predictions.rs.
    pub file: String,
}

/// A health check with the moment it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthEntry {
    pub epoch: u32,
    pub step: u64,
    pub check: Check,
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

//! What correction did to the labels, and how well they agree with people's.

use serde::{Deserialize, Serialize};

use crate::modality::PerModality;
use crate::split::PerSplit;

/// Corrected labels of every row at one moment, rows in the order train, valid, test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelValues {
    /// y_m, clipped to [-H, H], one value a row.
    pub corrected: PerModality<Vec<f32>>,
    /// Standard deviation over the members (of a sample: divided by their number less 1), in label units, before labels are
    /// moved to levels; `None` for a single member.
    pub spread: Option<PerModality<Vec<f32>>>,
    /// What each row counts in the task of each modality, in [0, 1]; `None` where all count the same.
    pub weights: Option<PerModality<Vec<f32>>>,
}

impl LabelValues {
    /// The labels, spreads and weights that `pick` takes of each column, of some rows for example.
    pub fn of(&self, pick: impl Fn(&[f32]) -> Vec<f32>) -> Self {
        let each = |columns: &PerModality<Vec<f32>>| columns.map(|_, column| pick(column));
        Self {
            corrected: each(&self.corrected),
            spread: self.spread.as_ref().map(each),
            weights: self.weights.as_ref().map(each),
        }
    }
}

/// Lower and upper end of a 95 % bootstrap percentile interval.
pub type Interval = [f64; 2];

/// Counts of rows by sign: negative, neutral, positive of one label down, of another across.
pub type Grid = [[u32; 3]; 3];

/// How corrected (or copied) labels compare with human or known ones; `None`: undefined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Agreement {
    /// Mean absolute error.
    pub mae: Option<f64>,
    /// Pearson correlation.
    pub pearson: Option<f64>,
    /// Share of rows of the same sign: negative, neutral or positive.
    pub sign: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mae_interval: Option<Interval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pearson_interval: Option<Interval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_interval: Option<Interval>,
}

/// By how much corrected labels agree better than copies do, on the same rows (the intervals are paired); above 0 is
/// better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gain {
    /// Copies' MAE less corrected labels'.
    pub mae: Option<f64>,
    /// Corrected labels' Pearson r less copies'.
    pub pearson: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mae_interval: Option<Interval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pearson_interval: Option<Interval>,
}

/// Copies and corrected labels on some of the rows that have a human label; `None`: undefined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Part {
    pub rows: usize,
    /// MAE of copies.
    pub copied: Option<f64>,
    /// MAE of corrected labels.
    pub corrected: Option<f64>,
    /// Copies' MAE less corrected labels'.
    pub gain: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain_interval: Option<Interval>,
}

/// The rows that have a human label, by whether the modality says what the whole clip says: |human label - y| is at most
/// 0.2 H, or more. Copies are right on the first by construction; correction is for the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Apart {
    pub agreeing: Part,
    pub differing: Part,
}

/// What correction did to one modality's labels in one split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelSummary {
    /// Mean of |y_m - y|; `None` for an empty split.
    pub mean_abs_change: Option<f64>,
    /// Share of rows moved by more than 0.05 H.
    pub share_moved: Option<f64>,
    /// Pearson correlation of y_m with y.
    pub correlation: Option<f64>,
    /// Variance of y_m over the variance of y.
    pub variance_ratio: Option<f64>,
    /// Share of rows moved by more than 0.05 H and by more than the members' spread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_clear: Option<f64>,
    /// Of the rows moved by more than 0.05 H, the share whose move is smaller than twice the members' spread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_uncertain: Option<f64>,
    /// Rows that have a human (or the demo's true) label of this modality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotated: Option<usize>,
    /// Corrected labels against human (or the demo's true) unimodal labels, where there are such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Agreement>,
    /// Copies of the multimodal label against the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied: Option<Agreement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain: Option<Gain>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<Apart>,
    /// Copies down, human labels across.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied_human: Option<Grid>,
    /// Corrected labels down, human labels across.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_human: Option<Grid>,
    /// Copies down, corrected labels across.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied_corrected: Option<Grid>,
}

/// [`LabelSummary`] for each split and modality.
pub type LabelSummaries = PerSplit<PerModality<LabelSummary>>;

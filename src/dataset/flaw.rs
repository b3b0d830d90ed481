//! What is odd about a dataset without making it unusable; shown by `mug data check` and in the dataset pane.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::split::Split;

/// One oddity and where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flaw {
    /// `None` where it concerns all splits.
    pub split: Option<Split>,
    /// The key of the file, for example `audio`.
    pub key: String,
    pub kind: FlawKind,
}

/// What is odd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "flaw")]
pub enum FlawKind {
    /// NaN, infinite or beyond f32: replaced by the column's training mean.
    NotFinite { values: u64, clips: u64 },
    /// Columns with one value throughout the training split: 0 after normalisation.
    ConstantColumns { columns: usize, of: usize },
    /// Clips without a single valid step.
    ZeroLength { clips: usize },
    /// Clips with other values than 0 outside their valid steps; these are ignored.
    BeyondLength { clips: usize },
    /// Valid steps stand at the end of each row.
    LeftPadded,
    /// The array cannot be read row by row where it lies, so it is held in memory.
    HeldInMemory { why: String },
    /// The file has no such key; something harmless stands in.
    Absent { instead: String },
    /// Clips whose id another clip of the split has, too.
    RepeatedIds { clips: usize },
    /// Clips whose id occurs in the training split: figures on this split would be too good.
    SharedWithTrain { clips: usize },
    /// Unimodal labels that cannot be used.
    UnimodalIgnored { why: String },
    /// Unimodal labels outside [-H, H]; kept as they are, since they only judge.
    UnimodalOutside { labels: usize, range: f32 },
}

impl Flaw {
    pub(super) fn new(split: Option<Split>, key: impl Into<String>, kind: FlawKind) -> Self {
        Flaw { split, key: key.into(), kind }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(split) = self.split {
            write!(f, "{split}.")?;
        }
        write!(f, "{}: {}", self.key, self.kind)
    }
}

impl fmt::Display for FlawKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clips = |n: u64| if n == 1 { "1 clip".to_owned() } else { format!("{n} clips") };
        match self {
            FlawKind::NotFinite { values, clips: n } => {
                write!(f, "{values} values in {} are NaN or infinite; the column's mean stands in", clips(*n))
            }
            FlawKind::ConstantColumns { columns, of } => {
                write!(f, "{columns} of {of} columns never change in the training split; they are 0 once normalised")
            }
            FlawKind::ZeroLength { clips: n } => write!(f, "{} without any step", clips(*n as u64)),
            FlawKind::BeyondLength { clips: n } => {
                write!(f, "{} with values outside the valid steps; these are ignored", clips(*n as u64))
            }
            FlawKind::LeftPadded => f.write_str("padded at the start, not at the end"),
            FlawKind::HeldInMemory { why } => write!(f, "held in memory as a whole: {why}"),
            FlawKind::Absent { instead } => write!(f, "not in the file; {instead}"),
            FlawKind::RepeatedIds { clips: n } => write!(f, "{} with the id of another one", clips(*n as u64)),
            FlawKind::SharedWithTrain { clips: n } => {
                write!(
                    f,
                    "{} with an id of the training split; figures on this split may be too good",
                    clips(*n as u64)
                )
            }
            FlawKind::UnimodalIgnored { why } => write!(f, "ignored: {why}"),
            FlawKind::UnimodalOutside { labels, range } => {
                write!(f, "{labels} labels lie outside [-{range}, {range}]; kept, since they only judge")
            }
        }
    }
}

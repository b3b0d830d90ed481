//! Signs of failure.

use serde::{Deserialize, Serialize};

use super::labels::Interval;
use super::stage::Stage;
use crate::modality::Modality;
use crate::split::Split;

/// Whether a health check passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    Ok,
    Failing,
    /// Nothing to judge by, or too early to.
    Unknown,
}

/// One sign of failure, measured ([the method](crate::book::method), what can fail).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// For example `identity`; with stage, modality and split it names the check.
    pub name: String,
    pub stage: Stage,
    /// `None` where the check is of the run as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modality: Option<Modality>,
    /// Whose rows it is of, where it is looked for in several splits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// What is measured, in words with its unit.
    pub measure: String,
    /// `None`: undefined.
    pub value: Option<f64>,
    /// The value's 95 % interval, where the check fails only beyond chance: where all of it is on the wrong side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    pub threshold: f64,
    /// The check fails where the value is above the threshold; else where it is below.
    pub fails_above: bool,
    pub state: CheckState,
    /// What it means where it fails, a sentence.
    pub meaning: String,
    /// What to try then, a sentence.
    pub advice: String,
}

impl Check {
    /// True for two measurements of the same thing.
    pub fn is_same(&self, other: &Check) -> bool {
        (self.stage, &self.name, self.modality, self.split) == (other.stage, &other.name, other.modality, other.split)
    }

    /// The modality and the split that it is of, in words; empty for a check of the run as a whole.
    pub fn place(&self) -> String {
        match (self.modality, self.split) {
            (Some(m), Some(split)) => format!("{m} {split}"),
            (Some(m), None) => m.to_string(),
            (None, Some(split)) => split.to_string(),
            (None, None) => String::new(),
        }
    }

    /// The value's interval in words; empty where there is none.
    pub fn interval_words(&self) -> String {
        self.interval.map_or_else(String::new, |[low, high]| format!("95 % interval {low:+.3} to {high:+.3}"))
    }
}

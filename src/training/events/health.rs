//! Signs of failure.

use serde::{Deserialize, Serialize};

use super::stage::Stage;
use crate::modality::Modality;

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
    /// For example `identity`; with stage and modality it names the check.
    pub name: String,
    pub stage: Stage,
    /// `None` where the check is of the run as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modality: Option<Modality>,
    /// What is measured, in words with its unit.
    pub measure: String,
    /// `None`: undefined.
    pub value: Option<f64>,
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
        (self.stage, &self.name, self.modality) == (other.stage, &other.name, other.modality)
    }
}

//! What is done before a run can train.

use serde::{Deserialize, Serialize};

/// Something that takes a while before training begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// The data file is read.
    Data,
    /// Weights are fetched from a hub, in bytes.
    Download,
    /// A file of weights is read, in bytes.
    Weights,
    /// A frozen encoder is asked for every clip, once.
    Encoding,
}

/// How far some work has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preparing {
    pub work: Work,
    /// What of: a file's or a model's name.
    pub of: String,
    /// Bytes, or clips of [`Work::Encoding`].
    pub done: u64,
    /// All there is to do; `None` where nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

impl Preparing {
    /// Whether nothing is left to do, as far as that is known.
    pub fn is_done(&self) -> bool {
        self.total.is_some_and(|total| self.done >= total)
    }
}

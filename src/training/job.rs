//! What is trained, and how training ended.

use std::path::PathBuf;
use std::sync::Arc;

use super::events::Stage;
use crate::config::Settings;
use crate::dataset::Dataset;
use crate::device::ComputeDevice;
use crate::model::text::Text;

/// Everything that a run trains with.
pub struct Job {
    pub settings: Settings,
    /// The stages to train, in any order.
    pub stages: Vec<Stage>,
    pub dataset: Arc<Dataset>,
    /// What encodes text in place of an LSTM, see [`prepare`](super::text::prepare); the settings ask for it.
    pub text: Option<Text>,
    pub device: ComputeDevice,
    /// Folder of the run's checkpoints.
    pub checkpoints: PathBuf,
    /// Go on from the newest checkpoint.
    pub resume: bool,
}

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All stages of the job are done.
    Finished,
    /// Told to stop; the run can be resumed.
    Stopped,
}

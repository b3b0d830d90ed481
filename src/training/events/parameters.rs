//! How large the network is, part by part.

use serde::{Deserialize, Serialize};

/// Numbers of parameters of one part in one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSize {
    /// `text`, `audio`, `vision` (encoders), `heads` (of one modality each), `fusion` (with the head of all modalities),
    /// `projections`, `corrector`, `weighting`.
    pub part: String,
    /// That the stage trains.
    pub trained: u64,
    /// That it uses as they are.
    pub frozen: u64,
}

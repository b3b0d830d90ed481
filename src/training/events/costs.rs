//! What training costs.

use serde::{Deserialize, Serialize};

/// What a stage has cost so far. What was not measured, or not by the version that recorded it, is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Costs {
    /// Active seconds spent in the stage: steps, validation and handing on.
    pub seconds: f64,
    /// Training samples a second, of the steps alone.
    pub samples_per_second: Option<f64>,
    /// Floating-point operations of the steps as they are counted from shapes and valid time steps: two for each
    /// multiplication of a matrix product of LSTMs, linear layers and correctors, forward and backward. Activation
    /// functions, losses, the optimiser and validation are not counted.
    pub operations: Option<u64>,
    /// The most memory of the process that was resident while the stage was trained, in bytes. Where the system does not
    /// let the peak be begun anew it is that since the process began.
    pub peak_memory: Option<u64>,
    /// The most memory that the GPU's allocator held at the end of an epoch, in bytes; `None` on the CPU, too.
    pub gpu_memory: Option<u64>,
}

//! The recurrent encoder's core: an LSTM's last valid hidden state, on any device.
//!
//! Only valid steps count: the same clip padded to 20 and to 400 steps gives the same state ([the method](crate::book::method), modules).

mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
mod steps;
mod tangent;
mod weights;

use std::sync::Arc;

use burn::tensor::Tensor;
pub use tangent::last_hidden_along;
pub use weights::Weights;

use crate::dataset::Sequences;
use crate::device::is_cpu;
use crate::modality::{Modality, PerModality};
use crate::model::memory::Memory;

/// The last valid hidden state of each sequence, (B, H) for each of these modalities in order; zeros for a sequence of
/// length 0.
///
/// All modalities at once, so that they can be computed side by side. `memory` is used on the CPU.
pub fn last_hidden(
    weights: Vec<(Modality, Weights)>,
    sequences: &Arc<PerModality<Sequences>>,
    memory: &Memory,
) -> Vec<Tensor<2>> {
    if weights.iter().all(|(_, weights)| is_cpu(&weights.input.device())) {
        return cpu::last_hidden(weights, sequences, memory);
    }
    let of = |(m, weights): (Modality, Weights)| {
        #[cfg(feature = "gpu")]
        if let Some(lanes) = gpu::lanes(&weights, &sequences[m]) {
            return gpu::last_hidden(weights, &sequences[m], lanes);
        }
        steps::last_hidden(weights, &sequences[m])
    };
    weights.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests;

//! What is found to compute on.

use burn::tensor::Device;
use serde::Serialize;

/// The variable that names the one adapter to compute on: its place in the list of `mug devices`, from 0.
pub const GPU: &str = "MUG_GPU";

/// The device that a run trains on.
#[derive(Clone, Debug)]
pub struct ComputeDevice {
    /// Without a tape.
    pub device: Device,
    /// For example `wgpu NVIDIA H100 (Vulkan)` or `CPU (flex)`.
    pub name: String,
    /// One sentence on why this one was chosen.
    pub why: String,
}

/// A graphics adapter of this machine.
#[derive(Clone, Debug, Serialize)]
pub struct Adapter {
    pub name: String,
    /// The graphics API, for example `Vulkan`.
    pub backend: String,
    /// `discrete GPU`, `integrated GPU`, `virtual GPU`, `CPU` (a software adapter) or `other`.
    pub kind: String,
    pub driver: String,
    /// Largest single buffer in bytes.
    pub max_buffer: u64,
    /// Largest storage binding in bytes: the largest tensor that a kernel can see.
    pub max_binding: u64,
}

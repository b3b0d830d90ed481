//! What a process takes of its machine: processor, memory, threads, disk, and the GPU that it computes on.
//!
//! ```text
//! process.rs (/proc) ─┐
//! disk.rs ────────────┼─▶ Meter ─▶ Usage
//! gpu.rs ─────────────┘
//!   ├─ nvidia.rs (NVML, loaded at run time)
//!   └─ amd.rs (/sys, as the kernel's driver tells it)
//! ```
//!
//! Whatever a machine does not tell is `None`. To add a maker of GPUs: a file beside `amd.rs`, and its arm in `gpu.rs`.

mod amd;
mod disk;
mod gpu;
mod meter;
mod nvidia;
mod process;
mod taken;

pub use meter::Meter;
pub use taken::{GpuUsage, Usage};

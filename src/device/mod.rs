//! Finding adapters, and choosing between WGPU and the CPU.
//!
//! May import nothing of the crate. Another engine is a file like `gpu.rs`, which finds its adapters and opens the best, and
//! its place in [`adapters`] and [`choose`].

mod compute;
#[cfg(feature = "gpu")]
mod gpu;
pub mod machine;
pub mod memory;
pub mod usage;

use burn::backend::DispatchDevice;
use burn::tensor::Device;
pub use compute::{Adapter, ComputeDevice, GPU};
use serde::{Deserialize, Serialize};

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum DeviceRequest {
    /// A GPU where there is one that works, else the CPU.
    #[default]
    Auto,
    /// A GPU, or a software adapter where there is no other; never the CPU backend.
    Gpu,
    /// The CPU backend.
    Cpu,
}

#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    #[error(
        "--device gpu: expected a Vulkan (Metal, DirectX 12) adapter that can run a kernel, found none that works: \
         {found}; see `mug devices`, install the vendor's driver, or train with --device cpu"
    )]
    NoGpu { found: String },
    #[error("--device gpu: this build has no GPU support; build with `--features gpu`, or train with --device cpu")]
    NotBuilt,
}

/// The CPU backend, chosen for the given reason.
fn cpu(why: String) -> ComputeDevice {
    ComputeDevice { device: Device::flex(), name: "CPU (flex)".to_owned(), why }
}

/// True for burn's CPU backend, with or without a tape.
pub fn is_cpu(device: &Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), DispatchDevice::Flex(_))
}

/// Memory that the GPU's allocator holds for all tensors of this process, in bytes; `None` for a device that does not say,
/// and for the CPU.
pub fn gpu_memory(device: &Device) -> Option<u64> {
    #[cfg(feature = "gpu")]
    return gpu::memory(device);
    #[cfg(not(feature = "gpu"))]
    return {
        let _ = device;
        None
    };
}

/// The adapters of this machine, best first; empty without a driver, or in a build without GPU support.
pub fn adapters() -> Vec<Adapter> {
    #[cfg(feature = "gpu")]
    return gpu::adapters();
    #[cfg(not(feature = "gpu"))]
    return Vec::new();
}

/// Chooses a device, and tries it: a GPU is taken only if it multiplies a small matrix correctly.
///
/// # Errors
/// [`DeviceRequest::Gpu`] where no adapter works.
pub fn choose(request: DeviceRequest) -> Result<ComputeDevice, DeviceError> {
    if request == DeviceRequest::Cpu {
        return Ok(cpu("--device cpu was asked for".to_owned()));
    }
    #[cfg(feature = "gpu")]
    match gpu::open(request == DeviceRequest::Gpu) {
        Ok(device) => Ok(device),
        Err(found) if request == DeviceRequest::Gpu => Err(DeviceError::NoGpu { found }),
        Err(found) => Ok(cpu(format!("no GPU adapter works ({found})"))),
    }
    #[cfg(not(feature = "gpu"))]
    match request {
        DeviceRequest::Gpu => Err(DeviceError::NotBuilt),
        _ => Ok(cpu("this build has no GPU support".to_owned())),
    }
}

/// The GPU to test on. Without one the test is over and says so, or fails where one is required.
#[cfg(test)]
pub fn test_gpu() -> Option<ComputeDevice> {
    match choose(DeviceRequest::Gpu) {
        Ok(gpu) => Some(gpu),
        Err(why) => {
            assert!(!std::env::var("MUG_TEST_REQUIRE").is_ok_and(|r| r.contains("gpu")), "{why}");
            println!("skipped: {why}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there() {
        let chosen = choose(DeviceRequest::Cpu).unwrap();
        assert_eq!(chosen.name, "CPU (flex)");
        assert!(choose(DeviceRequest::Auto).is_ok());
    }
}

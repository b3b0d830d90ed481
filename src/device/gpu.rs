//! WGPU adapters: listed, opened once a process, and tried before they are trusted.
//!
//! The graphics API is pinned: left to itself the runtime falls back to OpenGL on a software rasteriser silently.

use std::future::Future;
use std::sync::OnceLock;

use burn::backend::DispatchDevice;
use burn::tensor::wgpu::{WgpuBackend, wgpu};
use burn::tensor::{Device, DeviceKind, Tensor};
use burn_cubecl::cubecl::MemoryScope;

use super::compute::{Adapter, ComputeDevice, GPU};

#[cfg(target_os = "macos")]
const API: (wgpu::Backends, WgpuBackend) = (wgpu::Backends::METAL, WgpuBackend::Metal);
#[cfg(target_os = "windows")]
const API: (wgpu::Backends, WgpuBackend) = (wgpu::Backends::DX12, WgpuBackend::Dx12);
#[cfg(not(any(target_os = "macos", target_os = "windows")))]
const API: (wgpu::Backends, WgpuBackend) = (wgpu::Backends::VULKAN, WgpuBackend::Vulkan);

/// An adapter with the selector that opens it.
struct Found {
    adapter: Adapter,
    kind: DeviceKind,
    rank: u8,
}

/// All adapters of the pinned API, best first.
pub fn adapters() -> Vec<Adapter> {
    quietly(list).unwrap_or_default().into_iter().map(|f| f.adapter).collect()
}

/// Opens the best adapter that works; software adapters only with `software`.
///
/// # Errors
/// What was found and what was wrong with it.
pub fn open(software: bool) -> Result<ComputeDevice, String> {
    // A runtime can be initialised once a process only, so what was opened is kept.
    static OPENED: OnceLock<Result<ComputeDevice, String>> = OnceLock::new();
    static OPENED_SOFTWARE: OnceLock<Result<ComputeDevice, String>> = OnceLock::new();
    let hardware = OPENED.get_or_init(|| quietly(|| open_best(false)).unwrap_or_else(Err));
    if hardware.is_ok() || !software {
        return hardware.clone();
    }
    OPENED_SOFTWARE.get_or_init(|| quietly(|| open_best(true)).unwrap_or_else(Err)).clone()
}

/// What the allocator of a device holds, in bytes: more than is in use, since it keeps what was freed.
pub fn memory(device: &Device) -> Option<u64> {
    let DispatchDevice::Cube(device) = device.clone().inner().as_dispatch().clone() else {
        return None;
    };
    Some(device.client().memory_report(MemoryScope::Device).usage().bytes_reserved)
}

fn open_best(software: bool) -> Result<ComputeDevice, String> {
    let mut reasons = Vec::new();
    let mut seen = false;
    let only = std::env::var(GPU).ok();
    for (place, Found { adapter, kind, rank }) in list().into_iter().enumerate() {
        seen = true;
        if let Some(only) = only.as_ref().filter(|only| only.parse() != Ok(place)) {
            reasons.push(format!("{} is not adapter {only}, which {} asks for", adapter.name, GPU));
            continue;
        }
        if (kind == DeviceKind::Cpu) != software {
            if !software {
                reasons.push(format!("{} is a software adapter, slower than the CPU backend", adapter.name));
            }
            continue;
        }
        match try_adapter(kind) {
            Ok(device) => {
                let why = match (software, rank) {
                    _ if only.is_some() => "the adapter that was asked for, and it computes correctly",
                    (true, _) => "the only adapter; software, slower than --device cpu and good for checks only",
                    (false, 0) => "the first discrete GPU, and it computes correctly",
                    (false, _) => "the best adapter there is, and it computes correctly",
                };
                let name = format!("wgpu {} ({})", adapter.name, adapter.backend);
                return Ok(ComputeDevice { device, name, why: why.to_owned() });
            }
            Err(reason) => reasons.push(format!("{}: {reason}", adapter.name)),
        }
    }
    if !seen {
        reasons.push(format!("no {:?} adapter", API.1));
    }
    Err(reasons.join("; "))
}

/// Opens an adapter and multiplies a small matrix on it.
fn try_adapter(kind: DeviceKind) -> Result<Device, String> {
    let device = Device::wgpu_options()
        .device_kind(kind)
        .graphics_api(API.1)
        .init()
        .map_err(|e| format!("cannot be opened: {e}"))?;
    let a = Tensor::<2>::from_data([[1.0f32, 2.0], [3.0, 4.0]], &device);
    let product = a.clone().matmul(a).try_into_vec_as::<f32>().map_err(|e| format!("cannot compute: {e}"))?;
    if product == [7.0, 10.0, 15.0, 22.0] {
        Ok(device)
    } else {
        Err(format!("computes wrongly: a product that is [7, 10, 15, 22] came back as {product:?}"))
    }
}

fn list() -> Vec<Found> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = API.0;
    let instance = wgpu::Instance::new(descriptor);
    let Some(adapters) = wait(instance.enumerate_adapters(API.0)) else { return Vec::new() };
    let mut counts = [0usize; 3];
    let mut found: Vec<Found> = adapters
        .iter()
        .map(|adapter| {
            let info = adapter.get_info();
            let limits = adapter.limits();
            // Selectors count the adapters of one type in the order in which they are listed.
            let mut next = |k: usize| {
                counts[k] += 1;
                counts[k] - 1
            };
            let (kind, name, rank) = match info.device_type {
                wgpu::DeviceType::DiscreteGpu => (DeviceKind::DiscreteGpu(next(0)), "discrete GPU", 0),
                wgpu::DeviceType::IntegratedGpu => (DeviceKind::IntegratedGpu(next(1)), "integrated GPU", 1),
                wgpu::DeviceType::VirtualGpu => (DeviceKind::VirtualGpu(next(2)), "virtual GPU", 2),
                wgpu::DeviceType::Cpu => (DeviceKind::Cpu, "CPU", 4),
                wgpu::DeviceType::Other => (DeviceKind::DefaultDevice, "other", 3),
            };
            let driver = format!("{} {}", info.driver, info.driver_info).trim().to_owned();
            Found {
                adapter: Adapter {
                    name: info.name,
                    backend: format!("{:?}", info.backend),
                    kind: name.to_owned(),
                    driver,
                    max_buffer: limits.max_buffer_size,
                    max_binding: limits.max_storage_buffer_binding_size,
                },
                kind,
                rank,
            }
        })
        .collect();
    found.sort_by_key(|f| f.rank);
    found
}

/// Waits for a future on this thread.
fn wait<T>(future: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
    Some(runtime.block_on(future))
}

/// Runs something that loads graphics drivers, in a thread of its own and with standard error pointed elsewhere:
/// drivers print to it from C, across whatever is on the screen, and can panic.
fn quietly<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    let silenced = rustix::io::dup(std::io::stderr()).ok().and_then(|kept| {
        let null = std::fs::File::options().write(true).open("/dev/null").ok()?;
        rustix::stdio::dup2_stderr(&null).ok()?;
        Some(kept)
    });
    let result = std::thread::scope(|scope| scope.spawn(work).join());
    if let Some(kept) = silenced {
        // Nothing can be said on standard error if standard error cannot be put back.
        let _ = rustix::stdio::dup2_stderr(&kept);
    }
    result.map_err(|_| "the graphics driver failed while it was probed".to_owned())
}

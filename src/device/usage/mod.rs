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
mod nvidia;
mod process;

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::ComputeDevice;
use disk::Folder;
use gpu::Gpu;

/// What a process took of its machine at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Seconds of processor time that the process took a second, over all its threads, since it was last looked: 2 where
    /// two cores were busy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<f64>,
    /// Tasks of the whole machine that ran or waited for a core, the mean over a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// Memory of the process that is resident, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Memory that programs of the machine could still get, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_free: Option<u64>,
    /// Threads of the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// What the run directory takes of its disk, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<u64>,
    /// What is free on that disk, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_free: Option<u64>,
    /// Of the GPU that the process computes on; nothing on the CPU.
    #[serde(flatten)]
    pub gpu: GpuUsage,
}

/// What a GPU does at one moment, for all its processes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GpuUsage {
    /// Share of the time in which a kernel ran, over the driver's last period, in [0, 1].
    #[serde(rename = "gpu", skip_serializing_if = "Option::is_none")]
    pub busy: Option<f64>,
    /// In bytes.
    #[serde(rename = "gpu_memory", skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// In bytes.
    #[serde(rename = "gpu_memory_total", skip_serializing_if = "Option::is_none")]
    pub memory_total: Option<u64>,
    /// In °C.
    #[serde(rename = "gpu_temperature", skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// In W.
    #[serde(rename = "gpu_power", skip_serializing_if = "Option::is_none")]
    pub power: Option<f64>,
}

/// Reads what this process takes.
pub struct Meter {
    folder: Folder,
    gpu: Option<Gpu>,
    /// When the processor time was last read, and what it was in seconds.
    last: Option<(Instant, f64)>,
}

impl Meter {
    /// A meter of this process, which writes into `folder` and computes on `device`. Returns with it why the GPU is not
    /// measured, where there is one.
    pub fn new(folder: &Path, device: &ComputeDevice) -> (Meter, Option<String>) {
        let (gpu, why) = match super::is_cpu(&device.device) {
            true => (None, None),
            false => match Gpu::find(&device.name) {
                Ok(gpu) => (Some(gpu), None),
                Err(why) => (None, Some(why)),
            },
        };
        (Meter { folder: Folder::new(PathBuf::from(folder)), gpu, last: None }, why)
    }

    /// What is taken now. The first look has no processor time to compare with.
    pub fn read(&mut self) -> Usage {
        let now = Instant::now();
        let process = process::read();
        let cores = process.seconds.and_then(|seconds| {
            let (then, before) = self.last.replace((now, seconds))?;
            let passed = now.duration_since(then).as_secs_f64();
            (passed > 0.0).then(|| ((seconds - before) / passed).max(0.0))
        });
        Usage {
            cores,
            load: process.load,
            memory: process.memory,
            memory_free: process.memory_free,
            threads: process.threads,
            disk: self.folder.taken(),
            disk_free: self.folder.free(),
            gpu: self.gpu.as_ref().map(Gpu::read).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{DeviceRequest, choose};

    #[test]
    #[cfg(target_os = "linux")]
    fn a_busy_process_is_seen_to_be_busy() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), [0; 5000]).unwrap();
        let (mut meter, why) = Meter::new(dir.path(), &choose(DeviceRequest::Cpu).unwrap());
        assert_eq!(why, None);
        let first = meter.read();
        assert_eq!((first.cores, first.disk), (None, Some(5000)));
        assert_eq!(first.gpu, GpuUsage::default(), "nothing is measured of a GPU that is not used");
        // The system counts in hundredths of a second.
        let begin = Instant::now();
        let mut turns = 0u64;
        while process::read().seconds.unwrap() < meter.last.unwrap().1 + 0.05 {
            turns += 1;
            assert!(begin.elapsed().as_secs() < 60, "no processor time after {turns} turns");
        }
        let busy = meter.read();
        assert!(busy.cores.unwrap() > 0.0, "{busy:?}");
        assert!(busy.memory.unwrap() > 1 << 20 && busy.memory_free.unwrap() > 0, "{busy:?}");
        assert!(busy.threads.unwrap() >= 2 && busy.load.unwrap() >= 0.0 && busy.disk_free.unwrap() > 0, "{busy:?}");
    }

    #[test]
    fn what_is_not_known_is_not_written_and_reads_back() {
        let usage =
            Usage { cores: Some(1.5), gpu: GpuUsage { busy: Some(0.25), ..GpuUsage::default() }, ..Usage::default() };
        let text = serde_json::to_string(&usage).unwrap();
        assert_eq!(text, r#"{"cores":1.5,"gpu":0.25}"#);
        assert_eq!(serde_json::from_str::<Usage>(&text).unwrap(), usage);
    }
}

//! Reads all of it.

use std::path::Path;
use std::time::Instant;

use super::disk::Folder;
use super::gpu::Gpu;
use super::process;
use super::taken::Usage;
use crate::device::{ComputeDevice, is_cpu};

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
        let (gpu, why) = match is_cpu(&device.device) {
            true => (None, None),
            false => match Gpu::find(&device.name) {
                Ok(gpu) => (Some(gpu), None),
                Err(why) => (None, Some(why)),
            },
        };
        (Meter { folder: Folder::new(folder.to_owned()), gpu, last: None }, why)
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
    use crate::device::usage::taken::GpuUsage;
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
}

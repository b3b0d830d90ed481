//! NVIDIA's GPUs by NVML, the library that comes with their driver. It is loaded at run time: a machine without it does
//! without.

use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::TemperatureSensor;

use super::taken::GpuUsage;

/// A GPU of NVML.
pub struct Board {
    nvml: Nvml,
    index: u32,
}

impl Board {
    /// The GPU of a device's name; of several of one name the one that this process runs on.
    ///
    /// # Errors
    /// Why there is none.
    pub fn find(device: &str) -> Result<Board, String> {
        let nvml = Nvml::init().map_err(|e| e.to_string())?;
        let count = nvml.device_count().map_err(|e| e.to_string())?;
        let named = |index: &u32| {
            nvml.device_by_index(*index).and_then(|d| d.name()).is_ok_and(|name| device.contains(name.trim()))
        };
        let of_name: Vec<u32> = (0..count).filter(named).collect();
        let index = match of_name[..] {
            [] => return Err(format!("none of NVML's {count} GPUs is named as in {device:?}")),
            [only] => only,
            [..] => {
                let ours = |index: &&u32| runs_here(&nvml, **index);
                *of_name.iter().find(ours).ok_or("NVML does not tell which GPU of this name the process runs on")?
            }
        };
        Ok(Board { nvml, index })
    }

    /// What it does now.
    pub fn read(&self) -> GpuUsage {
        let Ok(device) = self.nvml.device_by_index(self.index) else { return GpuUsage::default() };
        let memory = device.memory_info().ok();
        GpuUsage {
            busy: device.utilization_rates().ok().map(|u| f64::from(u.gpu) / 100.0),
            memory: memory.as_ref().map(|m| m.used),
            memory_total: memory.map(|m| m.total),
            temperature: device.temperature(TemperatureSensor::Gpu).ok().map(f64::from),
            power: device.power_usage().ok().map(|milliwatt| f64::from(milliwatt) / 1e3),
        }
    }
}

/// True where this process is among those of a GPU. In a container the numbers can be other ones than ours.
fn runs_here(nvml: &Nvml, index: u32) -> bool {
    let Ok(device) = nvml.device_by_index(index) else { return false };
    let lists = [device.running_compute_processes(), device.running_graphics_processes()];
    lists.into_iter().flatten().flatten().any(|process| process.pid == std::process::id())
}

//! What is measured.

use serde::{Deserialize, Serialize};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_written_and_reads_back() {
        let usage =
            Usage { cores: Some(1.5), gpu: GpuUsage { busy: Some(0.25), ..GpuUsage::default() }, ..Usage::default() };
        let text = serde_json::to_string(&usage).unwrap();
        assert_eq!(text, r#"{"cores":1.5,"gpu":0.25}"#);
        assert_eq!(serde_json::from_str::<Usage>(&text).unwrap(), usage);
    }
}

//! What the run's process took of its machine, over time.

use crate::device::usage::Usage;

/// A quantity that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    Gpu,
    GpuMemory,
    GpuTemperature,
    GpuPower,
    Cores,
    Load,
    Memory,
    MemoryFree,
    Threads,
    Disk,
    DiskFree,
}

/// What a quantity is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// In [0, 1].
    Share,
    Bytes,
    Celsius,
    Watt,
    /// Cores, threads, tasks.
    Number,
}

impl Quantity {
    /// In the order in which they are shown.
    pub const ALL: [Quantity; 11] = [
        Quantity::Gpu,
        Quantity::GpuMemory,
        Quantity::GpuTemperature,
        Quantity::GpuPower,
        Quantity::Cores,
        Quantity::Memory,
        Quantity::Threads,
        Quantity::Disk,
        Quantity::Load,
        Quantity::MemoryFree,
        Quantity::DiskFree,
    ];

    /// Its name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Gpu => "GPU use",
            Quantity::GpuMemory => "GPU memory",
            Quantity::GpuTemperature => "GPU temperature",
            Quantity::GpuPower => "GPU power",
            Quantity::Cores => "CPU cores",
            Quantity::Load => "load",
            Quantity::Memory => "memory",
            Quantity::MemoryFree => "memory free",
            Quantity::Threads => "threads",
            Quantity::Disk => "run directory",
            Quantity::DiskFree => "disk free",
        }
    }

    /// What is measured, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Quantity::Gpu => "share of the time in which the GPU ran a kernel, of any process",
            Quantity::GpuMemory => "memory of the GPU that is taken, by any process",
            Quantity::GpuTemperature => "temperature of the GPU",
            Quantity::GpuPower => "power that the GPU draws",
            Quantity::Cores => "cores that the run's process kept busy",
            Quantity::Load => "tasks of the whole machine that ran or waited for a core, the mean over a minute",
            Quantity::Memory => "memory of the run's process that is resident",
            Quantity::MemoryFree => "memory that programs of the machine could still get",
            Quantity::Threads => "threads of the run's process",
            Quantity::Disk => "what the run directory takes of its disk",
            Quantity::DiskFree => "what is free on the run directory's disk",
        }
    }

    pub fn unit(self) -> Unit {
        match self {
            Quantity::Gpu => Unit::Share,
            Quantity::GpuMemory | Quantity::Memory | Quantity::MemoryFree | Quantity::Disk | Quantity::DiskFree => {
                Unit::Bytes
            }
            Quantity::GpuTemperature => Unit::Celsius,
            Quantity::GpuPower => Unit::Watt,
            Quantity::Cores | Quantity::Load | Quantity::Threads => Unit::Number,
        }
    }

    fn of(self, usage: &Usage) -> Option<f64> {
        let bytes = |n: Option<u64>| n.map(|n| n as f64);
        match self {
            Quantity::Gpu => usage.gpu.busy,
            Quantity::GpuMemory => bytes(usage.gpu.memory),
            Quantity::GpuTemperature => usage.gpu.temperature,
            Quantity::GpuPower => usage.gpu.power,
            Quantity::Cores => usage.cores,
            Quantity::Load => usage.load,
            Quantity::Memory => bytes(usage.memory),
            Quantity::MemoryFree => bytes(usage.memory_free),
            Quantity::Threads => usage.threads.map(f64::from),
            Quantity::Disk => bytes(usage.disk),
            Quantity::DiskFree => bytes(usage.disk_free),
        }
    }
}

/// All that was measured. Nothing of it is void when a run is taken up from a checkpoint: it is of the machine's time.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// Seconds since 1970, ascending.
    pub at: Vec<f64>,
    /// Seconds since the first measurement, without the time in which nothing was measured: no process trained, or it was
    /// paused.
    pub measured: Vec<f64>,
    /// Active seconds of the run.
    pub time: Vec<f64>,
    /// Values by place in [`Quantity::ALL`], each as long as `at`; NaN where one was not known.
    columns: [Vec<f32>; Quantity::ALL.len()],
    /// The GPU's memory in bytes, where it is known.
    pub gpu_memory_total: Option<u64>,
}

/// One quantity over time.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    pub quantity: Quantity,
    /// NaN where it was not known.
    pub values: &'a [f32],
    /// Of those that were known.
    pub last: f32,
    pub mean: f64,
    pub most: f32,
    pub least: f32,
}

/// The longest time between two measurements of one process in seconds; what is longer was a pause.
const LONGEST_GAP: f64 = 100.0;

impl System {
    /// Number of measurements.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    pub(super) fn push(&mut self, at: f64, time: f64, usage: &Usage) {
        let last = self.at.last().copied();
        // The clock of another machine, or one that was set, may be behind.
        let at = last.map_or(at, |last| if at.is_finite() { at.max(last) } else { last });
        if !at.is_finite() {
            return;
        }
        let gap = last.map_or(0.0, |last| if at - last > LONGEST_GAP { 1.0 } else { at - last });
        self.measured.push(self.measured.last().map_or(0.0, |before| before + gap));
        self.at.push(at);
        self.time.push(time);
        for (column, quantity) in self.columns.iter_mut().zip(Quantity::ALL) {
            column.push(quantity.of(usage).map_or(f32::NAN, |v| v as f32));
        }
        self.gpu_memory_total = usage.gpu.memory_total.or(self.gpu_memory_total);
    }

    /// The quantities of which something is known, in the order of [`Quantity::ALL`].
    pub fn series(&self) -> Vec<Series<'_>> {
        let known = self.columns.iter().zip(Quantity::ALL).filter_map(|(values, quantity)| {
            let mut known = values.iter().copied().filter(|v| v.is_finite()).peekable();
            known.peek()?;
            let mut series = Series { quantity, values, last: f32::NAN, mean: 0.0, most: f32::MIN, least: f32::MAX };
            let mut count = 0.0;
            for value in known {
                count += 1.0;
                series.mean += f64::from(value);
                series.last = value;
                series.most = series.most.max(value);
                series.least = series.least.min(value);
            }
            series.mean /= count;
            Some(series)
        });
        known.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::usage::GpuUsage;

    #[test]
    fn what_is_known_of_some_moments_has_a_series() {
        let mut system = System::default();
        assert!(system.is_empty() && system.series().is_empty());
        system.push(100.0, 1.0, &Usage { memory: Some(1 << 20), ..Usage::default() });
        let gpu = GpuUsage { busy: Some(0.5), memory_total: Some(80), ..GpuUsage::default() };
        system.push(102.0, 3.0, &Usage { memory: Some(3 << 20), cores: Some(2.0), gpu, ..Usage::default() });
        // The next process began an hour later, on a machine whose clock is behind at its second look.
        system.push(3702.0, 3.5, &Usage::default());
        system.push(3600.0, 4.5, &Usage { cores: Some(f64::NAN), ..Usage::default() });
        system.push(f64::NAN, 5.5, &Usage::default());
        assert_eq!(system.at, [100.0, 102.0, 3702.0, 3702.0, 3702.0]);
        assert_eq!(system.measured, [0.0, 2.0, 3.0, 3.0, 3.0]);
        assert_eq!((system.len(), system.gpu_memory_total), (5, Some(80)));
        let series = system.series();
        let names: Vec<&str> = series.iter().map(|s| s.quantity.name()).collect();
        assert_eq!(names, ["GPU use", "CPU cores", "memory"]);
        let memory = &series[2];
        let mib = f32::from(1u16 << 10) * 1024.0;
        assert_eq!((memory.least, memory.most, memory.last), (mib, 3.0 * mib, 3.0 * mib));
        assert_eq!(memory.mean, 2.0 * f64::from(mib));
        assert!(series.iter().all(|s| s.values.len() == 5));
    }
}

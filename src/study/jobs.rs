//! How many workers at a time, and what each may take of the machine.

use crate::device::{DeviceRequest, memory};
use crate::host::spawn::Share;

/// Workers at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jobs {
    pub count: usize,
    /// Threads of each that compute on the CPU.
    pub threads: Option<usize>,
    /// Adapters that the workers are spread over; empty: the best one.
    pub gpus: Vec<usize>,
}

/// What one worker needs besides its data, in bytes: the program, its networks and their gradients.
const OF_A_WORKER: u64 = 400 << 20;
/// Of the data file's size in memory, features of 32 bits and what is made of them.
const OF_THE_DATA: u64 = 3;
/// Cores that one worker on a GPU keeps busy.
const CORES_OF_A_GPU_WORKER: usize = 2;

impl Jobs {
    /// As asked for, or as cores, memory and GPUs allow. On the CPU one thread a worker: a step of such small networks is
    /// over before more threads have met, so as many workers as there are cores do the most.
    ///
    /// `data`: bytes of the data file; `on_cpu`: whether the workers compute on the CPU.
    pub fn choose(asked: Option<usize>, gpus: Vec<usize>, on_cpu: bool, data: u64) -> Jobs {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let fit = memory::available().map(|free| free / (OF_A_WORKER + OF_THE_DATA * data)).unwrap_or(u64::MAX);
        let fit = usize::try_from(fit).unwrap_or(usize::MAX).max(1);
        let most = if on_cpu { cores } else { gpus.len().max(1).min((cores / CORES_OF_A_GPU_WORKER).max(1)) };
        let count = asked.unwrap_or(most.min(fit)).max(1);
        let threads = (cores / count).max(1);
        Jobs { count, threads: on_cpu.then_some(threads), gpus }
    }

    /// The adapter that fewest workers have, of those that cells have now.
    pub fn free_gpu(&self, taken: &[Option<usize>]) -> Option<usize> {
        self.gpus.iter().copied().min_by_key(|gpu| taken.iter().filter(|t| **t == Some(*gpu)).count())
    }

    /// What a worker on an adapter may take.
    pub fn share(&self, gpu: Option<usize>) -> Share {
        Share { threads: self.threads, gpu }
    }
}

/// Whether a request computes on the CPU, given the name of the device that it chose.
pub fn is_on_cpu(request: DeviceRequest, chosen: &str) -> bool {
    request == DeviceRequest::Cpu || chosen.starts_with("CPU")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_share_cores_and_gpus() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let one = Jobs::choose(Some(1), Vec::new(), true, 0);
        assert_eq!((one.count, one.threads, one.share(None).threads), (1, Some(cores), Some(cores)));
        assert_eq!(Jobs::choose(Some(64 * cores), Vec::new(), true, 0).threads, Some(1));
        assert_eq!(Jobs::choose(None, Vec::new(), true, 1 << 60).count, 1, "data that fills the memory");
        let two = Jobs::choose(Some(4), vec![0, 3], false, 0);
        assert_eq!(
            (two.threads, two.free_gpu(&[None, Some(0)]), two.free_gpu(&[Some(0), Some(3)])),
            (None, Some(3), Some(0))
        );
    }
}

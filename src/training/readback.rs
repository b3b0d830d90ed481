//! Reading losses back from the device, rarely where the device is a GPU: each read waits for all that it has been given to
//! do, and a device that is waited for has nothing to do meanwhile. The CPU has computed a step when the call returns.

use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor};

use super::error::TrainingError;
use crate::device::is_cpu;

/// How long a GPU's loss may wait to be read: what is watched live is hardly older, and ten waits a second cost little.
const WAIT: Duration = Duration::from_millis(100);

/// The most steps whose losses wait, for steps of a few microseconds.
const STEPS: usize = 256;

/// Named losses of a step that may still be on their way from the device.
pub struct Pending {
    names: &'static [&'static str],
    /// One value a name, (names)
    values: Tensor<1>,
}

impl Pending {
    /// Losses of one step, each (1), off the tape; one for each name.
    pub fn new(names: &'static [&'static str], losses: Vec<Tensor<1>>) -> Self {
        debug_assert_eq!(names.len(), losses.len());
        Self { names, values: Tensor::cat(losses.into_iter().map(Tensor::inner).collect(), 0) }
    }
}

/// The losses of one step.
pub type Losses = Vec<(&'static str, f32)>;

/// The values of a tensor on the host.
///
/// # Errors
/// A device that failed.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainingError> {
    Ok(tensor.try_into_vec_as::<f32>()?)
}

/// Losses that wait to be read, in the order of their steps, each with what the caller knows its step by.
pub struct Readback<T> {
    waiting: Vec<(T, Pending)>,
    since: Instant,
    wait: Duration,
}

impl<T> Readback<T> {
    /// For losses of this device.
    pub fn new(device: &Device) -> Self {
        Self { waiting: Vec::new(), since: Instant::now(), wait: if is_cpu(device) { Duration::ZERO } else { WAIT } }
    }

    /// Adds a step's losses.
    pub fn push(&mut self, step: T, losses: Pending) {
        if self.waiting.is_empty() {
            self.since = Instant::now();
        }
        self.waiting.push((step, losses));
    }

    /// True where it is time to [`read`](Self::read).
    pub fn is_due(&self) -> bool {
        !self.waiting.is_empty() && (self.waiting.len() >= STEPS || self.since.elapsed() >= self.wait)
    }

    /// Waits for the device and takes all losses, in one transfer.
    ///
    /// # Errors
    /// A device that failed.
    pub fn read(&mut self) -> Result<Vec<(T, Losses)>, TrainingError> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let all = Tensor::cat(waiting.iter().map(|(_, pending)| pending.values.clone()).collect(), 0);
        let mut found = values(all)?.into_iter();
        let named = |(step, pending): (T, Pending)| (step, pending.names.iter().copied().zip(found.by_ref()).collect());
        Ok(waiting.into_iter().map(named).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(values: [f32; 2]) -> Pending {
        let device = Device::flex().autodiff();
        Pending::new(&["loss", "task"], values.map(|v| Tensor::from_data([v], &device)).to_vec())
    }

    #[test]
    fn steps_come_back_in_order_with_their_own_losses() {
        let mut readback = Readback::new(&Device::flex());
        assert!(!readback.is_due() && readback.read().unwrap().is_empty());
        readback.push(7, losses([1.0, 2.0]));
        readback.push(8, Pending::new(&["other"], vec![Tensor::from_data([5.0], &Device::flex().autodiff())]));
        readback.push(9, losses([f32::NAN, 4.0]));
        let found = readback.read().unwrap();
        assert_eq!(found.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [7, 8, 9]);
        assert_eq!(found[0].1, [("loss", 1.0), ("task", 2.0)]);
        assert_eq!(found[1].1, [("other", 5.0)]);
        assert!(found[2].1[0].1.is_nan() && found[2].1[1] == ("task", 4.0));
        assert!(readback.read().unwrap().is_empty());
    }

    #[test]
    fn many_steps_are_due_at_once_and_one_after_a_while() {
        let mut readback = Readback { wait: WAIT, ..Readback::new(&Device::flex()) };
        for step in 0..STEPS {
            readback.push(step, losses([0.0, 0.0]));
        }
        assert!(readback.is_due());
        readback.read().unwrap();
        readback.push(0, losses([0.0, 0.0]));
        readback.since -= WAIT;
        assert!(readback.is_due());
    }

    #[test]
    fn the_cpu_is_read_after_each_step() {
        let mut readback = Readback::new(&Device::flex().autodiff());
        assert!(!readback.is_due());
        readback.push(0, losses([0.0, 0.0]));
        assert!(readback.is_due());
    }
}

//! How commands reach the training thread: it looks once a batch, and sleeps here while parked.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::events::Command;

/// A queue of commands, shared between whoever controls a run and its training thread.
///
/// Owned by the host; unbounded (commands come from people and scripts, each a few bytes), in order, none dropped.
#[derive(Clone, Default)]
pub struct Control {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<VecDeque<Command>>,
    arrived: Condvar,
}

impl Control {
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves a command; never blocks for longer than the queue is being touched.
    pub fn send(&self, command: Command) {
        self.queue().push_back(command);
        self.shared.arrived.notify_all();
    }

    /// The next command, if there is one.
    pub fn poll(&self) -> Option<Command> {
        self.queue().pop_front()
    }

    /// The next command, waiting for it.
    pub fn wait(&self) -> Command {
        let mut queue = self.queue();
        loop {
            if let Some(command) = queue.pop_front() {
                return command;
            }
            queue = self.shared.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next command, waiting for it at most this long.
    pub fn wait_at_most(&self, time: Duration) -> Option<Command> {
        let queue = self.queue();
        let waited = self.shared.arrived.wait_timeout_while(queue, time, |q| q.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.pop_front()
    }

    /// A queue is whole between any two of its operations, so a panic elsewhere does not spoil it.
    fn queue(&self) -> MutexGuard<'_, VecDeque<Command>> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_come_in_order_and_wake_a_sleeper() {
        let control = Control::new();
        assert_eq!(control.poll(), None);
        let sleeper = std::thread::spawn({
            let control = control.clone();
            move || (control.wait(), control.wait())
        });
        control.send(Command::Pause);
        control.send(Command::Resume);
        assert_eq!(sleeper.join().unwrap(), (Command::Pause, Command::Resume));
        assert_eq!(control.wait_at_most(Duration::from_millis(1)), None);
        control.send(Command::Checkpoint);
        assert_eq!(control.wait_at_most(Duration::from_secs(600)), Some(Command::Checkpoint));
    }
}

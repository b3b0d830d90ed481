//! A thread that does what it was asked for last: questions that were overtaken while it worked are never answered.

use std::sync::mpsc;
use std::sync::mpsc::Sender;

use super::mailbox::Mailbox;
use super::worker::{failure, spawn};
use crate::console::terminal::panics::guarded;

/// The asking end. Channel: owned by the thread, unbounded, emptied to its last entry before each piece of work; the
/// thread ends when this is dropped.
#[derive(Clone, Debug)]
pub struct Latest<J> {
    jobs: Sender<J>,
}

impl<J: Send + 'static> Latest<J> {
    /// Starts the thread. `work` returns false where nobody wants answers any more.
    pub fn new(mailbox: &Mailbox, name: &str, mut work: impl FnMut(J) -> bool + Send + 'static) -> Self {
        let (jobs, asked) = mpsc::channel();
        let (own, own_name) = (mailbox.clone(), name.to_owned());
        spawn(mailbox, name, move || {
            while let Ok(mut job) = asked.recv() {
                while let Ok(later) = asked.try_recv() {
                    job = later;
                }
                let goes_on = match guarded(|| work(job)) {
                    Ok(goes_on) => goes_on,
                    // The next question may fare better.
                    Err(why) => own.send(failure(&own_name, &why)),
                };
                if !goes_on {
                    return;
                }
            }
        });
        Self { jobs }
    }

    /// Asks; what was asked before and is not being worked on is forgotten.
    pub fn ask(&self, job: J) {
        // The thread is gone only with the screen, or where it could not be started, and that was said.
        let _ = self.jobs.send(job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::world::mailbox;

    #[test]
    fn what_was_overtaken_is_not_done() {
        let (mailbox, _inbox) = mailbox::channel().unwrap();
        let (go, wait) = mpsc::channel::<()>();
        let (done, seen) = mpsc::channel();
        let latest = Latest::new(&mailbox, "test", move |job: u32| {
            done.send(job).unwrap();
            wait.recv().is_ok()
        });
        latest.ask(1);
        assert_eq!(seen.recv().unwrap(), 1);
        (2..100).for_each(|job| latest.ask(job));
        go.send(()).unwrap();
        assert_eq!(seen.recv().unwrap(), 99);
        go.send(()).unwrap();
        drop(latest);
        assert!(seen.recv().is_err());
    }
}

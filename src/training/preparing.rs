//! Telling how far the work before training has come, seldom enough for a record.

use std::time::{Duration, Instant};

use super::events::{Body, Preparing, Work};

/// The least time between two events of the same work.
const EVERY: Duration = Duration::from_secs(1);

/// Some work that takes a while. Its beginning is told, and where it stands about once a second, and its end.
pub struct Progress<'a> {
    tell: &'a dyn Fn(Body),
    now: Preparing,
    told: Instant,
    every: Duration,
}

impl<'a> Progress<'a> {
    /// Begins, and tells so. `of`: a file's or a model's name; `total`: bytes, or clips, `None` where nobody knows.
    pub fn begin(tell: &'a dyn Fn(Body), work: Work, of: &str, total: Option<u64>) -> Self {
        let now = Preparing { work, of: of.to_owned(), done: 0, total };
        tell(Body::Preparing(now.clone()));
        Self { tell, now, told: Instant::now(), every: EVERY }
    }

    /// So much is done by now.
    pub fn reached(&mut self, done: u64) {
        let ended = !self.now.is_done();
        self.now.done = done;
        if (ended && self.now.is_done()) || self.told.elapsed() >= self.every {
            self.told = Instant::now();
            (self.tell)(Body::Preparing(self.now.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn beginning_and_end_are_told_and_between_them_seldom() {
        let told = RefCell::new(Vec::new());
        let tell = |body| match body {
            Body::Preparing(now) => told.borrow_mut().push(now.done),
            other => panic!("{other:?}"),
        };
        let mut progress = Progress::begin(&tell, Work::Weights, "tiny", Some(1000));
        // No second passes between two of these.
        progress.every = Duration::MAX;
        (1..=1000).for_each(|done| progress.reached(done));
        assert_eq!(*told.borrow(), [0, 1000]);
        progress.every = Duration::ZERO;
        progress.reached(1001);
        assert_eq!(*told.borrow(), [0, 1000, 1001]);
    }
}

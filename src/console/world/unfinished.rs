//! What is still being written for a person. Whoever leaves right after a mark or an export means both: leaving waits a
//! little, and says what did not come to an end.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Everything that is being written; shared by whoever writes.
#[derive(Clone, Debug, Default)]
pub struct Unfinished(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    pieces: Mutex<Pieces>,
    fewer: Condvar,
}

#[derive(Debug, Default)]
struct Pieces {
    /// By number: what it is, and the time that it has left when somebody leaves.
    open: Vec<(u64, String, Duration)>,
    /// What could not be written since leaving began, and why.
    lost: Vec<String>,
    count: u64,
}

/// One piece of writing; finished when it is dropped.
#[derive(Debug)]
pub struct Piece {
    number: u64,
    shared: Arc<Shared>,
}

impl Unfinished {
    /// Begins a piece of writing, in words; it has `patience` left when somebody leaves.
    pub fn begin(&self, what: impl Into<String>, patience: Duration) -> Piece {
        let mut pieces = self.0.pieces();
        pieces.count += 1;
        let number = pieces.count;
        pieces.open.push((number, what.into(), patience));
        Piece { number, shared: self.0.clone() }
    }

    /// Waits for everything that is being written, for each piece as long as it is worth; returns what was not written.
    pub fn leave(&self) -> Vec<String> {
        let begun = Instant::now();
        let mut pieces = self.0.pieces();
        // What failed before was said on the screen.
        pieces.lost.clear();
        loop {
            let left = pieces.open.iter().map(|p| p.2.saturating_sub(begun.elapsed())).max().unwrap_or_default();
            if left.is_zero() {
                break;
            }
            pieces = self.0.fewer.wait_timeout(pieces, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let open: Vec<String> = pieces.open.iter().map(|p| p.1.clone()).collect();
        std::mem::take(&mut pieces.lost).into_iter().chain(open).collect()
    }
}

impl Piece {
    /// It could not be written, and why; returns what is to be said.
    pub fn fail(self, why: String) -> String {
        self.shared.pieces().lost.push(why.clone());
        why
    }
}

impl Shared {
    fn pieces(&self) -> MutexGuard<'_, Pieces> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.shared.pieces().open.retain(|p| p.0 != self.number);
        self.shared.fewer.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_waits_for_what_ends_and_tells_of_what_does_not() {
        let unfinished = Unfinished::default();
        assert!(unfinished.leave().is_empty());
        let stuck = unfinished.begin("the mark of a", Duration::from_millis(20));
        let quick = unfinished.begin("the file x.csv", Duration::from_secs(600));
        let failing = unfinished.begin("the mark of b", Duration::from_secs(600));
        assert_eq!(unfinished.begin("the mark of c", Duration::ZERO).fail("said already".into()), "said already");
        let writer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            failing.fail("the mark of b: no space".into());
            drop(quick);
        });
        assert_eq!(unfinished.leave(), ["the mark of b: no space", "the mark of a"]);
        writer.join().unwrap();
        drop(stuck);
        assert!(unfinished.leave().is_empty());
    }
}

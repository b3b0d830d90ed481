//! Active time of a run: pauses and the time between processes do not count.

use std::time::Instant;

/// A stopwatch that can be set.
pub struct Clock {
    /// Seconds counted before `since`.
    base: f64,
    /// `None` while stopped.
    since: Option<Instant>,
}

impl Clock {
    /// Running, from 0.
    pub fn new() -> Self {
        Self { base: 0.0, since: Some(Instant::now()) }
    }

    /// Goes on from this many seconds.
    pub fn set(&mut self, seconds: f64) {
        self.base = seconds;
        self.since = self.since.map(|_| Instant::now());
    }

    /// Seconds counted.
    pub fn now(&self) -> f64 {
        self.base + self.since.map_or(0.0, |s| s.elapsed().as_secs_f64())
    }

    pub fn stop(&mut self) {
        self.base = self.now();
        self.since = None;
    }

    pub fn start(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }
}

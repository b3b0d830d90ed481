//! How far a computation is.

use std::fmt;

/// How far a computation is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub done: u32,
    pub of: u32,
    /// As of the last time that it was measured.
    pub divergence: Option<f64>,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", u64::from(self.done) * 100 / u64::from(self.of.max(1)))
    }
}

//! What a few numbers say: means and spreads over seeds, differences of pairs, many comparisons at once, a fitted line.
//!
//! Everything is two-sided and at 95 %, and `None` where it is not defined. Imports from nothing of ours.

mod holm;
mod line;
mod paired;
mod sample;

pub use holm::holm;
pub use line::{Line, line};
pub use paired::{Paired, paired};
pub use sample::{Sample, sample};

/// Share of intervals that hold the truth.
pub const CONFIDENCE: f64 = 0.95;

/// Fewer pairs than this are no ground for a claim.
pub const LEAST_PAIRS: usize = 3;

/// Student's t with `freedom` degrees: the value that a share of [`CONFIDENCE`] lies within, either side of 0.
fn critical(freedom: f64) -> Option<f64> {
    use statrs::distribution::{ContinuousCDF, StudentsT};
    StudentsT::new(0.0, 1.0, freedom).ok().map(|t| t.inverse_cdf(0.5 + CONFIDENCE / 2.0)).filter(|t| t.is_finite())
}

/// Share of Student's t that lies at least as far from 0 as `t`.
fn two_sided(t: f64, freedom: f64) -> Option<f64> {
    use statrs::distribution::{ContinuousCDF, StudentsT};
    StudentsT::new(0.0, 1.0, freedom).ok().map(|d| 2.0 * d.sf(t.abs())).filter(|p| p.is_finite())
}

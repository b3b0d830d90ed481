//! Student's t.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Share of intervals that hold the truth.
const CONFIDENCE: f64 = 0.95;

/// Student's t with `freedom` degrees: the value that a share of [`CONFIDENCE`] lies within, either side of 0.
pub fn critical(freedom: f64) -> Option<f64> {
    StudentsT::new(0.0, 1.0, freedom).ok().map(|t| t.inverse_cdf(0.5 + CONFIDENCE / 2.0)).filter(|t| t.is_finite())
}

/// Share of Student's t that lies at least as far from 0 as `t`.
pub fn two_sided(t: f64, freedom: f64) -> Option<f64> {
    StudentsT::new(0.0, 1.0, freedom).ok().map(|d| 2.0 * d.sf(t.abs())).filter(|p| p.is_finite())
}

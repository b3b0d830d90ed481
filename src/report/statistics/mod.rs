//! What a few numbers say: means and spreads over seeds, differences of pairs, many comparisons at once, a fitted line.
//!
//! Everything is two-sided and at 95 %, and `None` where it is not defined. Imports from nothing of ours.

mod holm;
mod line;
mod paired;
mod sample;
mod student;

pub use holm::holm;
pub use line::{Line, line};
pub use paired::{LEAST_PAIRS, Paired, paired};
pub use sample::{Sample, interval_of_mean, sample};

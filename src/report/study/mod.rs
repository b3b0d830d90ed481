//! What a study came to: numbers of its cells, read from their runs.
//!
//! | what | file |
//! |---|---|
//! | a study as its table, its figure and its grid see it | [`mod@outcomes`] |
//! | a study's folder read into that | [`gather`](gather()) |
//! | the metrics that count, and their values in a run | [`reading`] |
//! | means, differences and what they say | [`table`], [`against`] |
//! | lines through what was measured | [`fits`] |
//! | the table in writing | [`forms`] |
//!
//! Imports from `run` and its own siblings. To add a metric: its form in [`MetricKey`](crate::run::study::MetricKey), its
//! name and its value in [`reading`].

pub mod against;
pub mod fits;
pub mod forms;
mod gather;
pub mod outcomes;
pub mod reading;
pub mod table;

pub use gather::{gather, outcomes};

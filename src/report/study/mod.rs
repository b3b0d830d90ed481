//! What a study came to: numbers of its cells, read from their runs.
//!
//! | what | file |
//! |---|---|
//! | a study as its table, its figure and its grid see it | [`outcomes`] |
//! | each variant's metrics over its seeds | [`means`] |
//! | the metrics that count, and their values in a run | [`reading`] |
//!
//! Imports from `run` and its own siblings. To add a metric: its form in [`MetricKey`](crate::run::study::MetricKey), its
//! name and its value in [`reading`].

pub mod means;
pub mod outcomes;
pub mod reading;

//! Datasets: the MMSA pickle layout, the built-in demo, normalisation, batches ([the method](crate::book::method), data files).
//!
//! From the file up: [`bytes`] reads by position, [`pickle`] finds what the file holds without running any of it,
//! [`layout`] checks it against the MMSA layout, [`scan`] passes over the features once, and [`Dataset`] hands out
//! batches. [`Report`] tells what is in a file, [`Catalogue`] which files there are.

mod batch;
pub mod bytes;
mod catalogue;
mod convert;
pub mod demo;
pub mod digest;
mod dtype;
mod error;
mod flaw;
mod hints;
mod labels;
mod layout;
mod magic;
pub mod memory;
mod mmsa;
mod normalise;
mod open;
mod padding;
mod parts;
pub mod pickle;
mod report;
mod report_text;
mod rows;
mod scan;
mod source;
mod tokens;

pub use batch::{Batch, Sequences};
pub use catalogue::{Catalogue, Entry, State, is_same};
pub use error::DatasetError;
pub use flaw::{Flaw, FlawKind, Severity};
pub use open::{Dataset, RESIDENT_BYTES};
pub use report::{Histogram, LabelReport, LengthReport, ModalityReport, Report, SplitReport};
pub use source::{DEMO, DEMO_SEED, Source, data_folder};

#[cfg(test)]
mod tests;

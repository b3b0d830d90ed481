//! Calibration: a few clips whose modalities people judged say, modality by modality, which labels stage 3 learns from:
//! copies of y, or labels corrected after one of several corruptions ([the method](crate::book::method), calibration).
//!
//! `candidate` lists what is tried, `calibrator` trains stage 2 for each on the run's own stage-1 networks and hands the
//! chosen labels on, `choice` and `expectation` are the arithmetic, `draw` picks clips of the data's own human labels.
//! Imports from the rest of `training`; a candidate is added in `candidate`.

mod calibrator;
mod candidate;
mod choice;
mod draw;
mod expectation;

pub use calibrator::{Calibrator, Chosen, Handed};
pub use choice::{Choice, LEAST, Settling, Tried, more};
pub use draw::draw;
pub use expectation::Expected;

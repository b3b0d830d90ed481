//! What a run directory says, for people and other programs: figures, tables of scalars, event files, comparisons.
//!
//! Everything here reads a run directory (also one that is being written) and changes nothing in it.

pub mod compare;
pub mod figure;
#[cfg(test)]
pub mod fixture;
pub mod numbers;
pub mod projection;
pub mod scalars;
pub mod scale;
pub mod smoothing;
pub mod tensorboard;

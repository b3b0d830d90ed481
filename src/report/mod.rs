//! What a run directory says, for people and other programs: figures, label tables, tables of scalars, event files,
//! comparisons.
//!
//! Everything here reads a run directory (also one that is being written) and changes nothing in it.

pub mod card;
pub mod compare;
pub mod export;
pub mod figure;
#[cfg(test)]
pub mod fixture;
pub mod neighbours;
pub mod numbers;
pub mod projection;
pub mod scalars;
pub mod scale;
pub mod smoothing;
pub mod table;
pub mod tensorboard;

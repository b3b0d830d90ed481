//! From the parts of a split to batches: feature rows wherever they lie, padding and lengths, label rules, statistics,
//! normalisation.
//!
//! [`parts`] is what every file layout hands over, [`memory`] what is made by hand. Each file has one step of the way:
//! [`rows`] → [`padding`] → [`scan`] (called by [`look`], which says what is odd) → [`normalise`] → [`batch`]. Imported from `dataset`: `file`, errors and flaws; no
//! file layout is known here. [`text_tokens`] makes what a text encoder
//! reads. A further rule about labels goes to [`labels`], a further finding to `flaw.rs` as well.

pub mod batch;
pub mod keys;
pub mod labels;
pub mod look;
pub mod memory;
pub mod missing;
pub mod noise;
pub mod normalise;
pub mod padding;
pub mod parts;
pub mod rows;
pub mod scan;
pub mod text_tokens;

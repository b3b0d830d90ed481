//! A small human check: a few clips, drawn at random from strata, are judged by people, and what they say is carried over to
//! all clips.
//!
//! `strata` groups clips by split and by how far their labels were moved, and draws from the groups; `estimate` weights each
//! judged clip by how many it stands for; `alike` compares two people who judged the same clips. Imports from the rest of
//! `training`; another measure of agreement is a field of [`Alike`].

mod alike;
mod estimate;
mod strata;

pub use alike::{Alike, alike};
pub use estimate::{Estimate, Judged, estimate};
pub use strata::{BANDS, Population, Stratum};

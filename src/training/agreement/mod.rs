//! What correction did to the labels, and whether it brought them closer to human or known ones ([the method](crate::book::method), what can fail).
//!
//! | what | file |
//! |---|---|
//! | signs of labels, and what counts as moved or differing | `signs.rs` |
//! | what correction did to the labels of a split | `summary.rs` |
//! | copies and corrected labels judged by human ones | `judge.rs` |

mod judge;
mod signs;
mod summary;
#[cfg(test)]
mod tests;

pub(super) use judge::{measures, terms};
pub use signs::{DIFFERS, MOVED, NEUTRAL, sign};
pub use summary::{summarise, summarise_values};

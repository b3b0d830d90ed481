//! The runs below a folder with their state and progress, without reading their events in full.
//!
//! | what | file |
//! |---|---|
//! | where a run stands, its process included | `state.rs` |
//! | a run's line in a list, and what it is read from | `summary.rs`, `skim.rs` |
//! | its settings that are not the program's own | `differing.rs` |
//! | all runs of a folder, again and again | `lister.rs` |

mod differing;
mod lister;
mod skim;
mod state;
mod summary;
#[cfg(test)]
mod tests;

pub use lister::{Lister, list_runs};
pub use state::RunState;
pub use summary::{RunResult, RunSummary, progress, summarise};

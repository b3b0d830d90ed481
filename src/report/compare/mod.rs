//! Several runs side by side: the settings that differ, and what came of them.
//!
//! | what | file |
//! |---|---|
//! | runs put side by side | `comparison.rs` |
//! | settings as dotted keys, and those that differ | `settings.rs` |
//! | what came of each run, and the best | `results.rs` |
//! | the table in lines of text | `lines.rs` |

mod comparison;
mod lines;
mod results;
mod settings;
#[cfg(test)]
mod tests;

pub use comparison::{Comparison, RunColumn, compare};
pub use results::ResultRow;
pub(super) use results::predicting;
pub use settings::SettingRow;
pub(super) use settings::settings;

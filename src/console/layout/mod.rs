//! Layout: where everything lies for a state. Changes nothing and draws nothing; keys and clicks are placed by it, frames
//! are drawn by it, so that both agree.
//!
//! May import: [`state`](super::state) and what lies below it. A pane needs a file here only where its keys and its frame
//! have to agree on more than one row an entry.

pub mod areas;
pub mod banner;
pub mod datasets;
pub mod embedding;
pub mod entry;
pub mod health;
pub mod help;
pub mod judgement;
pub mod labels;
pub mod log;
pub mod metrics;
pub mod plane;
pub mod run_table;
pub mod runs;
pub mod studies;
pub mod system;
pub mod tabs;

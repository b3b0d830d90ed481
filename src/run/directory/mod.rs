//! The run directory: where everything about one run lies, its manifest (`run.toml`) and its name.
//!
//! ```text
//! <runs root>/<name>/
//!   run.toml        the manifest
//!   events.jsonl    append-only; see recorder.rs and tail.rs
//!   labels/         rows.csv, and corrected labels at each refresh
//!   embeddings/     h_m and z_m before, during and after stage 1; see embedding.rs
//!   predictions/    of every row, after stages 1 and 3; see predictions.rs
//!   checkpoints/    written by training
//!   marks.jsonl     what people marked and noted; see marks.rs
//!   annotations/    clips drawn for people, and what they said of them; see survey/
//!   tags.toml       tags and a note; see tags.rs
//!   calibration.json  which labels a calibration chose; see calibration.rs
//!   host.lock       held by the run's process; see lock.rs
//!   host.log        what the detached process printed
//! ```
//!
//! | what | file |
//! |---|---|
//! | its parts and what its manifest says | `run_dir.rs` |
//! | a new one, made so that nobody sees half of it | `create.rs` |
//! | names, and the folders that runs and studies lie in | `name.rs` |

mod create;
mod error;
mod name;
mod run_dir;
#[cfg(test)]
mod tests;

pub use super::manifest::{CellRecord, DataRecord, Manifest, ProcessRecord};
pub(super) use create::is_taken;
pub use error::RunError;
pub use name::{STUDIES, STUDY, STUDY_RUNS, check_name, runs_root};
pub use run_dir::RunDir;

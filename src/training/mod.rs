//! The three stages of [the method](crate::book::method) and the machine that runs them.
//!
//! It imports from `model`, `dataset`, `device` and `config`; it writes no file but checkpoints, and tells whoever listens
//! by events.
//!
//! | what | files |
//! |---|---|
//! | the stages | `contrastive`, `denoising` and `bilevel`, `learner`, `joint`, and what they share: `context`, `feed`, `inference`, `losses`, `presence` |
//! | the machine: epochs, pauses, checkpoints, hand-overs | `machine`, `checkpoint`, `parts`, `cuts`, `records`, `left_out`, `sizes` |
//! | what happens, for everyone else | [`events`], [`preparing`], [`listener`], [`control`] |
//! | what stage 3's unimodal tasks learn | `targets`, one file a source |
//! | a few clips judged by people, for all clips | [`survey`] |
//! | labels chosen by clips that people judged | [`calibration`], `calibrated` |
//! | what would fit into too little memory | [`fits`] |
//! | how good it is | [`metrics`], [`agreement`], [`health`], [`bootstrap`], `summaries` |
//!
//! | to add | write | and enter it in |
//! |---|---|---|
//! | a health check | a [`Sign`](health::Sign) in a file of [`health`] | [`health::CHECKS`] |
//! | a metric | a [`Metric`](metrics::Metric) | the list of its datasets in [`metrics`] |

pub mod agreement;
mod alignment;
mod bilevel;
pub mod bootstrap;
mod calibrated;
pub mod calibration;
mod checkpoint;
mod clock;
mod context;
mod contrastive;
pub mod control;
mod cuts;
mod denoising;
mod error;
pub mod events;
mod feed;
mod fine_tuning;
pub mod fits;
pub mod floors;
pub mod health;
mod inference;
mod job;
mod joint;
mod labels;
mod learner;
mod left_out;
mod levels;
pub mod listener;
mod losses;
mod machine;
pub mod metrics;
pub(crate) mod operations;
pub mod optimizer;
mod parts;
pub mod prediction;
pub mod preparing;
mod presence;
mod randomness;
mod readback;
mod records;
mod restoration;
mod scalars;
mod schedule;
mod sizes;
pub mod speed;
mod summaries;
pub mod survey;
mod targets;
pub mod text;
pub mod text_speed;

pub use checkpoint::shared::{HandedOn, hand_on};
pub use checkpoint::verify::{position as checkpoint_position, verify as verify_checkpoints};
use control::Control;
pub use error::{TrainingError, is_divergence};
pub use job::{Job, Outcome};
use listener::Listener;

/// Trains, telling `listener` and obeying `control`; returns when the job is done or told to stop.
///
/// # Errors
/// Whatever keeps training from going on, see [`TrainingError`]; the last checkpoint stands. Shape errors and failed
/// kernels inside burn panic: the caller guards the thread.
pub fn train(job: Job, control: &Control, listener: &dyn Listener) -> Result<Outcome, TrainingError> {
    let resume = job.resume;
    machine::Machine::new(job, control, listener)?.run(resume)
}

//! The three stages of METHOD.md and the machine that runs them.

pub mod agreement;
pub mod events;
pub mod metrics;

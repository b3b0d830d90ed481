//! Training as a whole: the three stages' numbers, and the signs of failure.
#![allow(clippy::unwrap_used, clippy::panic, reason = "that is how a test fails, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod calibration;
mod changes;
mod checkpoints;
mod health;
mod layouts;
mod learners;
mod missing;
mod precision;
mod sources;
mod stages;

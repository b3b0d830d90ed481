//! What the tests of the built program share.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "that is how a test fails, in its helpers too")]

pub mod clips;
pub mod epochs;
pub mod home;
pub mod outcome;
pub mod picture;
pub mod settings;
pub mod slurm;
pub mod terminal;

//! A run outlives its terminal, its viewers, its process and its disk: tests of the built program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "that is how a test fails, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod annotate;
mod batch;
mod bert;
mod console;
mod damage;
mod data_file;
mod disk;
mod faults;
mod follow;
mod keys;
mod kills;
mod many_runs;
mod notify;
mod outlive;
mod screen;
mod set;
mod slurm;
mod studies;
mod table;
mod terminal_death;
mod viewers;
mod wire;

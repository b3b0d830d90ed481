//! `mug stop`: ends a run, and returns when its process has ended.

use std::process::ExitCode;

use color_eyre::Result;

use super::control::{died, tell_and_wait};
use super::out::say;
use super::subcommand::{Program, Subcommand};
use crate::run::directory::RunDir;
use crate::run::list::{RunState, summarise};
use crate::run::lock;
use crate::training::events::Command;

/// End a run after the batch and a checkpoint; it can be resumed.
#[derive(Debug, clap::Parser)]
#[command(name = "stop")]
pub struct StopArgs {
    /// Name or folder of the run.
    pub run: String,
}

impl Subcommand for StopArgs {
    /// A run that is not running is no error, unless its process died.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        match summarise(&dir).state {
            RunState::Died => return Err(died(&dir)),
            state if !lock::is_alive(&dir) => say(&format!("run {} is not running ({state})", dir.name()))?,
            _ => tell_and_wait(&dir, Command::StopNow)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

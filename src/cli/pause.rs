//! `mug pause`: parks a run, and returns when it waits.

use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::control::{died, tell_and_wait};
use super::out::say;
use super::subcommand::{Program, Subcommand};
use crate::run::directory::RunDir;
use crate::run::list::{RunState, summarise};
use crate::run::view::Phase;
use crate::training::events::Command;

/// Park a run: it finishes the batch, writes a checkpoint and waits.
#[derive(Debug, clap::Parser)]
#[command(name = "pause")]
pub struct PauseArgs {
    /// Name or folder of the run.
    pub run: String,
}

impl Subcommand for PauseArgs {
    /// A run that is paused already is no error.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let name = dir.name();
        match summarise(&dir).state {
            RunState::At(Phase::Paused) => say(&format!("run {name} is paused already"))?,
            RunState::At(phase) if phase.is_over() => {
                return Err(eyre!("run {name} is not running ({}): there is nothing to pause", phase.name()));
            }
            RunState::Died => return Err(died(&dir)),
            _ => tell_and_wait(&dir, Command::Pause)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

//! `mug host`: the process of a run, detached from the terminal.

use std::path::PathBuf;
use std::process::ExitCode;

use color_eyre::Result;

use super::stage_name::FromStage;
use super::subcommand::{Program, Subcommand};
use crate::host::spawn::leave_the_terminal;
use crate::host::trainer::trainer;
use crate::host::{HostOptions, serve};
use crate::notify;
use crate::run::directory::RunDir;
use crate::training::Outcome;

/// The process of a run; started by the console.
#[derive(Debug, clap::Parser)]
#[command(name = "host", hide = true)]
pub struct HostArgs {
    /// The run directory.
    pub dir: PathBuf,
    /// Go on from the last checkpoint.
    #[arg(long)]
    pub resume: bool,
    #[command(flatten)]
    pub from: FromStage,
}

impl Subcommand for HostArgs {
    /// Trains the run to its end.
    fn run(self, _: &Program) -> Result<ExitCode> {
        leave_the_terminal();
        let dir = RunDir::open(&self.dir)?;
        let options = HostOptions {
            resume: self.resume,
            restart: self.from.restart.map(Into::into),
            continue_stage: self.from.continue_stage.map(Into::into),
            notify: notify::Settings::of_person().map_err(|e| e.to_string()),
            ..HostOptions::default()
        };
        let served = serve(dir, trainer(), &options)?;
        // A run that was stopped on request is a success, too.
        Ok(match served.outcome {
            Outcome::Finished | Outcome::Stopped => ExitCode::SUCCESS,
        })
    }
}

//! `mug host`: the process of a run, detached from the terminal.

use std::process::ExitCode;

use color_eyre::Result;

use super::args::HostArgs;
use crate::host::spawn::leave_the_terminal;
use crate::host::trainer::trainer;
use crate::host::{HostOptions, serve};
use crate::run::directory::RunDir;
use crate::training::Outcome;

/// Trains the run to its end.
pub fn run(args: &HostArgs) -> Result<ExitCode> {
    leave_the_terminal();
    let dir = RunDir::open(&args.dir)?;
    let options = HostOptions {
        resume: args.resume,
        restart: args.restart.map(Into::into),
        continue_stage: args.continue_stage.map(Into::into),
        ..HostOptions::default()
    };
    let served = serve(dir, trainer(), &options)?;
    // Ended on request is success here: who asked has seen it.
    Ok(match served.outcome {
        Outcome::Finished | Outcome::Stopped => ExitCode::SUCCESS,
    })
}

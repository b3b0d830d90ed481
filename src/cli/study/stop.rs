//! `mug study stop`: ends a study so that it can be resumed.

use std::process::ExitCode;

use color_eyre::Result;

use super::slurm::cancel;
use crate::cli::out::say;
use crate::cli::status::Failure;
use crate::cli::subcommand::Program;
use crate::run::study::Study;
use crate::study::stop::stop;

/// End a study: its workers write checkpoints and end; it can be resumed.
#[derive(Debug, clap::Args)]
pub struct StopArgs {
    /// Name or folder of the study.
    study: String,
}

impl StopArgs {
    pub fn run(self, program: &Program) -> Result<ExitCode> {
        let study = Study::find(&program.runs_root, &self.study)?;
        // What waits in a queue never begins, and what runs on other machines is told.
        cancel(&study)?;
        let going = stop(&study)?;
        if !going.is_empty() {
            return Err(Failure(format!(
                "these runs of study {} still go on, on other machines or with a long batch: {}; mug study show {} tells \
                 when they have ended",
                study.name(),
                going.join(", "),
                study.name()
            ))
            .into());
        }
        say(&format!("study {0} is stopped; mug study resume {0} goes on with it", study.name()))?;
        Ok(ExitCode::SUCCESS)
    }
}

//! `mug study resume`: goes on with a study.

use std::process::ExitCode;

use color_eyre::Result;

use super::carry::{CarryArgs, carry};
use crate::cli::subcommand::Program;
use crate::host::spawn::leave_the_terminal;
use crate::run::study::Study;

/// Go on with a study; cells that failed are tried again.
#[derive(Debug, clap::Args)]
pub struct ResumeArgs {
    /// Name or folder of the study.
    study: String,
    #[command(flatten)]
    carry: CarryArgs,
    /// In a session of its own: what `--detach` starts.
    #[arg(long, hide = true, conflicts_with = "detach")]
    detached: bool,
}

impl ResumeArgs {
    pub fn run(self, program: &Program) -> Result<ExitCode> {
        if self.detached {
            leave_the_terminal();
        }
        carry(&Study::find(&program.runs_root, &self.study)?, &self.carry)
    }
}

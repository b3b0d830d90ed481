//! `mug compare`: runs side by side.

use std::process::ExitCode;

use color_eyre::Result;

use super::out::{say, say_json};
use super::record::read_record;
use super::subcommand::{Program, Subcommand};
use crate::report::compare::compare;
use crate::run::directory::RunDir;

/// Put runs side by side: the settings that differ beside their results.
#[derive(Debug, clap::Parser)]
#[command(name = "compare")]
pub struct CompareArgs {
    /// Names or folders of runs; they may still be training. One alone is shown with all its settings.
    #[arg(required = true, num_args = 1.., value_name = "RUN")]
    pub runs: Vec<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

impl Subcommand for CompareArgs {
    /// Prints the table.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dirs =
            self.runs.iter().map(|name| RunDir::find(&program.runs_root, name)).collect::<Result<Vec<_>, _>>()?;
        let views = dirs.iter().map(read_record).collect::<Result<Vec<_>, _>>()?;
        let runs: Vec<_> = dirs.iter().zip(&views).collect();
        let comparison = compare(&runs);
        if self.json {
            say_json(&comparison)?;
        } else {
            comparison.lines().iter().try_for_each(|line| say(line))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

//! `mug show`: what became of one run.

use std::process::ExitCode;

use color_eyre::Result;

use super::out::{say, say_json};
use super::record::read_record;
use super::subcommand::{Program, Subcommand};
use crate::report::card::Card;
use crate::run::directory::RunDir;

/// Show what became of a run: test and validation figures, labels, signs of failure, how its stages ended.
#[derive(Debug, clap::Parser)]
#[command(name = "show")]
pub struct ShowArgs {
    /// Name or folder of the run; it may still be training.
    pub run: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Show all settings, those that were changed first.
    #[arg(long, conflicts_with = "json")]
    pub settings: bool,
}

impl Subcommand for ShowArgs {
    /// Prints the run's result card.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let card = Card::new(&dir, &read_record(&dir)?);
        if self.json {
            say_json(&card)?;
        } else {
            let lines = if self.settings { card.lines_in_full() } else { card.lines() };
            lines.iter().try_for_each(|line| say(line))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

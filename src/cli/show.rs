//! `mug show`: what became of one run.

use std::path::Path;
use std::process::ExitCode;

use color_eyre::Result;

use super::{read_record, say, say_json};
use crate::report::card::Card;
use crate::run::directory::RunDir;

#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Name or folder of the run; it may still be training.
    pub run: String,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Prints the run's result card.
pub fn run(args: &ShowArgs, root: &Path) -> Result<ExitCode> {
    let dir = RunDir::find(root, &args.run)?;
    let card = Card::new(&dir, &read_record(&dir)?);
    if args.json {
        say_json(&card)?;
    } else {
        card.lines().iter().try_for_each(|line| say(line))?;
    }
    Ok(ExitCode::SUCCESS)
}

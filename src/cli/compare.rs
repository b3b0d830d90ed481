//! `mug compare`: runs side by side.

use std::path::Path;
use std::process::ExitCode;

use color_eyre::Result;

use super::{read_record, say, say_json};
use crate::report::compare::compare;
use crate::run::directory::RunDir;

#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// Names or folders of runs; they may still be training. One alone is shown with all its settings.
    #[arg(required = true, num_args = 1.., value_name = "RUN")]
    pub runs: Vec<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Prints the table.
pub fn run(args: &CompareArgs, root: &Path) -> Result<ExitCode> {
    let dirs = args.runs.iter().map(|name| RunDir::find(root, name)).collect::<Result<Vec<_>, _>>()?;
    let views = dirs.iter().map(read_record).collect::<Result<Vec<_>, _>>()?;
    let runs: Vec<_> = dirs.iter().zip(&views).collect();
    let comparison = compare(&runs);
    if args.json {
        say_json(&comparison)?;
    } else {
        comparison.lines().iter().try_for_each(|line| say(line))?;
    }
    Ok(ExitCode::SUCCESS)
}

//! `mug set`: changes settings of a run while it trains.

use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::control::tell;
use super::out::say;
use super::subcommand::{Program, Subcommand};
use crate::config::Change;
use crate::run::directory::RunDir;
use crate::run::list::summarise;
use crate::run::lock;
use crate::training::events::Command;

/// Change settings for the rest of a run that is being trained: learning rates, epochs, patience and weights of losses.
///
/// They hold from the next step on, also where the run is resumed or a stage begun anew. The record and the curves show where.
#[derive(Debug, clap::Parser)]
#[command(name = "set")]
pub struct SetArgs {
    /// Name or folder of the run.
    pub run: String,
    /// The settings with their values, for example joint.learning_rate=5e-5.
    #[arg(required = true, value_name = "KEY=VALUE")]
    pub changes: Vec<String>,
}

impl Subcommand for SetArgs {
    /// All changes are looked at before the first one is made.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let name = dir.name();
        let changes = self.changes.iter().map(|text| Change::parse(text)).collect::<Result<Vec<_>, _>>()?;
        changes.iter().try_for_each(|change| change.applied_to(&dir.manifest().settings).map(|_| ()))?;
        if !lock::is_alive(&dir) {
            let state = summarise(&dir).state;
            return Err(eyre!(
                "run {name} is not being trained ({state}); mug resume {name} takes it up, then its settings can be changed"
            ));
        }
        for change in changes {
            tell(&dir, Command::Set { change })?;
            say(&format!("run {name}: {change} from its next step on"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

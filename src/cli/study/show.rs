//! `mug study show`: where a study stands and what it says so far.

use std::process::ExitCode;

use color_eyre::Result;
use serde::Serialize;

use crate::cli::out::{say, say_json};
use crate::cli::subcommand::Program;
use crate::run::study::state::statuses;
use crate::run::study::{CellState, Study};

/// Show a study: its cells, and what they say together.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Name or folder of the study.
    study: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    study: &'a str,
    question: &'a str,
    cells: Vec<ShownCell>,
}

#[derive(Serialize)]
struct ShownCell {
    name: String,
    variant: String,
    seed: u64,
    #[serde(flatten)]
    state: CellState,
    #[serde(skip_serializing_if = "Option::is_none")]
    stale: Option<String>,
}

impl ShowArgs {
    pub fn run(self, program: &Program) -> Result<ExitCode> {
        let study = Study::find(&program.runs_root, &self.study)?;
        let rows = study.plan().rows();
        let cells: Vec<ShownCell> = study
            .plan()
            .cells()
            .into_iter()
            .zip(statuses(&study))
            .map(|(cell, status)| ShownCell {
                variant: rows[cell.row].variant.clone(),
                name: cell.name,
                seed: cell.seed,
                state: status.state,
                stale: status.stale,
            })
            .collect();
        let shown = Shown { study: study.name(), question: &study.plan().question, cells };
        if self.json {
            say_json(&shown)?;
            return Ok(ExitCode::SUCCESS);
        }
        say(&format!("study {}: {}", shown.study, shown.question))?;
        let width = shown.cells.iter().map(|cell| cell.name.len()).max().unwrap_or(0);
        for cell in &shown.cells {
            let words = match (&cell.state, &cell.stale) {
                (_, Some(why)) => format!("stale: {why}; mug study resume trains it anew"),
                (CellState::Running { share }, _) => format!("running, {:.0} %", (100.0 * share).floor()),
                (CellState::Failed { reason }, _) => format!("failed: {}", reason.replace('\n', " ")),
                (state, _) => state.name().to_owned(),
            };
            say(&format!("  {:width$}  {words}", cell.name))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

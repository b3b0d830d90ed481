//! `mug study show`: where a study stands and what it says so far.

use std::process::ExitCode;

use color_eyre::Result;
use serde::Serialize;

use super::slurm::told;
use crate::cli::out::{say, say_json};
use crate::cli::subcommand::Program;
use crate::run::study::state::statuses;
use crate::run::study::{CellState, Study};
use crate::study::slurm::record::CellTask;

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
    /// What Slurm says of a cell that was submitted and that nobody trains.
    #[serde(skip_serializing_if = "Option::is_none")]
    slurm: Option<String>,
}

impl ShowArgs {
    pub fn run(self, program: &Program) -> Result<ExitCode> {
        let study = Study::find(&program.runs_root, &self.study)?;
        let rows = study.plan().rows();
        let told = told(&study);
        let of_slurm = |cell: &str, state: &CellState| {
            let trained = matches!(state, CellState::Finished | CellState::Running { .. });
            told.get(cell).filter(|_| !trained).map(CellTask::words)
        };
        let cells: Vec<ShownCell> = study
            .plan()
            .cells()
            .into_iter()
            .zip(statuses(&study))
            .map(|(cell, status)| ShownCell {
                variant: rows[cell.row].variant.clone(),
                slurm: of_slurm(&cell.name, &status.state),
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
            let slurm = cell.slurm.as_ref().map_or_else(String::new, |words| format!(" ({words})"));
            say(&format!("  {:width$}  {words}{slurm}", cell.name))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

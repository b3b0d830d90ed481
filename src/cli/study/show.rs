//! `mug study show`: where a study stands and what it says so far.

use std::process::ExitCode;

use color_eyre::Result;
use serde::Serialize;

use super::slurm::told;
use crate::cli::out::{columns, say, say_json};
use crate::cli::subcommand::Program;
use crate::report::study::forms::{FORMS, lines};
use crate::report::study::gather;
use crate::report::study::table::Table;
use crate::run::study::state::statuses;
use crate::run::study::{CellState, Study};
use crate::study::slurm::record::CellTask;

/// Show a study: what its cells say together, and where those stand that are not finished.
///
/// The table has each variant's mean and spread over seeds, and its difference to the reference variant, paired by seed and
/// on the test clips, with 95 % intervals.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// Name or folder of the study.
    study: String,
    /// Print the table and every cell as one JSON object.
    #[arg(long, group = "form")]
    json: bool,
    /// Print a line for each variant and metric, comma-separated.
    #[arg(long, group = "form")]
    csv: bool,
    /// Print tables of Markdown.
    #[arg(long, group = "form")]
    markdown: bool,
    /// Print tables of LaTeX; they need \usepackage{booktabs}.
    #[arg(long, group = "form")]
    latex: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    table: &'a Table,
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
        let table = gather(&study).table();
        let asked = [(self.csv, "csv"), (self.markdown, "markdown"), (self.latex, "latex")];
        let asked = asked.iter().find(|(asked, _)| *asked).map(|(_, name)| *name);
        if let Some(form) = FORMS.iter().find(|form| Some(form.name) == asked) {
            say((form.render)(&table).trim_end())?;
            return Ok(ExitCode::SUCCESS);
        }
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
        if self.json {
            say_json(&Shown { table: &table, cells })?;
            return Ok(ExitCode::SUCCESS);
        }
        for line in lines(&table, columns()) {
            say(&line)?;
        }
        let open: Vec<&ShownCell> =
            cells.iter().filter(|c| c.state != CellState::Finished || c.stale.is_some()).collect();
        let width = open.iter().map(|cell| cell.name.len()).max().unwrap_or(0);
        for cell in open {
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

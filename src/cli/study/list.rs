//! `mug study list`: the studies that ship, and those of the runs folder.

use std::process::ExitCode;

use color_eyre::Result;
use serde::Serialize;

use crate::cli::out::{say, say_json};
use crate::cli::subcommand::Program;
use crate::run::study::shipped::{SHIPPED, shipped};
use crate::run::study::state::statuses;
use crate::run::study::{CellState, Study, folder};

/// List the studies that ship with mug, and those that were begun.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Listed {
    shipped: Vec<Shipped>,
    studies: Vec<Own>,
}

#[derive(Serialize)]
struct Shipped {
    name: &'static str,
    question: String,
}

#[derive(Serialize)]
struct Own {
    name: String,
    question: String,
    dataset: String,
    cells: usize,
    finished: usize,
    running: usize,
    failed: usize,
}

impl ListArgs {
    pub fn run(self, program: &Program) -> Result<ExitCode> {
        let question = |name| shipped(name).and_then(Result::ok).map(|d| d.question).unwrap_or_default();
        let listed = Listed {
            shipped: SHIPPED.iter().map(|(name, _)| Shipped { name, question: question(name) }).collect(),
            studies: folder::list(&program.runs_root).iter().map(own).collect(),
        };
        if self.json {
            say_json(&listed)?;
            return Ok(ExitCode::SUCCESS);
        }
        let shipped = listed.shipped.iter().map(|s| s.name.len());
        let width = shipped.chain(listed.studies.iter().map(|s| s.name.len())).max().unwrap_or(0);
        say("studies that ship with mug: mug study run NAME --dataset DATA")?;
        for study in &listed.shipped {
            say(&format!("  {:width$}  {}", study.name, study.question))?;
        }
        if !listed.studies.is_empty() {
            say(&format!("in {}: mug study show NAME", folder::studies_folder(&program.runs_root).display()))?;
        }
        for s in &listed.studies {
            let failed = if s.failed > 0 { format!(", {} failed", s.failed) } else { String::new() };
            let running = if s.running > 0 { format!(", {} running", s.running) } else { String::new() };
            let state = format!("{} of {} done{running}{failed}", s.finished, s.cells);
            say(&format!("  {:width$}  {state} · {}", s.name, s.question))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn own(study: &Study) -> Own {
    let states: Vec<CellState> = statuses(study).into_iter().map(|s| s.state).collect();
    let count = |is: fn(&CellState) -> bool| states.iter().filter(|s| is(s)).count();
    Own {
        name: study.name().to_owned(),
        question: study.plan().question.clone(),
        dataset: study.plan().dataset.clone(),
        cells: states.len(),
        finished: count(|s| *s == CellState::Finished),
        running: count(|s| matches!(s, CellState::Running { .. })),
        failed: count(|s| matches!(s, CellState::Failed { .. })),
    }
}

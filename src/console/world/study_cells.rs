//! The cells of one study as the console knows them: a summary of each run, and of finished ones the metrics that count,
//! kept in an index beside the runs so that opening a large study reads no record.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::console::state::studies::{Counts, StudyLine, StudyView};
use crate::digest::Stamp;
use crate::report::study::outcomes::{CellState, Outcome, Outcomes};
use crate::report::study::{outcomes, reading};
use crate::run::clock::seconds_of;
use crate::run::list::{Lister, RunState, RunSummary};
use crate::run::stamped::{Stamped, stamps};
use crate::run::study::fingerprint::difference;
use crate::run::study::folder::Study;
use crate::run::study::{Cell, Row};
use crate::run::view::Phase;

/// The index beside the runs.
const INDEX: &str = ".cells.json";
/// Cells read anew for which the index is worth writing.
const WORTH_AN_INDEX: usize = 4;

/// What a finished cell came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Came {
    values: Vec<Option<f64>>,
    /// Its run is not what the study asks for any more.
    stale: bool,
}

/// A study as it was opened, for as long as its file stays as it is.
#[derive(Debug)]
struct Opened {
    stamps: Vec<Option<Stamp>>,
    study: Study,
    rows: Vec<Row>,
    cells: Vec<Cell>,
}

/// One study.
#[derive(Debug)]
pub struct Cells {
    path: PathBuf,
    opened: Option<Opened>,
    lister: Option<Lister>,
    results: Stamped<Came>,
    outcomes: Vec<Outcome>,
    /// Of the cells that were begun, in the order of the outcomes.
    runs: Vec<Option<RunSummary>>,
    stopping: bool,
    /// Grows with every change of a cell.
    changes: u64,
}

impl Cells {
    /// Nothing is read yet.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            opened: None,
            lister: None,
            results: Stamped::default(),
            outcomes: Vec::new(),
            runs: Vec::new(),
            stopping: false,
            changes: 0,
        }
    }

    /// Grows with every change that a look found.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Looks at all cells.
    ///
    /// # Errors
    /// The study's file is not there or is none, in words.
    pub fn look(&mut self) -> Result<(), String> {
        self.open()?;
        let Some(Opened { study, rows, cells, stamps: plan }) = &self.opened else { return Ok(()) };
        let lister = self.lister.get_or_insert_with(|| Lister::open(&study.runs_folder()));
        let mut runs: HashMap<String, RunSummary> = lister.list().into_iter().map(|r| (r.name.clone(), r)).collect();
        let mut outcomes = Vec::with_capacity(cells.len());
        let mut found = Vec::with_capacity(cells.len());
        for cell in cells {
            let run = runs.remove(&cell.name);
            let result = run.as_ref().filter(|r| r.state == RunState::At(Phase::Finished)).and_then(|run| {
                let stamps = plan.iter().copied().chain(stamps(&run.path, ["run.toml", "events.jsonl"])).collect();
                self.results.get(&cell.name, stamps, |_| true, || result(study, &rows[cell.row], cell, run)).cloned()
            });
            outcomes.push(outcome(study, cell, run.as_ref(), result));
            found.push(run);
        }
        if self.results.forget_others() >= WORTH_AN_INDEX {
            // A folder that cannot be written to has its records read again the next time.
            let _ = self.results.write_index(&study.runs_folder().join(INDEX));
        }
        let stopping = study.is_to_stop();
        let paths =
            |runs: &[Option<RunSummary>]| runs.iter().map(|r| r.as_ref().map(|r| r.path.clone())).collect::<Vec<_>>();
        if outcomes != self.outcomes || stopping != self.stopping || paths(&found) != paths(&self.runs) {
            self.changes += 1;
        }
        (self.outcomes, self.runs, self.stopping) = (outcomes, found, stopping);
        Ok(())
    }

    /// Opens the study where its file is new or changed.
    fn open(&mut self) -> Result<(), String> {
        let now = stamps(&self.path, ["study.toml"]);
        if self.opened.as_ref().is_some_and(|o| o.stamps == now) {
            return Ok(());
        }
        let study = Study::open(&self.path).map_err(|e| e.to_string())?;
        if self.opened.is_none() {
            self.results = Stamped::read_index(&study.runs_folder().join(INDEX));
        }
        let (rows, cells) = (study.plan().rows(), study.plan().cells());
        self.opened = Some(Opened { stamps: now, study, rows, cells });
        self.changes += 1;
        Ok(())
    }

    /// The study's line in the list. `now`: seconds since 1970.
    pub fn line(&self, now: u64) -> StudyLine {
        let mut counts = Counts::default();
        for outcome in &self.outcomes {
            *match outcome.state {
                CellState::Waiting => &mut counts.waiting,
                CellState::Running { .. } => &mut counts.running,
                CellState::Stopped => &mut counts.stopped,
                CellState::Finished => &mut counts.finished,
                CellState::Failed { .. } => &mut counts.failed,
            } += 1;
        }
        let done: Vec<f64> = self.outcomes.iter().zip(&self.runs).map(|(o, r)| share(o, r.as_ref())).collect();
        let all = done.len().max(1) as f64;
        let (name, question) = self
            .opened
            .as_ref()
            .map_or_else(Default::default, |o| (o.study.name().to_owned(), o.study.plan().question.clone()));
        StudyLine {
            name,
            path: self.path.clone(),
            question,
            counts,
            share: done.iter().sum::<f64>() / all,
            left: self.left(counts, &done, now),
            stopping: self.stopping,
        }
    }

    /// Seconds until the study ends, if cells take as long as those that are finished or run took.
    fn left(&self, counts: Counts, done: &[f64], now: u64) -> Option<f64> {
        let took = |(outcome, run): (&Outcome, &Option<RunSummary>)| {
            let run = run.as_ref()?;
            let begun = seconds_of(&run.created)?;
            let (end, share) = match outcome.state {
                CellState::Finished => (run.updated, 1.0),
                CellState::Running { share } if share >= ENOUGH => (now, share),
                _ => return None,
            };
            Some((end as i64 - begun).max(0) as f64 / share)
        };
        let took: Vec<f64> = self.outcomes.iter().zip(&self.runs).filter_map(took).collect();
        if counts.running == 0 || took.is_empty() {
            return None;
        }
        let mean = took.iter().sum::<f64>() / took.len() as f64;
        let open = self.outcomes.iter().zip(done).filter(|(o, _)| !matches!(o.state, CellState::Failed { .. }));
        Some(mean * open.map(|(_, done)| 1.0 - done).sum::<f64>() / counts.running as f64)
    }

    /// The study with its grid and table. `now`: seconds since 1970.
    pub fn view(&self, now: u64) -> StudyView {
        let line = self.line(now);
        let cells = self.outcomes.clone();
        let outcomes = match &self.opened {
            Some(opened) => outcomes(&opened.study, cells),
            None => Outcomes::default(),
        };
        let runs = self.runs.iter().map(|r| r.as_ref().map(|r| r.path.clone())).collect();
        StudyView::new(line, outcomes, runs)
    }
}

/// A share of a cell from which its whole time can be told.
const ENOUGH: f64 = 0.05;

/// Share of a cell's steps that are done.
fn share(outcome: &Outcome, run: Option<&RunSummary>) -> f64 {
    match outcome.state {
        CellState::Finished => 1.0,
        CellState::Running { share } => share,
        CellState::Stopped => run.map_or(0.0, |r| r.progress),
        CellState::Waiting | CellState::Failed { .. } => 0.0,
    }
}

/// Reads what a finished cell came to; `None` where its record cannot be read.
fn result(study: &Study, row: &Row, cell: &Cell, run: &RunSummary) -> Option<Came> {
    let dir = crate::run::directory::RunDir::open(&run.path).ok()?;
    let wanted = study.plan().settings_of(row, cell.seed).ok();
    let stale = wanted.is_some_and(|wanted| difference(dir.manifest(), &wanted, study.plan()).is_some());
    Some(Came { values: reading::values(&dir, study.plan()).ok()?, stale })
}

fn outcome(study: &Study, cell: &Cell, run: Option<&RunSummary>, result: Option<Came>) -> Outcome {
    let given_up = || study.given_up(cell).map(|reason| CellState::Failed { reason });
    let (state, values) = match (run, result) {
        (Some(run), _) if run.state.is_live() => (CellState::Running { share: run.progress }, vec![]),
        // It is trained anew.
        (Some(_), Some(Came { stale: true, .. })) => (CellState::Waiting, vec![]),
        (Some(_), Some(Came { values, .. })) => (CellState::Finished, values),
        (Some(run), None) if run.state == RunState::At(Phase::Finished) => (CellState::Finished, vec![]),
        (Some(_), None) => (given_up().unwrap_or(CellState::Stopped), vec![]),
        (None, _) => (given_up().unwrap_or(CellState::Waiting), vec![]),
    };
    let count = study.plan().metrics.len();
    let values = if values.len() == count { values } else { vec![None; count] };
    Outcome { state, values, test: None }
}

//! Where the cells of a study stand, read from their run directories.

use serde::Serialize;

use super::cell::{Cell, Row};
use super::fingerprint::difference;
use super::folder::Study;
use crate::run::list::{RunState, RunSummary, summarise};
use crate::run::view::Phase;

/// Where a cell stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase", tag = "state")]
pub enum CellState {
    /// Not begun.
    Waiting,
    Running {
        /// Share of its steps that are done, in [0, 1].
        share: f64,
    },
    /// Begun, not finished, and nobody trains it: it goes on with the study.
    Stopped,
    Finished,
    /// Given up.
    Failed {
        reason: String,
    },
}

impl CellState {
    /// One word for lists.
    pub fn name(&self) -> &'static str {
        match self {
            CellState::Waiting => "waiting",
            CellState::Running { .. } => "running",
            CellState::Stopped => "stopped",
            CellState::Finished => "finished",
            CellState::Failed { .. } => "failed",
        }
    }
}

/// A cell with what its run says.
#[derive(Clone, Debug)]
pub struct CellStatus {
    pub state: CellState,
    /// Why the run that is there is not the cell's any more: the cell is trained anew.
    pub stale: Option<String>,
    /// `None` where it was not begun.
    pub run: Option<RunSummary>,
}

/// Where a cell stands. `row` is its row.
pub fn status(study: &Study, row: &Row, cell: &Cell) -> CellStatus {
    let given_up = study.given_up(cell).map(|reason| CellState::Failed { reason });
    let dir = match study.run(cell) {
        Ok(Some(dir)) => dir,
        Ok(None) => {
            return CellStatus { state: given_up.unwrap_or(CellState::Waiting), stale: None, run: None };
        }
        Err(e) => return CellStatus { state: CellState::Failed { reason: e.to_string() }, stale: None, run: None },
    };
    let run = summarise(&dir);
    let wanted = study.plan().settings_of(row, cell.seed).ok();
    let stale = wanted.and_then(|wanted| difference(dir.manifest(), &wanted, study.plan()));
    let state = match (&run.state, stale.is_some()) {
        (state, _) if state.is_live() => CellState::Running { share: run.progress },
        (_, true) => CellState::Waiting,
        (RunState::At(Phase::Finished), _) => CellState::Finished,
        _ => given_up.unwrap_or(CellState::Stopped),
    };
    CellStatus { state, stale, run: Some(run) }
}

/// Where all cells stand, in the order of [`Plan::cells`](super::plan::Plan::cells).
pub fn statuses(study: &Study) -> Vec<CellStatus> {
    let (rows, cells) = (study.plan().rows(), study.plan().cells());
    cells.iter().map(|cell| status(study, &rows[cell.row], cell)).collect()
}

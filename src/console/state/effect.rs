//! What the screen wants done in the world. State, update and view know only these and the
//! [messages](super::message::Message), so they are tested without a terminal, a file or a run.

use std::path::PathBuf;
use std::sync::Arc;

use super::embedding::Request;
use super::preferences::Preferences;
use super::studies::Watch;
pub use crate::host::spawn::Begin;
use crate::report::export::{Extract, Format};
use crate::report::figure::Request as FigureRequest;
use crate::report::table::Table;
use crate::report::table::columns::Column;
use crate::report::table::filter::Filter;
use crate::report::table::order::{SortKey, arrange};
use crate::run::marks::Mark;
use crate::run::organise::Change;
use crate::training::events::Command;

/// What the screen wants done. Nothing here is waited for: answers come as messages.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Leave,
    Suspend,
    /// Draw everything anew.
    Redraw,
    Mouse(bool),
    /// To the clipboard.
    Copy(String),
    ScanDatasets,
    /// Add a data file by its path.
    Open(String),
    /// Look into a dataset, by its target.
    Inspect(String),
    ListRuns,
    /// Rename, tag, note or delete runs.
    Organise {
        paths: Vec<PathBuf>,
        change: Change,
    },
    /// Look at studies from now on, and at once.
    WatchStudies(Watch),
    /// Begin a study, or add to one, with the arguments of `mug study run`.
    RunStudy {
        arguments: Vec<String>,
    },
    /// Have a study's process end, or start one that goes on with it.
    StopStudy {
        path: PathBuf,
    },
    ResumeStudy {
        path: PathBuf,
    },
    /// Read the attached run no longer.
    Detach,
    /// Make a run directory for the dataset and start its process.
    Train {
        dataset: String,
    },
    /// Read a run directory from now on, and reach its process. `follow`: without its socket.
    Attach {
        attach: u64,
        path: PathBuf,
        follow: bool,
    },
    /// Start a process that takes the run up.
    TakeUp {
        path: PathBuf,
        begin: Begin,
    },
    Send(Command),
    /// Read another run's events from now on, or no longer.
    Beside {
        path: PathBuf,
        on: bool,
    },
    /// Put runs side by side.
    Compare {
        paths: Vec<PathBuf>,
    },
    /// Say what became of a run.
    ShowCard {
        path: PathBuf,
    },
    /// Draw a figure of a run to a file, by its path as typed.
    Draw {
        run: PathBuf,
        request: FigureRequest,
        path: String,
    },
    LoadRows {
        attach: u64,
    },
    LoadValues {
        attach: u64,
        refresh: u32,
        file: String,
    },
    LoadPredictions {
        attach: u64,
        file: String,
    },
    /// Look for the clips nearest to a row in a file of representations.
    LoadNeighbours {
        attach: u64,
        row: u32,
        file: String,
    },
    /// Tell whoever sits at the terminal, who may be looking at something else.
    Tell(String),
    /// Write a mark into the run directory; the time is set there.
    Mark {
        attach: u64,
        mark: Mark,
    },
    /// Lend the terminal to an annotator, whose clips are drawn by a refresh of the labels, in this file.
    Annotate {
        path: PathBuf,
        refresh: u32,
        file: String,
        /// H
        label_range: f32,
    },
    /// Put the label table in order.
    Arrange(Arrangement),
    /// Write the label table to a file.
    Export(Export),
    /// Remember how the console is arranged, and recall it.
    Remember(Preferences),
    Recall,
    /// Lay representations out in the plane, in place of what was asked for before.
    Project {
        number: u64,
        request: Box<Request>,
    },
    /// No picture is needed any more.
    StopProjection,
}

/// An order of the label table to be computed.
#[derive(Clone, Debug)]
pub struct Arrangement {
    /// Grows; a later one makes this one void.
    pub number: u64,
    pub table: Table,
    pub filter: Option<Filter>,
    pub keys: Vec<SortKey>,
}

impl Arrangement {
    /// Computes it.
    pub fn order(&self) -> Arc<Vec<u32>> {
        Arc::new(arrange(&self.table, self.filter.as_ref(), &self.keys))
    }
}

impl PartialEq for Arrangement {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

/// Rows of the label table to be written to a file.
#[derive(Clone, Debug)]
pub struct Export {
    pub path: PathBuf,
    pub format: &'static Format,
    pub table: Table,
    pub rows: Arc<Vec<u32>>,
    pub columns: Vec<Column>,
    /// CSV: texts that a spreadsheet would run as formulas are kept from it.
    pub escape_formulas: bool,
    /// Write over a file that is there.
    pub overwrite: bool,
}

impl Export {
    /// What is to be written.
    pub fn extract(&self) -> Extract<'_> {
        Extract { table: &self.table, rows: &self.rows, columns: &self.columns, escape_formulas: self.escape_formulas }
    }
}

impl PartialEq for Export {
    fn eq(&self, other: &Self) -> bool {
        let key = |e: &Self| (e.path.clone(), e.format, e.overwrite, e.escape_formulas, e.columns.clone());
        key(self) == key(other) && self.rows == other.rows
    }
}

/// Does what the screen wants in the world outside the terminal.
pub trait Backend {
    /// Begins the work and returns at once.
    fn perform(&mut self, effect: Effect);
}

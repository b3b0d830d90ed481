//! The border between the screen and the world: what [`update`](super::update::update) asks for, and what the world sends
//! back. State, update and view know only these types, so they are tested without a terminal, a file or a run.

use std::path::PathBuf;
use std::sync::Arc;

use super::decode::Input;
use super::embedding::Request;
use super::preferences::Preferences;
pub use crate::host::spawn::Begin;
use crate::report::export::{Extract, Format};
use crate::report::figure::Request as FigureRequest;
use crate::report::neighbours::Neighbours;
use crate::report::projection::{Picture, Progress};
use crate::report::table::columns::Column;
use crate::report::table::filter::Filter;
use crate::report::table::order::{SortKey, arrange};
use crate::report::table::{Rows, Table, Values};
use crate::run::list::RunSummary;
use crate::run::marks::{Mark, Marks};
use crate::run::predictions::PredictionValues;
use crate::training::events::{Command, Event, Level};

/// Whether a dataset of the catalogue can be trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    BuiltIn,
    /// The file is there, and nobody has looked further than its first bytes yet.
    Present,
    Ready,
    Missing,
    Broken,
}

impl Availability {
    /// True where a run may be started, as far as is known.
    pub fn can_train(self) -> bool {
        matches!(self, Availability::BuiltIn | Availability::Present | Availability::Ready)
    }
}

/// One line of the dataset pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetItem {
    /// A catalogue name, or a file's stem.
    pub name: String,
    /// What `--dataset` would be given: a catalogue name or a path.
    pub target: String,
    pub availability: Availability,
    /// A size, where the file is looked for, or what is wrong with it.
    pub detail: String,
}

/// A look into a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Splits, shapes, label histograms, flaws found.
    pub report: Vec<String>,
    /// Which settings a run on it would use, and why these.
    pub origin: String,
    /// The settings themselves, as TOML.
    pub settings: Vec<String>,
    /// Why it cannot be read or trained on.
    pub problem: Option<String>,
}

/// How the console hears of the attached run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// The run's process is being looked for.
    #[default]
    Connecting,
    /// Commands can be sent.
    Live,
    /// The run directory is read and nothing can be sent: chosen by `--follow`.
    Following,
    /// Followed, and the run's process on this other machine gives no sign of life.
    Silent { machine: String },
    /// The run's process is there but cannot be reached; the run directory is read on.
    Lost(String),
    /// No process trains the run.
    Absent,
}

/// What the world tells the screen. `attach` says which attachment a message belongs to: late news of a run that was
/// left is dropped.
#[derive(Clone, Debug)]
pub enum Message {
    Input(Input),
    /// More inputs at once than anybody types.
    Flood(Vec<Input>),
    Resize(u16, u16),
    Datasets(Vec<DatasetItem>),
    /// A file that a person named was added; it is selected.
    Opened(DatasetItem),
    Preview {
        target: String,
        preview: Arc<Preview>,
    },
    /// A dataset was looked into far enough to say whether it can be trained on, and why not.
    Checked {
        target: String,
        problem: Option<String>,
    },
    /// What was asked for cannot be done; told in full.
    Problem(String),
    Runs(Vec<RunSummary>),
    /// A new run directory stands and its process is starting.
    Created {
        path: PathBuf,
        name: String,
    },
    /// Appended events, in order. `caught_up`: no more at the moment.
    Events {
        attach: u64,
        events: Vec<Event>,
        caught_up: bool,
    },
    /// The events are read from the beginning again.
    Reset {
        attach: u64,
    },
    Rows {
        attach: u64,
        rows: Arc<Rows>,
    },
    Values {
        attach: u64,
        refresh: u32,
        values: Arc<Values>,
    },
    /// What the network predicts; `file` says when.
    Predictions {
        attach: u64,
        file: String,
        values: Arc<PredictionValues>,
    },
    /// What people marked in the run, all of it.
    Marks {
        attach: u64,
        marks: Arc<Marks>,
    },
    /// The label table's order of this number.
    Arranged {
        number: u64,
        index: Arc<Vec<u32>>,
    },
    /// The clips nearest to a row, or why they cannot be found.
    Neighbours {
        attach: u64,
        row: u32,
        found: Result<Neighbours, String>,
    },
    /// What the console remembered from the last time.
    Recalled(Preferences),
    /// A file to write is there already.
    ExportExists(Export),
    Link {
        attach: u64,
        link: Link,
    },
    /// How far the picture that was asked for is.
    Projecting {
        number: u64,
        progress: Progress,
    },
    /// The picture that was asked for, or why there is none.
    Projected {
        number: u64,
        result: Result<Arc<Picture>, String>,
    },
    /// The run's process cannot write and waits, and why; `None`: it can again.
    Trouble {
        attach: u64,
        message: Option<String>,
    },
    /// The notice has stood long enough.
    NoticeOver,
    /// Appended events of a run beside the attached one.
    Beside {
        path: PathBuf,
        events: Vec<Event>,
        /// They are read from the beginning again.
        restarted: bool,
    },
    /// Runs side by side, in lines.
    Comparison(Vec<String>),
    /// What became of a run, in lines.
    Card(Vec<String>),
    /// A line for the person at the screen.
    Notice {
        level: Level,
        text: String,
    },
}

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
    /// Write a mark into the run directory; the time is set there.
    Mark {
        attach: u64,
        mark: Mark,
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

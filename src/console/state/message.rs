//! What the world tells the screen.

use std::path::PathBuf;
use std::sync::Arc;

use super::attached::Link;
use super::datasets::{DatasetItem, Preview};
use super::effect::Export;
use super::preferences::Preferences;
use super::studies::{StudyLine, StudyView};
use crate::console::terminal::decode::Input;
use crate::report::compare::Comparison;
use crate::report::neighbours::Neighbours;
use crate::report::projection::{Picture, Progress};
use crate::report::table::{Rows, Values};
use crate::run::list::RunSummary;
use crate::run::marks::Marks;
use crate::run::predictions::PredictionValues;
use crate::training::events::{Event, Level};

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
    Studies(Vec<StudyLine>),
    /// What is known of the study that is open.
    Study(Arc<StudyView>),
    /// A run was renamed, tagged, noted or deleted; where it lies now.
    Organised {
        from: PathBuf,
        to: Option<PathBuf>,
    },
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
        /// Between members; `None` where there is a single one.
        spread: Option<Arc<Values>>,
        /// What clips count; `None` where all count the same.
        weights: Option<Arc<Values>>,
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
    /// Runs side by side.
    Comparison(Box<Comparison>),
    /// What became of a run, in lines.
    Card(Vec<String>),
    /// A line for the person at the screen.
    Notice {
        level: Level,
        text: String,
    },
}

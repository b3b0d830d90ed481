//! What stands over the panes, and the line in the footer.

use std::path::PathBuf;

use tui_input::Input as Line;

use super::effect::Export;
use super::pane::Pane;
use crate::report::compare::Comparison;
use crate::report::figure::Request;
use crate::run::view::Phase;
use crate::training::events::{Level, Stage};

/// What stands over the panes.
#[derive(Clone, Debug)]
pub enum Overlay {
    Help {
        scroll: usize,
    },
    Confirm(Question),
    /// A path is being typed.
    OpenFile(Line),
    /// The path of a figure is being typed.
    Figure {
        line: Line,
        request: Request,
    },
    /// Runs side by side.
    Comparison {
        runs: Box<Comparison>,
        /// Runs that are scrolled out of sight on the left.
        left: usize,
        scroll: usize,
    },
    /// What became of a run.
    Card {
        lines: Vec<String>,
        scroll: usize,
    },
    /// A filter is being typed; the one that held before.
    Filter {
        line: Line,
        before: String,
    },
    /// What `mug study run` takes is being typed.
    RunStudy(Line),
    /// A setting of the run is being changed: `key=value`.
    SetSetting(Line),
    /// A filter of runs is being typed; the one that held before.
    FilterRuns {
        line: Line,
        before: String,
    },
    /// What runs are sorted by is being typed; what held before.
    SortRuns {
        line: Line,
        before: String,
    },
    /// A run's name, tags or note are being typed.
    Organise {
        paths: Vec<PathBuf>,
        what: Typed,
        line: Line,
    },
    /// One clip in full: a row of the table, and which of its neighbours is chosen.
    Detail {
        row: u32,
        scroll: usize,
        neighbour: Option<usize>,
    },
    /// The columns of the label table, the one at a position chosen.
    Columns {
        at: usize,
    },
    /// A note on a row is being typed; what stood there before it.
    Note {
        row: u32,
        line: Line,
        back: Option<Box<Overlay>>,
    },
    /// The name of a file for the label table is being typed.
    Export(Line),
    /// Why something cannot be done, in full.
    Problem {
        words: String,
        scroll: usize,
    },
    /// How well labels agree with people's.
    Judgement {
        scroll: usize,
    },
    /// One line of a pane's list in full: of the log, or of the checks.
    Entry {
        of: Pane,
        at: usize,
        scroll: usize,
    },
}

/// What is being typed of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    Name,
    /// Those that the line began with.
    Tags {
        shown: Vec<String>,
    },
    Note,
}

/// What is asked before it is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// End the running stage after its epoch.
    EndStage(Stage),
    Restart(Stage),
    /// Go on with a stage that was ended early.
    Continue(Stage),
    Stop,
    /// Start another run beside one that is being trained.
    TrainBeside(String),
    /// Write over a file that is there.
    Overwrite(Export),
    /// End a study, or go on with it.
    StopStudy {
        path: PathBuf,
        name: String,
    },
    ResumeStudy {
        path: PathBuf,
        name: String,
    },
    /// Delete run directories.
    Delete {
        paths: Vec<PathBuf>,
        names: Vec<String>,
    },
}

/// A line that stands in the footer until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub level: Level,
    pub text: String,
    /// It tells what is about to happen, and goes when the run is no longer in this phase: then it has happened.
    pub phase: Option<Phase>,
}

//! Everything the screen shows, as plain data. Changed by [`update`](super::update::update) only, read by the panes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tui_input::Input as Line;

use super::backend::{DatasetItem, Export, Link, Preview};
use super::beside::Beside;
use super::embedding::Embedding;
use super::labels::Labels;
use super::list::List;
use super::series::{Series, SeriesKey};
use super::theme::Abilities;
use crate::report::figure::Request;
pub use crate::report::figure::XAxis;
use crate::run::list::RunSummary;
use crate::run::view::{Phase, RunView};
use crate::training::events::{Command, Cut, Level, Stage};

/// The parts of the screen that can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pane {
    Datasets,
    Stages,
    Runs,
    Losses,
    Labels,
    Metrics,
    Embedding,
    Health,
    Log,
}

impl Pane {
    /// In the order of the tab key.
    pub const ALL: [Pane; 9] = [
        Pane::Datasets,
        Pane::Stages,
        Pane::Runs,
        Pane::Losses,
        Pane::Labels,
        Pane::Metrics,
        Pane::Embedding,
        Pane::Health,
        Pane::Log,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Pane::Datasets => "Datasets",
            Pane::Stages => "Stages",
            Pane::Runs => "Runs",
            Pane::Losses => "Losses",
            Pane::Labels => "Labels",
            Pane::Metrics => "Metrics",
            Pane::Embedding => "Embedding",
            Pane::Health => "Health",
            Pane::Log => "Log",
        }
    }
}

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
        lines: Vec<String>,
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
}

/// A line that stands in the footer until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub level: Level,
    pub text: String,
    /// It tells what is about to happen, and goes when the run is no longer in this phase: then it has happened.
    pub phase: Option<Phase>,
}

/// The run that the console shows.
#[derive(Clone, Debug)]
pub struct Attached {
    pub path: PathBuf,
    pub name: String,
    pub view: RunView,
    pub link: Link,
    /// The run's process cannot write, and why.
    pub trouble: Option<String>,
    /// False until the recorded past has been read.
    pub caught_up: bool,
}

impl Attached {
    pub fn new(path: PathBuf) -> Self {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Self { path, name, view: RunView::default(), link: Link::default(), trouble: None, caught_up: false }
    }

    /// True where the events say that more is to come.
    pub fn is_unfinished(&self) -> bool {
        matches!(self.view.phase, Phase::Preparing | Phase::Training | Phase::Paused)
    }

    /// True where no process trains the run although its events do not say that it ended.
    pub fn died(&self) -> bool {
        self.link == Link::Absent && self.caught_up && self.is_unfinished()
    }

    /// True where the run's process should be at work and gives no sign of life.
    pub fn silent(&self) -> bool {
        matches!(self.link, Link::Silent { .. }) && self.caught_up && self.is_unfinished()
    }

    /// True where a process is there (or on its way) that a new run would compete with.
    pub fn is_live(&self) -> bool {
        self.is_unfinished() && self.link != Link::Absent
    }
}

/// What the losses pane shows and how.
#[derive(Clone, Debug)]
pub struct Losses {
    /// The stage chosen by hand; `None`: the one that is being trained.
    pub chosen: Option<Stage>,
    /// Name of the value that is drawn.
    pub scalar: String,
    pub log: bool,
    pub x: XAxis,
    /// Position in [`WEIGHTS`].
    pub smoothing: usize,
    pub clip: bool,
    /// The crosshair's optimiser step.
    pub cursor: Option<u64>,
    pub series: Series,
}

/// The weights that the smoothing keys walk through.
pub const WEIGHTS: [f64; 8] = [0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99];

/// Cursors that are yet to be put on the attached run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToPoint {
    /// Of Runs.
    pub run: bool,
    /// Of Datasets: to the run's dataset.
    pub dataset: bool,
}

/// The whole state of a console.
#[derive(Clone, Debug)]
pub struct State {
    pub size: (u16, u16),
    pub abilities: Abilities,
    pub focus: Pane,
    /// The pane in the lower right of the full layout.
    pub lower: Pane,
    pub zoom: bool,
    pub overlay: Option<Overlay>,
    pub notice: Option<Notice>,
    /// Notices said so far.
    pub notices: u64,
    pub mouse: bool,
    pub read_only: bool,
    /// The run directory is read without its socket.
    pub follow: bool,

    /// `None` until the catalogue has been looked through.
    pub datasets: Option<Vec<DatasetItem>>,
    pub dataset_list: List,
    /// The dataset to select once the catalogue is there.
    pub wanted_dataset: Option<String>,
    /// `--dataset`, `--set` or the like was given: somebody wants to start a run.
    pub start_given: bool,
    /// By target; absent while it is being read.
    pub previews: HashMap<String, Arc<Preview>>,

    pub runs: Vec<RunSummary>,
    /// False until the run list arrived once.
    pub runs_known: bool,
    pub run_list: List,

    pub run: Option<Attached>,
    /// The cursors that are to go to the attached run, once the lists hold it.
    pub to_point: ToPoint,
    /// Runs whose curves lie over the attached run's.
    pub beside: Vec<Beside>,
    /// Number of the attachment.
    pub attach: u64,
    pub stage_list: List,
    pub losses: Losses,
    pub labels: Labels,
    pub embedding: Embedding,
    pub metrics_list: List,
    /// First metric column shown.
    pub metrics_column: usize,
    pub health_list: List,
    pub log_list: List,
    /// Grows when recorded points become void.
    pub generation: u64,
}

impl State {
    /// A console that has heard of nothing yet.
    pub fn new(abilities: Abilities) -> Self {
        let key = SeriesKey { stage: Stage::Contrastive, scalar: String::new(), weight: 0.0, generation: 0 };
        Self {
            size: (80, 24),
            abilities,
            focus: Pane::Datasets,
            lower: Pane::Labels,
            zoom: false,
            overlay: None,
            notice: None,
            notices: 0,
            mouse: false,
            read_only: false,
            follow: false,
            datasets: None,
            dataset_list: List::default(),
            wanted_dataset: None,
            start_given: false,
            previews: HashMap::new(),
            runs: Vec::new(),
            runs_known: false,
            run_list: List::default(),
            run: None,
            to_point: ToPoint::default(),
            beside: Vec::new(),
            attach: 0,
            stage_list: List::default(),
            losses: Losses {
                chosen: None,
                scalar: "loss".into(),
                log: false,
                x: XAxis::Epoch,
                smoothing: 2,
                clip: false,
                cursor: None,
                series: Series::new(key),
            },
            labels: Labels::default(),
            embedding: Embedding::default(),
            metrics_list: List::following(),
            metrics_column: 0,
            health_list: List::default(),
            log_list: List::following(),
            generation: 0,
        }
    }

    /// The stage whose losses and metrics are shown.
    pub fn shown_stage(&self) -> Stage {
        let running = self.run.as_ref().and_then(|r| r.view.stage);
        self.losses.chosen.or(running).unwrap_or(Stage::Contrastive)
    }

    /// The selected dataset.
    pub fn dataset(&self) -> Option<&DatasetItem> {
        self.datasets.as_ref()?.get(self.dataset_list.selected)
    }

    /// Names of the values that the shown stage reports, `loss` first.
    pub fn scalars(&self) -> Vec<String> {
        self.run.as_ref().map_or(Vec::new(), |r| r.view.stage(self.shown_stage()).scalar_names())
    }

    /// Why nobody can do anything with the run from here; `None` where they can.
    fn bystander(&self) -> Option<String> {
        if self.follow {
            return Some("following the directory, read-only: control the run where it runs, with mug attach".into());
        }
        if self.read_only {
            return Some("read-only: attach without --read-only to control the run".into());
        }
        match self.run {
            None => Some("no run: select a dataset and press enter to train".into()),
            Some(_) => None,
        }
    }

    /// Why a command cannot be sent; `None` where it can.
    pub fn refusal(&self) -> Option<String> {
        if let Some(why) = self.bystander() {
            return Some(why);
        }
        let run = self.run.as_ref()?;
        match &run.link {
            _ if run.view.phase == Phase::Finished => Some(finished(run)),
            Link::Live if run.view.phase.is_over() => Some("the run's process is ending; try again in a moment".into()),
            Link::Live => None,
            Link::Following | Link::Silent { .. } => Some("the run is only followed".into()),
            Link::Connecting => Some("the run's process is still being reached; try again in a moment".into()),
            Link::Lost(why) => Some(format!("the run's process cannot be reached: {why}")),
            Link::Absent => Some(format!("no process trains this run; space, or mug resume {}, takes it up", run.name)),
        }
    }

    /// Why no stage can be begun or gone on with; `None` where one can. A run without a process gets one.
    pub fn refusal_to_begin(&self) -> Option<String> {
        if let Some(why) = self.bystander() {
            return Some(why);
        }
        let run = self.run.as_ref()?;
        match &run.link {
            Link::Absent => None,
            // What it sends next comes to nobody.
            Link::Live if run.view.phase.is_over() => Some("the run's process is ending; try again in a moment".into()),
            Link::Connecting | Link::Lost(_) if run.view.phase == Phase::Finished => {
                Some("the run's process is ending; try again in a moment".into())
            }
            _ => self.refusal(),
        }
    }

    /// The stage that a process is training, or holds parked.
    pub fn stage_in_training(&self) -> Option<Stage> {
        let view = &self.run.as_ref()?.view;
        view.stage.filter(|_| matches!(view.phase, Phase::Training | Phase::Paused))
    }

    /// The command that the start/pause key means now, for a run whose process can be reached.
    pub fn run_command(&self) -> Option<Command> {
        match self.run.as_ref()?.view.phase {
            Phase::Training => Some(Command::Pause),
            Phase::Paused => Some(Command::Resume),
            Phase::Preparing => Some(Command::Start),
            Phase::Stopped | Phase::Finished | Phase::Faulted => None,
        }
    }
}

/// What can be done with a run that is finished.
fn finished(run: &Attached) -> String {
    let cut = run.view.stages.iter().any(|s| s.cut == Some(Cut::Done));
    let more = if cut { ", M goes on with one that was ended early" } else { "" };
    format!("run {} is finished: R begins a stage anew{more}; enter on a dataset trains a new run", run.name)
}

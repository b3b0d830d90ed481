//! State: everything the screen shows, as plain data; the messages that change it and the effects that it asks for; a
//! file for each pane, with its data, its place and its keys. Changed by [`update`](super::update) only, read by
//! [`layout`](super::layout) and [`view`](super::view).
//!
//! May import: [`widgets`](super::widgets), [`terminal`](super::terminal) and the crate below the console. A new pane is a
//! file here, in `update` and in `view`, and a line in [`pane`]; a new key a variant of [`action::Action`] and a line in
//! its pane's file, or in [`keys`] where it works in any pane.

pub mod action;
pub mod attached;
pub mod column_set;
pub mod datasets;
pub mod effect;
pub mod embedding;
pub mod health;
pub mod history;
pub mod keys;
pub mod labels;
pub mod log;
pub mod losses;
pub mod message;
pub mod metrics;
pub mod overlay;
pub mod pane;
pub mod preferences;
pub mod run_table;
pub mod runs;
pub mod series;
pub mod spec;
pub mod stages;
pub mod studies;
pub mod system;

use attached::{Attached, Link, ToPoint};
use datasets::DatasetItem;
use overlay::{Notice, Overlay};
use pane::{Pane, panes};

use super::terminal::theme::Abilities;
use crate::run::view::{EmbeddingEntry, Phase};
use crate::training::events::{Command, Cut, Moment, Stage};

macro_rules! whole {
    ($($name:ident $module:ident,)*) => {
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
            /// `--dataset`, `--set` or the like was given: somebody wants to start a run.
            pub start_given: bool,
            pub run: Option<Attached>,
            /// The cursors that are to go to the attached run, once the lists hold it.
            pub to_point: ToPoint,
            /// Number of the attachment.
            pub attach: u64,
            /// Grows when recorded points become void.
            pub generation: u64,
            $(pub $module: $module::$name,)*
        }

        impl State {
            /// A console that has heard of nothing yet.
            pub fn new(abilities: Abilities) -> Self {
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
                    start_given: false,
                    run: None,
                    to_point: ToPoint::default(),
                    attach: 0,
                    generation: 0,
                    $($module: $module::$name::default(),)*
                }
            }
        }
    };
}
panes!(whole);

impl State {
    /// The stage whose losses and metrics are shown.
    pub fn shown_stage(&self) -> Stage {
        let running = self.run.as_ref().and_then(|r| r.view.stage);
        self.losses.chosen.or(running).unwrap_or(Stage::Contrastive)
    }

    /// The selected dataset.
    pub fn dataset(&self) -> Option<&DatasetItem> {
        self.datasets.items.as_ref()?.get(self.datasets.list.selected)
    }

    /// Names of the values that the shown stage reports, `loss` first.
    pub fn scalars(&self) -> Vec<String> {
        self.run.as_ref().map_or(Vec::new(), |r| r.view.stage(self.shown_stage()).scalar_names())
    }

    /// The moments of stage 1 whose representations the run has recorded.
    pub fn moments(&self) -> &[EmbeddingEntry] {
        self.run.as_ref().map_or(&[], |r| &r.view.embeddings)
    }

    /// The file that holds every row's representations after stage 1.
    pub fn representations(&self) -> Option<String> {
        self.moments().iter().rfind(|e| e.moment == Moment::After && e.stride == 1).map(|e| e.file.clone())
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

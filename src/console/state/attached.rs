//! The run that the console is attached to.

use std::path::{Path, PathBuf};

use crate::run::directory::{STUDIES, STUDY_RUNS};
use crate::run::view::{Phase, RunView};

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
        let name = name_of(&path);
        Self { path, name, view: RunView::default(), link: Link::default(), trouble: None, caught_up: false }
    }

    /// True for a cell of a study.
    pub fn is_of_study(&self) -> bool {
        study_of(&self.path).is_some()
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

/// What commands call the run at a path: its folder's name, behind that of its study where it is a cell of one.
fn name_of(path: &Path) -> String {
    let last = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    match study_of(path) {
        Some(study) => format!("{}/{}", last(study), last(path)),
        None => last(path),
    }
}

/// The folder of the study whose cell the run at a path is.
fn study_of(path: &Path) -> Option<&Path> {
    let study = path.parent().filter(|runs| runs.ends_with(STUDY_RUNS)).and_then(Path::parent);
    study.filter(|study| study.parent().is_some_and(|p| p.ends_with(STUDIES)))
}

/// Cursors that are yet to be put on the attached run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToPoint {
    /// Of Runs.
    pub run: bool,
    /// Of Datasets: to the run's dataset.
    pub dataset: bool,
}

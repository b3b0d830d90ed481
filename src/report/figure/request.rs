//! What is asked of a figure, and what a figure is made of.

use super::error::FigureError;
use super::panel::Figure;
use crate::report::projection::Method;
use crate::report::projection::groups::Colouring;
use crate::report::study::outcomes::Outcomes;
use crate::run::directory::RunDir;
use crate::run::view::RunView;
use crate::split::Split;
use crate::training::events::{Moment, Stage};

/// Weight of the moving average where nothing else is asked for: about five steps.
pub const SMOOTHING: f64 = 0.8;

/// A figure that can be asked for.
#[derive(Debug)]
pub struct FigureKind {
    /// The name used on the command line and in file names.
    pub name: &'static str,
    /// What it shows, for help.
    pub shows: &'static str,
    /// What can be chosen of it.
    pub choices: &'static [Choice],
    /// Draws it.
    pub draw: Draw,
}

/// What a figure is of, and how it is drawn; the number is its width in px.
#[derive(Clone, Copy, Debug)]
pub enum Draw {
    Run(fn(&Subject<'_>, &Request, f64) -> Result<Figure, FigureError>),
    Study(fn(&Outcomes, &Request, f64) -> Result<Figure, FigureError>),
}

impl FigureKind {
    /// Whether something can be chosen of this figure.
    pub fn obeys(&self, choice: Choice) -> bool {
        self.choices.contains(&choice)
    }
}

impl PartialEq for FigureKind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What figures are drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub dir: &'a RunDir,
    /// What its record says.
    pub view: &'a RunView,
}

/// A field of [`Request`] that has a meaning for some figures only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Stage,
    Value,
    Log,
    X,
    Smoothing,
    Split,
    Projection,
    Colouring,
    Moments,
}

/// What the x axis of curves counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum XAxis {
    Step,
    #[default]
    Epoch,
    /// Active time of the run.
    Time,
}

impl XAxis {
    pub fn name(self) -> &'static str {
        match self {
            XAxis::Step => "step",
            XAxis::Epoch => "epoch",
            XAxis::Time => "time",
        }
    }
}

/// What is asked of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub what: &'static FigureKind,
    /// `None`: every stage that has something to show.
    pub stage: Option<Stage>,
    /// The value whose curves are drawn (losses).
    pub value: String,
    /// Logarithmic y (losses).
    pub log: bool,
    /// Losses.
    pub x: XAxis,
    /// Weight of the moving average, in [0, 1) (losses).
    pub smoothing: f64,
    /// Whose rows are shown (labels).
    pub split: Split,
    /// How representations are laid out (embedding).
    pub projection: Method,
    /// What colours say (embedding).
    pub colouring: Colouring,
    /// Side by side (embedding); empty: the first and the latest recorded.
    pub moments: Vec<Moment>,
    /// px (1/96 inch); `None`: 180 mm.
    pub width: Option<f64>,
    /// px; `None`: what suits the width.
    pub height: Option<f64>,
    /// Name the run and the dataset above the figure.
    pub title: bool,
}

impl Request {
    /// A figure as it is drawn where nothing else is asked for.
    pub fn new(what: &'static FigureKind) -> Self {
        Self {
            what,
            stage: None,
            value: "loss".into(),
            log: false,
            x: XAxis::default(),
            smoothing: SMOOTHING,
            split: Split::Train,
            projection: Method::Pca,
            colouring: Colouring::Kind,
            moments: Vec::new(),
            width: None,
            height: None,
            title: false,
        }
    }
}

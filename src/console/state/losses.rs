//! The loss pane's state: which curves are shown, and how.

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::series::{Series, SeriesKey};
use super::spec::{Slot, Spec};
pub use crate::report::figure::XAxis;
use crate::run::view::RATE;
use crate::training::events::Stage;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Main,
    bindings: &[
        bind(Action::NextScalar, &[Key::char('v')], "value", "next value: loss, task, contrastive, ..."),
        bind(Action::PreviousScalar, &[Key::char('V')], "", "previous value"),
        bind(Action::LogScale, &[Key::char('l')], "log", "linear or logarithmic y"),
        bind(Action::XAxis, &[Key::char('x')], "x axis", "x by step, epoch or time"),
        bind(Action::SmoothMore, &[Key::char('+'), Key::char('=')], "smooth", "smooth more"),
        bind(Action::SmoothLess, &[Key::char('-')], "", "smooth less"),
        bind(Action::Rates, &[Key::char('r')], "", "show or hide the learning rates below the curves"),
        bind(Action::ClipOutliers, &[Key::char('u')], "outliers", "cut the y range at outliers, or show everything"),
        bind(Action::Plot, &[Key::char('P')], "", "write these curves as a figure: SVG or PNG"),
        bind(Action::FollowStage, &[Key::char('f')], "", "show the stage that is being trained again"),
        bind(Action::Left, &[Key::code(KeyCode::Left), Key::char('h')], "", "read values: move the crosshair left"),
        bind(Action::Right, &[Key::code(KeyCode::Right)], "", "move the crosshair right"),
    ],
};

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
    /// Learning rates are drawn below the curves.
    pub rates: bool,
    /// The crosshair's optimiser step.
    pub cursor: Option<u64>,
    pub series: Series,
}

/// The weights that the smoothing keys walk through.
pub const WEIGHTS: [f64; 8] = [0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99];

impl Default for Losses {
    fn default() -> Self {
        Self {
            chosen: None,
            scalar: "loss".into(),
            log: false,
            x: XAxis::Epoch,
            smoothing: 2,
            clip: false,
            rates: false,
            cursor: None,
            series: Series::new(SeriesKey::default()),
        }
    }
}

impl Losses {
    /// Position in [`WEIGHTS`] of the smoothing of what is drawn: learning rates are as they are.
    pub fn smoothed(&self) -> usize {
        if self.scalar.starts_with(RATE) { 0 } else { self.smoothing.min(WEIGHTS.len() - 1) }
    }

    /// The weight of the smoothing of what is drawn.
    pub fn weight(&self) -> f64 {
        WEIGHTS[self.smoothed()]
    }
}

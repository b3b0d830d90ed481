//! The metric pane's state.

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::spec::{Slot, Spec};
use crate::console::widgets::list::List;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Lower { shows: "validation metrics, epoch by epoch", also: &[] },
    bindings: &[
        bind(Action::Left, &[Key::code(KeyCode::Left), Key::char('h')], "", "columns further left"),
        bind(Action::Right, &[Key::code(KeyCode::Right), Key::char('l')], "columns", "columns further right"),
        bind(Action::Plot, &[Key::char('P')], "figure", "write the metrics as a figure: SVG or PNG"),
    ],
};

/// What the metric pane shows.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// A row for each epoch.
    pub list: List,
    /// First column shown.
    pub column: usize,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { list: List::following(), column: 0 }
    }
}

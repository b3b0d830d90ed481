//! The log pane's state.

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::spec::{Slot, Spec};
use crate::console::widgets::list::List;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Lower { shows: "what the run said, warnings among it", also: &[] },
    bindings: &[bind(Action::Detail, &[Key::code(KeyCode::Enter)], "in full", "the selected line in full")],
};

/// What the log pane shows.
#[derive(Clone, Debug)]
pub struct Log {
    /// A row for each line.
    pub list: List,
}

impl Default for Log {
    fn default() -> Self {
        Self { list: List::following() }
    }
}

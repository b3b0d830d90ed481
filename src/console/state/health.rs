//! The health pane's state.

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::spec::{Slot, Spec};
use crate::console::widgets::list::List;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Lower { shows: "signs of failure, and what to do about them", also: &[] },
    bindings: &[bind(
        Action::Detail,
        &[Key::code(KeyCode::Enter)],
        "in full",
        "the selected check in full: how it is measured, what it means, what to try",
    )],
};

/// What the health pane shows.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// A row for each check.
    pub list: List,
}

//! The stage pane's state.

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::spec::{Slot, Spec};
use crate::console::widgets::list::List;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Left,
    bindings: &[bind(
        Action::ShowStage,
        &[Key::code(KeyCode::Enter)],
        "show",
        "show the selected stage's losses and metrics",
    )],
};

/// What the stage pane shows.
#[derive(Clone, Debug, Default)]
pub struct Stages {
    /// A row for each stage.
    pub list: List,
}

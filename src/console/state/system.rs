//! The state of the pane of the machine.

use super::action::{Action, Key, bind};
use super::spec::{Slot, Spec};
use crate::console::widgets::list::List;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Lower { shows: "what the run takes of its machine: GPU, processor, memory, disk", also: &[] },
    bindings: &[bind(Action::Plot, &[Key::char('P')], "figure", "write all of it as a figure: SVG or PNG")],
};

/// What the pane shows.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// A row for each quantity; the selected one is drawn over time.
    pub list: List,
}

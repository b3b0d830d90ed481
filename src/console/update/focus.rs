//! Which pane has the focus, and which stage the losses and metrics are of.

use crate::console::state::State;
use crate::console::state::keys::LOWER;
use crate::console::state::pane::Pane;
use crate::console::widgets::list::List;
use crate::training::events::Stage;

/// Gives a pane the focus and, in the full layout, a place.
pub fn focus(state: &mut State, pane: Pane) {
    state.focus = pane;
    if LOWER.contains(&pane) {
        state.lower = pane;
    }
}

/// Shows a stage's losses and metrics.
pub fn show_stage(state: &mut State, stage: Stage) {
    state.losses.chosen = Some(stage);
    state.losses.cursor = None;
    state.metrics.list = List::following();
    state.metrics.column = 0;
}

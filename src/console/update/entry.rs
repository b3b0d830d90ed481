//! One line of a list in full.

use crate::console::state::State;
use crate::console::state::overlay::Overlay;

/// Opens a line of the focused pane's list, where there is one at this place.
pub fn open(state: &mut State, at: usize, len: usize) {
    if at < len {
        state.overlay = Some(Overlay::Entry { of: state.focus, at, scroll: 0 });
    }
}

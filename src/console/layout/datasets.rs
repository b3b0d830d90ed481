//! The list of datasets: its rows, above the look into the selected one.

use crate::console::state::State;

/// Rows of the list in an inside of this height; the rest is for the preview.
pub fn rows(state: &State, height: usize) -> usize {
    let n = state.datasets.items.as_ref().map_or(0, Vec::len);
    // A preview below three rows says nothing.
    if n + 4 <= height { n.max(1) } else { height }
}

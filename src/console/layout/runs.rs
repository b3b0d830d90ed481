//! The list of runs: whether it has a heading.

use crate::console::state::State;

/// True where a list of this width has a column for each of a run's facts, and a heading that names them; the table has one
/// always.
pub fn has_heading(state: &State, width: u16) -> bool {
    state.runs.table.is_some() || is_wide(width)
}

/// True where a list of this width has a column for each of a run's facts.
pub fn is_wide(width: u16) -> bool {
    width >= 60
}

//! The list of runs: whether it has a heading.

/// True where a list of this width has a column for each of a run's facts, and a heading that names them.
pub fn has_heading(width: u16) -> bool {
    width >= 60
}

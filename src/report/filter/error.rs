//! What is wrong with a filter.

/// What is wrong with a filter and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {at}")]
pub struct FilterError {
    /// Counted from 1.
    pub at: usize,
    pub message: String,
}

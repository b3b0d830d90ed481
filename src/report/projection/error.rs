//! Why there is no picture.

/// Numbers of a representation: finding the axes takes the cube of it, and models have tens or hundreds.
pub const MOST_DIMENSIONS: usize = 1024;

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProjectionError {
    #[error("expected at least {least} points with finite values, found {found} ({left_out} left out)")]
    TooFew { least: usize, found: usize, left_out: usize },
    #[error("expected representations of at most {MOST_DIMENSIONS} numbers, found {found}")]
    TooWide { found: usize },
    #[error("the principal axes of {points} points were not found within {turns} turns")]
    NotConverged { points: usize, turns: usize },
    #[error("cancelled")]
    Cancelled,
}

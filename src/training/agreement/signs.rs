//! Signs of labels, and what counts as moved or differing.

use crate::training::events::Grid;

/// A label counts as moved when it changed by more than this share of H.
pub const MOVED: f32 = 0.05;

/// A modality differs from its clip where its own label is further than this share of H from y. Labels .2 H apart agree,
/// whatever their difference rounds to.
pub const DIFFERS: f32 = 0.2 + 1e-4;

/// A label is neutral within this share of H around 0, as in [the method](crate::book::method)'s Acc3: closed above, open below.
pub const NEUTRAL: f32 = 0.1;

/// The sign of a label: 0 negative, 1 neutral, 2 positive.
pub fn sign(label: f32, label_range: f32) -> usize {
    let edge = NEUTRAL * label_range;
    usize::from(label > -edge) + usize::from(label > edge)
}

/// Rows by the signs of two labels; `None` where there is no row, or none to compare.
pub(super) fn grid(down: &[f32], across: &[f32], label_range: f32) -> Option<Grid> {
    if down.is_empty() || down.len() != across.len() || down.iter().chain(across).any(|v| !v.is_finite()) {
        return None;
    }
    let mut counts = Grid::default();
    for (a, b) in down.iter().zip(across) {
        counts[sign(*a, label_range)][sign(*b, label_range)] += 1;
    }
    Some(counts)
}

/// The share of rows on a grid's diagonal.
pub(super) fn share_equal(grid: &Grid) -> Option<f64> {
    let total: u32 = grid.iter().flatten().sum();
    (total > 0).then(|| f64::from(grid[0][0] + grid[1][1] + grid[2][2]) / f64::from(total))
}

//! An open study: where its grid, its table and the words on one cell lie.

use ratatui::layout::Rect;

use crate::console::state::studies::Opened;

/// The places in the inside of the pane; `None`: not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub question: Option<Rect>,
    pub grid: Option<Rect>,
    pub table: Option<Rect>,
    /// What is under the cursor, in words.
    pub cell: Option<Rect>,
}

/// Divides the inside of the pane: the grid and below it the table from the block of the shown metric on, where both have
/// room; else one of them.
pub fn parts(open: &Opened, inside: Rect) -> Parts {
    let mut rest = inside;
    let mut parts = Parts::default();
    if rest.height >= 12 {
        parts.question = Some(Rect { height: 1, ..rest });
        rest = Rect { y: rest.y + 1, height: rest.height - 1, ..rest };
    }
    // A heading, and a line for each variant.
    let grid = u16::try_from(open.variants()).unwrap_or(u16::MAX).saturating_add(1);
    // A line between them, the block of one metric, the words on a cell.
    let both = grid.saturating_mul(2).saturating_add(2) <= rest.height && open.variants() > 0;
    if (both || !open.table) && rest.height >= 5 {
        parts.cell = Some(Rect { y: rest.bottom() - 1, height: 1, ..rest });
        rest.height -= 1;
    }
    if both {
        parts.grid = Some(Rect { height: grid, ..rest });
        parts.table = Some(Rect { y: rest.y + grid + 1, height: rest.height - grid - 1, ..rest });
    } else if open.table {
        parts.table = Some(rest);
    } else {
        parts.grid = Some(rest);
    }
    parts
}

/// True where the lines of the table are scrolled, and not the variants of the grid.
pub fn table_alone(open: &Opened, inside: Rect) -> bool {
    parts(open, inside).grid.is_none()
}

/// Width of a seed's column.
pub const CELL: u16 = 10;

/// Width of the variants' names in a grid of this width.
pub fn names(open: &Opened, width: u16) -> u16 {
    let longest = open.view.as_ref().map_or(0, |v| v.longest_name);
    // The marks of the selected row stand before them.
    let wanted = u16::try_from(longest).unwrap_or(u16::MAX).saturating_add(3);
    wanted.min((width / 2).max(12)).min(width)
}

/// Width of the column of means, behind the seeds.
pub const MEAN: u16 = 20;

/// True where a grid of this width has room for the means beside the seeds, or beside a few of many.
pub fn has_means(open: &Opened, width: u16) -> bool {
    let seeds = open.seeds().min(4) as u16;
    width.saturating_sub(names(open, width)) >= MEAN + seeds * CELL
}

/// Seeds that a grid of this width has room for, one at least.
pub fn seeds(open: &Opened, width: u16) -> usize {
    let means = if has_means(open, width) { MEAN } else { 0 };
    usize::from(width.saturating_sub(names(open, width) + means) / CELL).max(1)
}

/// Columns of the screen that a key moves the table by.
pub const STEP: usize = 8;

/// The furthest that the table can be moved to the left in a pane of this width.
pub fn furthest(open: &Opened, width: u16) -> usize {
    let lines = open.view.as_ref().map_or(&[][..], |v| v.lines(width.saturating_sub(1)));
    let longest = lines.iter().map(|l| l.chars().count()).max().unwrap_or(0);
    longest.saturating_sub(usize::from(width.saturating_sub(1))).div_ceil(STEP)
}

//! The pane of the machine: a table of quantities, and the selected one over time, beside it where the pane is wide, else
//! below it.

use ratatui::layout::Rect;

/// Cells of the table.
pub const TABLE: u16 = 46;
/// The least that a chart needs.
const CHART: (u16, u16) = (32, 7);

/// Where the table and the chart lie in the pane's inside, for `len` quantities. The table's first row is its heading.
pub fn places(len: usize, inside: Rect) -> (Rect, Option<Rect>) {
    let needed = u16::try_from(len).unwrap_or(u16::MAX).saturating_add(1);
    if inside.width >= TABLE + 1 + CHART.0 && inside.height >= CHART.1 - 1 {
        let chart = Rect { x: inside.x + TABLE + 1, width: inside.width - TABLE - 1, ..inside };
        return (Rect { width: TABLE, ..inside }, Some(chart));
    }
    let below = inside.height.saturating_sub(needed);
    if below >= CHART.1 {
        let chart = Rect { y: inside.y + needed, height: below, ..inside };
        return (Rect { height: needed, ..inside }, Some(chart));
    }
    (inside, None)
}

/// Rows of the table below its heading.
pub fn rows(len: usize, inside: Rect) -> usize {
    usize::from(places(len, inside).0.height.saturating_sub(1))
}

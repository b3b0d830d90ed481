//! The table of a study's results, as every other form of it says it: lines of text, scrolled both ways.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::layout::studies::STEP;
use crate::console::state::studies::{Opened, StudyView};
use crate::console::terminal::theme;
use crate::console::widgets::frame::{placeholder, put};

/// `below`: the grid stands above it, and keys move there.
pub fn draw(open: &Opened, view: &StudyView, below: bool, area: Rect, buffer: &mut Buffer) {
    if view.table.is_empty() {
        return placeholder(area, "no cell is finished", buffer);
    }
    let (first, skip) = if below { (0, 0) } else { (open.rows.offset, open.column * STEP) };
    for (y, (i, line)) in (area.top()..area.bottom()).zip(view.table.iter().enumerate().skip(first)) {
        let style = if i == 0 { theme::STRONG } else { theme::PLAIN };
        put(buffer, area.x + 1, y, area.width.saturating_sub(1), &line.chars().skip(skip).collect::<String>(), style);
    }
}

//! The table of a study's results, in the words of every other form of it, scrolled both ways.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::layout::studies::STEP;
use crate::console::state::studies::{Opened, StudyView};
use crate::console::terminal::theme;
use crate::console::widgets::frame::put;

/// `below`: the grid stands above it, and keys move there; the table begins with the metric that the grid shows.
pub fn draw(open: &Opened, view: &StudyView, below: bool, area: Rect, buffer: &mut Buffer) {
    let width = area.width.saturating_sub(1);
    let lines = view.lines(width);
    let (first, skip) = match below {
        true => (view.block(width, open.metric), 0),
        false => (open.rows.offset, open.column * STEP),
    };
    for (y, i) in (area.top()..area.bottom()).zip(first..lines.len()) {
        let heading = i == 0 || lines[i - 1].is_empty();
        let style = if heading { theme::STRONG } else { theme::PLAIN };
        let line: String = lines[i].chars().skip(skip).collect();
        put(buffer, area.x + 1, y, width, &line, style);
    }
}

//! What everything is drawn with: frames, lines of text, a place cleared for what stands over others.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Widget};

use super::text;
use crate::console::terminal::theme;

/// The inside of a pane's frame.
pub fn inner(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// Clears a place for something that stands over the panes, draws its frame and gives its inside.
pub fn float(area: Rect, title: &'static str, style: Style, buffer: &mut Buffer) -> Rect {
    blank(area, buffer);
    Block::bordered().border_style(style).title(title).render(area, buffer);
    inner(area)
}

/// Empties an area; a wide character that reaches in from the left would hide its first cell.
pub fn blank(area: Rect, buffer: &mut Buffer) {
    for y in area.top()..area.bottom() {
        if let Some(cell) = area.x.checked_sub(1).and_then(|x| buffer.cell_mut((x, y)))
            && text::width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
    Clear.render(area, buffer);
}

/// The first of `len` lines that is drawn where somebody scrolled by `scroll`.
pub fn scrolled(scroll: usize, len: usize, inside: Rect) -> usize {
    scroll.min(len.saturating_sub(usize::from(inside.height)))
}

/// Writes a text into one row, cut at the width; outside the screen nothing happens.
pub fn put(buffer: &mut Buffer, x: u16, y: u16, width: u16, content: &str, style: Style) {
    if !buffer.area.contains((x, y).into()) {
        return;
    }
    let room = usize::from(width.min(buffer.area.right() - x));
    if content.len() <= room && text::is_plain(content) {
        // A character a cell: nothing has to be measured.
        let first = buffer.index_of(x, y);
        for (cell, byte) in buffer.content[first..].iter_mut().zip(content.bytes()) {
            cell.set_char(char::from(byte)).set_style(style);
        }
        return;
    }
    buffer.set_stringn(x, y, text::clip(content, usize::from(width)), usize::from(width), style);
}

/// Writes a line over a frame: nothing of the frame's look stays in its cells.
pub fn put_line(buffer: &mut Buffer, x: u16, y: u16, line: &Line<'_>, width: u16) {
    let cells = (line.width() as u16).min(width);
    Clear.render(Rect { x, y, width: cells, height: 1 }.intersection(buffer.area), buffer);
    buffer.set_line(x, y, line, width);
}

/// A few words in the middle of an area where there is nothing to show yet.
pub fn placeholder(area: Rect, words: &str, buffer: &mut Buffer) {
    let lines = text::wrap(words, usize::from(area.width.saturating_sub(2)));
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (y, line) in (top..area.bottom()).zip(&lines) {
        let x = area.x + area.width.saturating_sub(text::width(line) as u16) / 2;
        put(buffer, x, y, area.right().saturating_sub(x), line, theme::FAINT);
    }
}

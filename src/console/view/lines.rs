//! Lines to be read over the panes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::terminal::theme;
use crate::console::widgets::frame::{float, put};
use crate::console::widgets::text;

/// Cells that a frame and the spaces in it take.
const FRAME: usize = 4;
/// Cells of the narrowest line: titles are longer.
const NARROWEST: usize = 36;

/// Cells that a line can take.
pub fn room(screen: Rect) -> usize {
    usize::from(screen.width).saturating_sub(2 + FRAME)
}

/// Draws lines in a frame for those of `least` cells at least.
pub fn draw(lines: &[String], title: &'static str, least: usize, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let widest = lines.iter().map(|l| text::width(l)).chain([least, NARROWEST]).max().unwrap_or(0);
    let width = (widest + FRAME).min(usize::from(screen.width.saturating_sub(2))) as u16;
    let height = (lines.len() + 2).min(usize::from(screen.height.saturating_sub(2))) as u16;
    let area = Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
    let inside = float(area, title, theme::FOCUS, buffer);
    let top = scroll.min(lines.len().saturating_sub(usize::from(inside.height)));
    for (i, (y, line)) in (inside.top()..inside.bottom()).zip(&lines[top..]).enumerate() {
        // The runs' names and the headings of the two parts.
        let heading = top + i == 0 || (!line.is_empty() && !line.starts_with(' ') && !line.contains("  "));
        let style = if heading { theme::STRONG } else { theme::PLAIN };
        put(buffer, inside.x + 1, y, inside.width.saturating_sub(2), line, style);
    }
}

//! Lines to be read over the panes: runs side by side, and what else is a table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::terminal::theme;
use crate::console::widgets::frame::{float, put};
use crate::console::widgets::text;

pub fn draw(lines: &[String], title: &'static str, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let widest = lines.iter().map(|l| text::width(l)).max().unwrap_or(0) as u16;
    let width = (widest + 4).max(40).min(screen.width.saturating_sub(2));
    let height = (lines.len() as u16 + 2).min(screen.height.saturating_sub(2));
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

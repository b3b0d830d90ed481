//! What is wrong, in full, over the panes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::terminal::theme;
use crate::console::widgets::frame::{float, put};
use crate::console::widgets::text;

pub fn draw(words: &str, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let width = screen.width.saturating_sub(2).min(90);
    let lines = text::wrap(words, usize::from(width.saturating_sub(4)));
    let height = (lines.len() as u16).saturating_add(2).min(screen.height.saturating_sub(2));
    let area = Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
    let inside = float(area, " this cannot be done · esc closes · j k scroll ", theme::BAD, buffer);
    let top = scroll.min(lines.len().saturating_sub(usize::from(inside.height)));
    for (y, line) in (inside.top()..inside.bottom()).zip(&lines[top..]) {
        put(buffer, inside.x + 1, y, inside.width.saturating_sub(2), line, theme::PLAIN);
    }
}

//! One line of a list in full, over the panes: what the run said, or a check with what it means.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::layout::entry::laid_out;
use crate::console::state::State;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{float, put, scrolled};

pub fn draw(state: &State, of: Pane, at: usize, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let (area, lines) = laid_out(state, of, at, screen);
    let title =
        if of == Pane::Log { " log · esc closes · j k scroll " } else { " check · esc closes · j k scroll " };
    let inside = float(area, title, theme::FOCUS, buffer);
    for (y, (line, style)) in (inside.top()..inside.bottom()).zip(&lines[scrolled(scroll, lines.len(), inside)..]) {
        put(buffer, inside.x + 1, y, inside.width.saturating_sub(2), line, *style);
    }
}

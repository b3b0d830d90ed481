//! The `?` screen: every key from the table of actions, the focused pane's own first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::layout::help::laid_out;
use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{float, put, scrolled};

pub fn draw(state: &State, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let (area, column, rows) = laid_out(state, screen);
    let inside = float(area, " keys · esc closes · j k scroll ", theme::FOCUS, buffer);
    let top = scrolled(scroll, rows.len(), inside);
    for (y, (keys, help, style)) in (inside.top()..inside.bottom()).zip(&rows[top..]) {
        put(buffer, inside.x, y, inside.width, keys, *style);
        let x = inside.x + 2 + column;
        put(buffer, x, y, inside.right().saturating_sub(x), help, theme::PLAIN);
    }
}

//! How well the latest labels agree with people's: values with intervals, and grids of signs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::layout::judgement::laid_out;
use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{float, put, scrolled};

pub fn draw(state: &State, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let (area, lines) = laid_out(state, screen);
    let inside = float(area, " labels judged · p another split · j k scroll · esc closes ", theme::FOCUS, buffer);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let top = scrolled(scroll, lines.len(), inside);
    for (y, (line, style)) in (inside.top()..inside.bottom()).zip(&lines[top..]) {
        put(buffer, inside.x, y, inside.width, line, *style);
    }
}

//! What the run had to say in words, in full: long lines are wrapped; the newest one last, followed unless someone scrolls
//! up.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::frame;
use crate::console::layout::log::{MOMENT, lines, wrapped};
use crate::console::state::State;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::text;

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let inside = frame(state, Pane::Log, vec![], area, buffer);
    let lines = lines(state);
    if lines.is_empty() {
        return placeholder(inside, "nothing was said yet", buffer);
    }
    let mut y = inside.y;
    for (at, line) in lines.iter().enumerate().skip(state.log.list.offset) {
        if y >= inside.bottom() {
            return;
        }
        let selected = state.focus == Pane::Log && at == state.log.list.selected && !state.log.list.follow;
        let (words, style) = wrapped(line, inside.width);
        let style = if selected { style.patch(theme::SELECTED) } else { style };
        put(buffer, inside.x, y, inside.width, &text::fit_right(&text::clock(line.time), 8), theme::FAINT);
        let left = words.len() - 1;
        for (i, part) in words.iter().enumerate() {
            if y >= inside.bottom() {
                return;
            }
            let cut = y + 1 == inside.bottom() && i < left;
            let part = if cut { "… enter shows all of it" } else { part };
            put(buffer, inside.x + MOMENT, y, inside.width.saturating_sub(MOMENT), part, style);
            y += 1;
        }
    }
}

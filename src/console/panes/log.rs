//! What the run had to say in words: the newest line last, followed unless someone scrolls up.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{frame, placeholder, put};
use crate::console::state::{Pane, State};
use crate::console::{text, theme};
use crate::training::events::Level;

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let inside = frame(state, Pane::Log, vec![], area, buffer);
    let lines = state.run.as_ref().map_or(&[][..], |r| &r.view.log);
    if lines.is_empty() {
        return placeholder(inside, "nothing was said yet", buffer);
    }
    for (y, i) in (inside.y..).zip(state.log_list.visible(lines.len(), usize::from(inside.height))) {
        let line = &lines[i];
        let (word, style) = match line.level {
            Level::Info => ("", theme::PLAIN),
            Level::Warning => ("warning: ", theme::WARN),
            Level::Error => ("error: ", theme::BAD),
        };
        let moment = text::fit_right(&text::clock(line.time), 8);
        put(buffer, inside.x, y, inside.width, &moment, theme::FAINT);
        let selected = state.focus == Pane::Log && i == state.log_list.selected && !state.log_list.follow;
        let style = if selected { style.patch(theme::SELECTED) } else { style };
        put(buffer, inside.x + 9, y, inside.width.saturating_sub(9), &format!("{word}{}", line.message), style);
    }
}

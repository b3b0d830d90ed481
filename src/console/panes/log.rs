//! What the run had to say in words, in full: long lines are wrapped; the newest one last, followed unless someone scrolls
//! up.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{frame, inner, placeholder, put};
use crate::console::state::{Pane, State};
use crate::console::{text, theme};
use crate::run::view::LogLine;
use crate::training::events::Level;

/// Cells of the moment before each line.
const MOMENT: u16 = 9;

fn lines(state: &State) -> &[LogLine] {
    state.run.as_ref().map_or(&[], |r| &r.view.log)
}

/// A line's words with its level, which colour alone must not tell.
pub fn words(line: &LogLine) -> (String, Style) {
    let (word, style) = match line.level {
        Level::Info => ("", theme::PLAIN),
        Level::Warning => ("warning: ", theme::WARN),
        Level::Error => ("error: ", theme::BAD),
    };
    (format!("{word}{}", line.message), style)
}

fn wrapped(line: &LogLine, width: u16) -> (Vec<String>, Style) {
    let (words, style) = words(line);
    (text::wrap(&words, usize::from(width.saturating_sub(MOMENT))), style)
}

/// Scrolls so that the selected line is to be seen.
pub fn settle(state: &mut State, area: Rect) {
    let inside = inner(area);
    let mut list = state.log_list;
    let lines = lines(state);
    let rows = |at: usize| lines.get(at).map_or(1, |line| wrapped(line, inside.width).0.len());
    list.settle_tall(lines.len(), usize::from(inside.height), true, rows);
    state.log_list = list;
}

/// The line at a row of the screen.
pub fn at(state: &State, inside: Rect, row: u16) -> Option<usize> {
    let lines = lines(state);
    let mut left = usize::from(row.checked_sub(inside.y).filter(|_| row < inside.bottom())?);
    for (at, line) in lines.iter().enumerate().skip(state.log_list.offset) {
        let rows = wrapped(line, inside.width).0.len();
        if left < rows {
            return Some(at);
        }
        left -= rows;
    }
    None
}

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let inside = frame(state, Pane::Log, vec![], area, buffer);
    let lines = lines(state);
    if lines.is_empty() {
        return placeholder(inside, "nothing was said yet", buffer);
    }
    let mut y = inside.y;
    for (at, line) in lines.iter().enumerate().skip(state.log_list.offset) {
        if y >= inside.bottom() {
            return;
        }
        let selected = state.focus == Pane::Log && at == state.log_list.selected && !state.log_list.follow;
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

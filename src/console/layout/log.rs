//! The lines of the log pane, wrapped: an entry takes one row or more.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::text;
use crate::run::view::LogLine;
use crate::training::events::Level;

/// Cells of the moment before each line.
pub const MOMENT: u16 = 9;

/// What the run said so far.
pub fn lines(state: &State) -> &[LogLine] {
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

/// A line in rows of a width, the moment before it left out.
pub fn wrapped(line: &LogLine, width: u16) -> (Vec<String>, Style) {
    let (words, style) = words(line);
    (text::wrap(&words, usize::from(width.saturating_sub(MOMENT))), style)
}

/// Rows that an entry takes in a pane of this width.
pub fn rows(state: &State, at: usize, width: u16) -> usize {
    lines(state).get(at).map_or(1, |line| wrapped(line, width).0.len())
}

/// The line at a row of the screen.
pub fn at(state: &State, inside: Rect, row: u16) -> Option<usize> {
    let lines = lines(state);
    let mut left = usize::from(row.checked_sub(inside.y).filter(|_| row < inside.bottom())?);
    for (at, line) in lines.iter().enumerate().skip(state.log.list.offset) {
        let rows = wrapped(line, inside.width).0.len();
        if left < rows {
            return Some(at);
        }
        left -= rows;
    }
    None
}

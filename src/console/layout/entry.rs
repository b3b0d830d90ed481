//! One line of a list in full, over the panes: what the run said, or a check with what it means.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{health, log};
use crate::console::state::State;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::inner;
use crate::console::widgets::text;

/// Where the lines lie, and the lines.
pub fn laid_out(state: &State, of: Pane, at: usize, screen: Rect) -> (Rect, Vec<(String, Style)>) {
    let width = screen.width.saturating_sub(4).min(96);
    let lines = lines(state, of, at, usize::from(width.saturating_sub(4)));
    let height = screen.height.saturating_sub(2).min(lines.len() as u16 + 2);
    (Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height }, lines)
}

/// Lines that there is no room for at once.
pub fn beyond(state: &State, of: Pane, at: usize, screen: Rect) -> usize {
    let (area, lines) = laid_out(state, of, at, screen);
    lines.len().saturating_sub(usize::from(inner(area).height))
}

fn lines(state: &State, of: Pane, at: usize, width: usize) -> Vec<(String, Style)> {
    let Some(run) = &state.run else { return Vec::new() };
    let mut lines = Vec::new();
    let mut add = |words: &str, style: Style| lines.extend(text::wrap(words, width).into_iter().map(|l| (l, style)));
    if of == Pane::Log {
        if let Some(line) = run.view.log.get(at) {
            let (words, style) = log::words(line);
            add(&format!("{} · line {} of {}", text::clock(line.time), at + 1, run.view.log.len()), theme::FAINT);
            add(&words, style);
        }
    } else if let Some(entry) = health::checks(state).get(at) {
        for (words, style) in health::told(entry) {
            add(&words, style);
        }
    }
    lines
}

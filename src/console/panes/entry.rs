//! One line of a list in full, over the panes: what the run said, or a check with what it means.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{float, health, inner, log, put, scrolled};
use crate::console::state::{Overlay, Pane, State};
use crate::console::{text, theme};

/// Opens the line that is selected in the focused pane.
pub fn open(state: &mut State) {
    let at = if state.focus == Pane::Log { state.log_list.selected } else { state.health_list.selected };
    let there = at < super::list_len(state, state.focus);
    if there {
        state.overlay = Some(Overlay::Entry { of: state.focus, at, scroll: 0 });
    }
}

/// Where the lines lie, and the lines.
fn laid_out(state: &State, of: Pane, at: usize, screen: Rect) -> (Rect, Vec<(String, Style)>) {
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

pub fn draw(state: &State, of: Pane, at: usize, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let (area, lines) = laid_out(state, of, at, screen);
    let title =
        if of == Pane::Log { " log · esc closes · j k scroll " } else { " check · esc closes · j k scroll " };
    let inside = float(area, title, theme::FOCUS, buffer);
    for (y, (line, style)) in (inside.top()..inside.bottom()).zip(&lines[scrolled(scroll, lines.len(), inside)..]) {
        put(buffer, inside.x + 1, y, inside.width.saturating_sub(2), line, *style);
    }
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

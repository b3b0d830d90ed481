//! The `?` screen: every key from the table of actions, the focused pane's own first.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{float, put};
use crate::console::actions::{self, BINDINGS};
use crate::console::state::{Pane, State};
use crate::console::{text, theme};

/// The lines of the list: keys and what they do, or a heading.
fn lines(focus: Pane) -> Vec<(String, String, Style)> {
    let mut lines = Vec::new();
    let others = Pane::ALL.into_iter().filter(|p| *p != focus);
    let sections = std::iter::once(Some(focus)).chain([None]).chain(others.map(Some));
    for section in sections {
        let own: Vec<_> = BINDINGS.iter().filter(|b| b.pane == section).collect();
        if own.is_empty() {
            continue;
        }
        let heading = section.map_or("everywhere".to_owned(), |p| format!("in {}", p.title()));
        lines.push((heading, String::new(), theme::STRONG));
        lines.extend(own.into_iter().map(|b| (actions::key_names(b), b.help.to_owned(), theme::KEY)));
    }
    lines.push(("filters".into(), String::new(), theme::STRONG));
    for (example, meaning) in [
        ("great movie", "rows whose id or text holds both words; \"flip\" in quotes is a word, too"),
        ("|da| > 0.3", "the audio label moved by more than 0.3; da, dt, dv, d for any"),
        ("y < 0 and t > 0", "negative as a whole, its words positive"),
        ("flip_a not marked", "the audio label changed its sign and nobody reviewed it; flip for any"),
        ("e > 0.5 or ha < 0", "what is predicted is off by more than 0.5; people heard it as negative"),
        ("note ~ irony", "the note holds the word; C lists all columns"),
        ("split = test or id ~ abc", "and binds closer than or; brackets and not work too"),
    ] {
        lines.push((example.into(), meaning.into(), theme::KEY));
    }
    lines
}

pub fn draw(state: &State, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let width = screen.width.saturating_sub(4).min(92);
    let height = screen.height.saturating_sub(2);
    let area = Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
    let inside = float(area, " keys · esc closes · j k scroll ", theme::FOCUS, buffer);
    let lines = lines(state.focus);
    let top = scroll.min(lines.len().saturating_sub(usize::from(inside.height)));
    let column = (inside.width / 3).clamp(12, 26);
    for (y, (keys, help, style)) in (inside.top()..inside.bottom()).zip(&lines[top..]) {
        if help.is_empty() {
            put(buffer, inside.x, y, inside.width, keys, *style);
        } else {
            put(buffer, inside.x + 2, y, column, &text::clip(keys, usize::from(column) - 1), *style);
            let x = inside.x + 2 + column;
            put(buffer, x, y, inside.right().saturating_sub(x), help, theme::PLAIN);
        }
    }
}

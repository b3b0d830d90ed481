//! The `?` screen's lines: every key from the table of keys, the focused pane's own first.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::areas;
use super::areas::Mode;
use crate::console::state::State;
use crate::console::state::keys::{BINDINGS, WITHOUT_PANES, key_names};
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::inner;
use crate::console::widgets::text;

/// The lines of the list: keys and what they do, or a heading.
fn lines(state: &State) -> Vec<(String, String, Style)> {
    let mut lines = Vec::new();
    if areas::mode(state.size.0, state.size.1) == Mode::Line {
        lines.push(("on a screen this small".into(), String::new(), theme::STRONG));
        let working = BINDINGS.iter().filter(|b| b.pane.is_none() && WITHOUT_PANES.contains(&b.action));
        lines.extend(working.map(|b| (key_names(b), b.help.to_owned(), theme::KEY)));
        let words = "all others need the panes: 60 columns and 15 rows, or more";
        lines.push((words.into(), String::new(), theme::FAINT));
        return lines;
    }
    let focus = state.focus;
    let others = Pane::ALL.into_iter().filter(|p| *p != focus);
    let sections = std::iter::once(Some(focus)).chain([None]).chain(others.map(Some));
    for section in sections {
        let own: Vec<_> = BINDINGS.iter().filter(|b| b.pane == section).collect();
        if own.is_empty() {
            continue;
        }
        let heading = section.map_or("everywhere".to_owned(), |p| format!("in {}", p.title()));
        lines.push((heading, String::new(), theme::STRONG));
        lines.extend(own.into_iter().map(|b| (key_names(b), b.help.to_owned(), theme::KEY)));
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

/// Where the list lies, the width of its keys, and its rows.
pub fn laid_out(state: &State, screen: Rect) -> (Rect, u16, Vec<(String, String, Style)>) {
    let width = screen.width.saturating_sub(4).min(110);
    let height = screen.height.saturating_sub(2);
    let area = Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
    let inside = inner(area).width;
    let column = (inside / 3).clamp(8, 26);
    (area, column, rows(state, column, inside))
}

/// Rows that there is no room for at once.
pub fn beyond(state: &State, screen: Rect) -> usize {
    let (area, _, rows) = laid_out(state, screen);
    rows.len().saturating_sub(usize::from(inner(area).height))
}

/// The lines as rows of a width: what is longer goes on below, keys below keys and sentences below sentences.
fn rows(state: &State, column: u16, width: u16) -> Vec<(String, String, Style)> {
    let mut rows = Vec::new();
    for (keys, help, style) in lines(state) {
        if help.is_empty() {
            rows.extend(text::wrap(&keys, usize::from(width)).into_iter().map(|l| (l, String::new(), style)));
            continue;
        }
        let keys = text::wrap(&keys, usize::from(column) - 1);
        let help = text::wrap(&help, usize::from(width.saturating_sub(column + 3)));
        for i in 0..keys.len().max(help.len()) {
            let of = |lines: &[String]| lines.get(i).cloned().unwrap_or_default();
            rows.push((format!("  {}", of(&keys)), of(&help), style));
        }
    }
    rows
}

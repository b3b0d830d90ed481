//! The signs of failure: every check with its value and threshold, those that fail first, and what the selected one means.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::{frame, placeholder, put};
use crate::console::state::{Pane, State};
use crate::console::{text, theme};
use crate::run::view::HealthEntry;
use crate::training::events::{Check, CheckState};

/// Rows below the list that tell of the selected check, where there is room.
const WORDS: usize = 5;

/// Rows of the list in an inside of this height.
pub fn rows(height: usize) -> usize {
    let below = if height >= WORDS + 4 { WORDS } else { 0 };
    height.saturating_sub(1 + below)
}

/// The checks as shown: failing ones first, then in the order in which they came.
pub fn checks(state: &State) -> Vec<&HealthEntry> {
    let mut all: Vec<&HealthEntry> = state.run.iter().flat_map(|r| &r.view.health).collect();
    all.sort_by_key(|h| h.check.state != CheckState::Failing);
    all
}

/// The symbol and word of a check's state, readable without colour.
fn state_of(check: &Check) -> (&'static str, &'static str, Style) {
    match check.state {
        CheckState::Ok => ("✔", "ok", theme::GOOD),
        CheckState::Failing => ("✘", "fails", theme::BAD),
        CheckState::Unknown => ("○", "open", theme::FAINT),
    }
}

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let checks = checks(state);
    let failing = checks.iter().filter(|h| h.check.state == CheckState::Failing).count();
    let (words, style) = match (checks.len(), failing) {
        (0, _) => (String::new(), theme::PLAIN),
        (n, 0) => (format!("{n} checks, none fails "), theme::PLAIN),
        (n, failing) => (format!("{failing} of {n} checks fail "), theme::BAD),
    };
    let inside = frame(state, Pane::Health, vec![Span::styled(words, style)], area, buffer);
    if checks.is_empty() {
        let words = if state.run.is_none() { "no run" } else { "signs of failure are looked for after each epoch" };
        return placeholder(inside, words, buffer);
    }
    if inside.height == 0 {
        return;
    }
    // The symbol says it too, where there is no room for the word.
    let word_cells = if inside.width >= 80 { 6 } else { 0 };
    let left = 3 + word_cells;
    let heading = format!("{:<15}{:<12}{:<7}{:>7}  expected  measured", "check", "stage", "", "value");
    put(buffer, inside.x + left, inside.y, inside.width.saturating_sub(left), &heading, theme::STRONG);
    let height = rows(usize::from(inside.height));
    let list = &state.health_list;
    for (y, at) in (inside.y + 1..).zip(list.visible(checks.len(), height)) {
        let HealthEntry { epoch, check, .. } = checks[at];
        let (symbol, word, style) = state_of(check);
        let selected = at == list.selected && state.focus == Pane::Health;
        let value = text::number(check.value.unwrap_or(f64::NAN), 3);
        let side = if check.fails_above { "≤" } else { "≥" };
        let line = format!(
            "{:<15}{:<12}{:<7}{value:>7}  {:<9} epoch {epoch} · {}",
            check.name,
            check.stage.name(),
            check.modality.map_or("", |m| m.name()),
            format!("{side} {}", check.threshold),
            check.measure
        );
        put(buffer, inside.x + 1, y, 2, symbol, style);
        put(buffer, inside.x + 3, y, word_cells, word, style);
        put(buffer, inside.x + left, y, inside.width.saturating_sub(left), &line, theme::PLAIN);
        if selected {
            put(buffer, inside.x, y, 1, "▸", theme::FOCUS);
            buffer.set_style(Rect { y, height: 1, ..inside }, theme::SELECTED);
        }
    }
    if usize::from(inside.height) > height + 1
        && let Some(entry) = checks.get(list.selected.min(checks.len() - 1))
    {
        let top = inside.y + 1 + height as u16;
        told(&entry.check, Rect { y: top, height: inside.bottom() - top, ..inside }, buffer);
    }
}

/// What a check means, and what to try where it fails.
fn told(check: &Check, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width.saturating_sub(2));
    let fails = check.state == CheckState::Failing;
    let mut lines = vec![(format!("{} is measured by: {}", check.name, check.measure), theme::FAINT)];
    let meaning = if fails { check.meaning.clone() } else { format!("Where it fails: {}", check.meaning) };
    let style = if fails { theme::BAD } else { theme::PLAIN };
    lines.extend(text::wrap(&meaning, width).into_iter().map(|l| (l, style)));
    lines.extend(text::wrap(&format!("To try: {}", check.advice), width).into_iter().map(|l| (l, theme::PLAIN)));
    for (y, (line, style)) in (area.top()..area.bottom()).zip(lines) {
        put(buffer, area.x + 1, y, width as u16, &line, style);
    }
}

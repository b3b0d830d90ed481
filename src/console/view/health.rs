//! The signs of failure: every check with its value and threshold, those that fail first, and what the selected one means.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::frame::frame;
use crate::console::layout::health::{checks, rows, wrapped};
use crate::console::state::State;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::text;
use crate::run::view::HealthEntry;
use crate::training::events::{Check, CheckState};

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
    // Places are longer where a check is looked for in several splits.
    let place_cells = checks.iter().map(|c| c.check.place().len()).max().unwrap_or(0).max(6) + 1;
    // What is measured is a sentence: it stands below, and beside the check only where there is room for it whole.
    let measures =
        inside.width >= left + 61 + checks.iter().map(|c| text::width(&c.check.measure) as u16).max().unwrap_or(0);
    let measured = if measures { "measured" } else { "epoch" };
    // On the narrowest screens the value is worth more than the stage, which is said below.
    let stages = inside.width >= left + 52;
    let stage_cells = |words: &str| if stages { format!("{words:<12}") } else { String::new() };
    let heading =
        format!("{:<15}{}{:<place_cells$}{:>7}  expected  {measured}", "check", stage_cells("stage"), "", "value");
    put(buffer, inside.x + left, inside.y, inside.width.saturating_sub(left), &heading, theme::STRONG);
    let height = rows(state, inside);
    let list = &state.health.list;
    for (y, at) in (inside.y + 1..).zip(list.visible(checks.len(), height)) {
        let HealthEntry { epoch, check, .. } = checks[at];
        let (symbol, word, style) = state_of(check);
        let selected = at == list.selected && state.focus == Pane::Health;
        let value = text::number(check.value.unwrap_or(f64::NAN), 3);
        let side = if check.fails_above { "≤" } else { "≥" };
        let line = format!(
            "{:<15}{}{:<place_cells$}{value:>7}  {:<9} {}",
            check.name,
            stage_cells(check.stage.name()),
            check.place(),
            format!("{side} {}", check.threshold),
            if measures { format!("epoch {epoch} · {}", check.measure) } else { epoch.to_string() }
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
        draw_told(entry, Rect { y: top, height: inside.bottom() - top, ..inside }, buffer);
    }
}

fn draw_told(entry: &HealthEntry, area: Rect, buffer: &mut Buffer) {
    let lines = wrapped(entry, area.width);
    let cut = lines.len() > usize::from(area.height);
    for (y, (line, style)) in (area.top()..area.bottom()).zip(&lines) {
        let last = cut && y + 1 == area.bottom();
        let (line, style) = if last { ("… enter shows all of it", theme::KEY) } else { (line.as_str(), *style) };
        put(buffer, area.x + 1, y, area.width.saturating_sub(2), line, style);
    }
}

//! The lines of the health pane: the checks in their order, and what each of them means.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::text;
use crate::run::view::HealthEntry;
use crate::training::events::CheckState;

/// Rows of the list in the pane's inside. What the checks mean has the rows below it: as many as the longest needs, so
/// that nothing moves as one selects another, but the list keeps some.
pub fn rows(state: &State, inside: Rect) -> usize {
    let height = usize::from(inside.height);
    let checks = checks(state);
    let longest = checks.iter().map(|c| wrapped(c, inside.width).len()).max().unwrap_or(0);
    let least = (checks.len() + 1).min((height / 2).max(4));
    let below = longest.min(height.saturating_sub(least));
    height.saturating_sub(1 + if below >= 3 { below } else { 0 })
}

/// The checks as shown: failing ones first, then in the order in which they came.
pub fn checks(state: &State) -> Vec<&HealthEntry> {
    let mut all: Vec<&HealthEntry> = state.run.iter().flat_map(|r| &r.view.health).collect();
    all.sort_by_key(|h| h.check.state != CheckState::Failing);
    all
}

/// How a check is measured, what it means, and what to try where it fails.
pub fn told(entry: &HealthEntry) -> [(String, Style); 3] {
    let HealthEntry { epoch, check, .. } = entry;
    let fails = check.state == CheckState::Failing;
    let style = if fails { theme::BAD } else { theme::PLAIN };
    let meaning = if fails { check.meaning.clone() } else { format!("Where it fails: {}", check.meaning) };
    [
        (
            format!(
                "{} is measured by: {}; last in {} epoch {epoch}{}",
                check.name,
                check.measure,
                check.stage,
                check.interval.map_or_else(String::new, |_| format!(", {}", check.interval_words()))
            ),
            theme::FAINT,
        ),
        (meaning, style),
        (format!("To try: {}", check.advice), theme::PLAIN),
    ]
}

pub fn wrapped(entry: &HealthEntry, width: u16) -> Vec<(String, Style)> {
    let width = usize::from(width.saturating_sub(2));
    told(entry)
        .into_iter()
        .flat_map(|(words, style)| text::wrap(&words, width).into_iter().map(move |l| (l, style)))
        .collect()
}

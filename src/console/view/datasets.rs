//! The dataset pane: the catalogue with each dataset's state and sizes, and a look into the selected one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::frame::frame;
use crate::console::layout::areas::{Mode, mode};
use crate::console::layout::datasets::rows;
use crate::console::state::State;
use crate::console::state::datasets::{Availability, DatasetItem};
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::text;

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let inside = frame(state, Pane::Datasets, vec![], area, buffer);
    let Some(items) = &state.datasets.items else {
        return placeholder(inside, "looking for datasets", buffer);
    };
    let height = usize::from(inside.height);
    let shown = rows(state, height);
    for (y, i) in (inside.y..).zip(state.datasets.list.visible(items.len(), shown)) {
        let selected = i == state.datasets.list.selected;
        line(&items[i], selected, Rect { y, height: 1, ..inside }, buffer);
    }
    // Without a run the look into the dataset has the large pane beside this one.
    let beside = state.run.is_none() && !state.zoom && mode(state.size.0, state.size.1) == Mode::Full;
    if shown + 3 <= height && !beside {
        let top = inside.y + shown as u16;
        for x in inside.left()..inside.right() {
            put(buffer, x, top, 1, "─", theme::FAINT);
        }
        let rest = Rect { y: top + 1, height: inside.bottom() - top - 1, ..inside };
        preview(state, rest, buffer);
    }
}

fn line(item: &DatasetItem, selected: bool, row: Rect, buffer: &mut Buffer) {
    let (symbol, state, style) = match item.availability {
        Availability::BuiltIn => ("●", "built in", theme::GOOD),
        Availability::Present => ("…", "", theme::FAINT),
        Availability::Ready => ("●", "", theme::GOOD),
        Availability::Missing => ("○", "missing", theme::FAINT),
        Availability::Broken => ("✘", "unusable", theme::BAD),
    };
    let name = text::fit(&item.name, usize::from(row.width).saturating_sub(16).clamp(7, 24));
    let rest = match item.availability {
        availability if availability.can_train() && !item.detail.is_empty() => &item.detail,
        _ => state,
    };
    let marker = if selected { "▸" } else { " " };
    put(buffer, row.x, row.y, 1, marker, theme::FOCUS);
    put(buffer, row.x + 1, row.y, 1, symbol, style);
    let used = 3 + text::width(&name) as u16 + 1;
    let own = if selected { theme::STRONG } else { theme::PLAIN };
    put(buffer, row.x + 3, row.y, row.width.saturating_sub(3), &name, own);
    put(buffer, row.x + used, row.y, row.width.saturating_sub(used), rest, style_of_rest(item));
}

fn style_of_rest(item: &DatasetItem) -> Style {
    match item.availability {
        Availability::Broken => theme::BAD,
        _ => theme::FAINT,
    }
}

/// A look into the selected dataset, and the settings that a run on it would use.
pub fn preview(state: &State, area: Rect, buffer: &mut Buffer) {
    let Some(item) = state.dataset() else { return };
    let mut lines: Vec<Span<'static>> = Vec::new();
    let width = usize::from(area.width);
    let add = |lines: &mut Vec<Span<'static>>, content: &str, style: Style| {
        lines.extend(text::wrap(content, width).into_iter().map(|l| Span::styled(l, style)));
    };
    match (state.datasets.previews.get(&item.target), item.availability) {
        (_, Availability::Missing) => {
            add(&mut lines, &item.detail, theme::FAINT);
            add(&mut lines, "o opens a data file by its path", theme::FAINT);
        }
        (None, _) => add(&mut lines, "looking into the data", theme::FAINT),
        (Some(preview), _) => {
            if let Some(problem) = &preview.problem {
                add(&mut lines, problem, theme::BAD);
            }
            // Sentences are wrapped; tables are cut, as wrapping would break their columns.
            for line in &preview.report {
                match line.trim().contains("  ") {
                    true => lines.push(Span::styled(line.clone(), theme::PLAIN)),
                    false => add(&mut lines, line, theme::PLAIN),
                }
            }
            if !preview.settings.is_empty() {
                add(&mut lines, &format!("settings: {}", preview.origin), theme::STRONG);
                lines.extend(preview.settings.iter().map(|l| Span::styled(l.clone(), theme::FAINT)));
            }
        }
    }
    let more = lines.len() > usize::from(area.height);
    for (y, line) in (area.top()..area.bottom()).zip(&lines) {
        let last = more && y + 1 == area.bottom();
        let content = if last { "… z shows more" } else { &line.content };
        put(buffer, area.x, y, area.width, content, line.style);
    }
}

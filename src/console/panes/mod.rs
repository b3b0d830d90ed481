//! The panes, one file each, and what they share: frames, and how many rows of their lists are visible. Drawing only
//! reads the state.

pub mod beside;
pub mod card;
pub mod chrome;
pub mod columns;
pub mod comparison;
pub mod datasets;
pub mod detail;
pub mod embedding;
pub mod health;
pub mod help;
pub mod judgement;
pub mod label_layout;
pub mod label_summary;
pub mod labels;
pub mod log;
pub mod losses;
pub mod metrics;
pub mod problem;
pub mod prompt;
pub mod runs;
pub mod stages;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::merge::MergeStrategy;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::list::List;
use super::state::{Pane, State};
use super::{text, theme};
pub use chrome::banner;

/// The inside of a pane's frame.
pub fn inner(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// Draws a pane's frame with its title and gives its inside. The title of the focused pane says so by a symbol too.
pub fn frame(state: &State, pane: Pane, title: Vec<Span<'static>>, area: Rect, buffer: &mut Buffer) -> Rect {
    let focused = state.focus == pane;
    let (border, own) = if focused { (theme::FOCUS, theme::FOCUS) } else { (theme::FAINT, theme::STRONG) };
    let mut spans = vec![Span::styled(if focused { "▸" } else { " " }, own), Span::styled(pane.title(), own)];
    spans.push(Span::raw(" "));
    spans.extend(title);
    Block::bordered()
        .merge_borders(MergeStrategy::Exact)
        .border_style(border)
        .title(Line::from(spans))
        .render(area, buffer);
    inner(area)
}

/// Draws one pane.
pub fn draw(state: &State, pane: Pane, area: Rect, buffer: &mut Buffer) {
    match pane {
        Pane::Datasets => datasets::draw(state, area, buffer),
        Pane::Stages => stages::draw(state, area, buffer),
        Pane::Runs => runs::draw(state, area, buffer),
        Pane::Losses => losses::draw(state, area, buffer),
        Pane::Labels => labels::draw(state, area, buffer),
        Pane::Metrics => metrics::draw(state, area, buffer),
        Pane::Embedding => embedding::draw(state, area, buffer),
        Pane::Health => health::draw(state, area, buffer),
        Pane::Log => log::draw(state, area, buffer),
    }
}

/// Clears a place for something that stands over the panes, draws its frame and gives its inside.
pub fn float(area: Rect, title: &'static str, style: Style, buffer: &mut Buffer) -> Rect {
    // A wide character that reaches in from the left would hide the frame.
    for y in area.top()..area.bottom() {
        if let Some(cell) = area.x.checked_sub(1).and_then(|x| buffer.cell_mut((x, y)))
            && text::width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
    Clear.render(area, buffer);
    Block::bordered().border_style(style).title(title).render(area, buffer);
    inner(area)
}

/// Writes a text into one row, cut at the width; outside the screen nothing happens.
pub fn put(buffer: &mut Buffer, x: u16, y: u16, width: u16, content: &str, style: Style) {
    if !buffer.area.contains((x, y).into()) {
        return;
    }
    buffer.set_stringn(x, y, text::clip(content, usize::from(width)), usize::from(width), style);
}

/// A few words in the middle of an area where there is nothing to show yet.
pub fn placeholder(area: Rect, words: &str, buffer: &mut Buffer) {
    let lines = text::wrap(words, usize::from(area.width.saturating_sub(2)));
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (y, line) in (top..area.bottom()).zip(&lines) {
        let x = area.x + area.width.saturating_sub(text::width(line) as u16) / 2;
        put(buffer, x, y, area.right().saturating_sub(x), line, theme::FAINT);
    }
}

/// Rows of the pane's list that are visible in an area (frame included).
pub fn list_rows(state: &State, pane: Pane, area: Rect) -> usize {
    let height = usize::from(inner(area).height);
    match pane {
        Pane::Datasets => datasets::rows(state, height),
        Pane::Stages => 3,
        Pane::Losses | Pane::Embedding => 0,
        Pane::Labels => labels::rows(height),
        Pane::Metrics => height.saturating_sub(1),
        Pane::Health => health::rows(height),
        Pane::Runs | Pane::Log => height,
    }
}

/// The screen row of the first visible row of the pane's list.
pub fn list_top(pane: Pane, area: Rect) -> u16 {
    let headings = matches!(pane, Pane::Labels | Pane::Metrics | Pane::Health);
    inner(area).y + u16::from(headings)
}

/// Length of the pane's list.
pub fn list_len(state: &State, pane: Pane) -> usize {
    match pane {
        Pane::Datasets => state.datasets.as_ref().map_or(0, Vec::len),
        Pane::Stages => 3,
        Pane::Losses | Pane::Embedding => 0,
        Pane::Labels => state.labels.index.len(),
        Pane::Metrics => state.run.as_ref().map_or(0, |r| r.view.stage(state.shown_stage()).per_epoch.len()),
        Pane::Health => state.run.as_ref().map_or(0, |r| r.view.health.len()),
        Pane::Runs => state.runs.len(),
        Pane::Log => state.run.as_ref().map_or(0, |r| r.view.log.len()),
    }
}

/// The pane's list.
pub fn list_mut(state: &mut State, pane: Pane) -> Option<&mut List> {
    match pane {
        Pane::Datasets => Some(&mut state.dataset_list),
        Pane::Stages => Some(&mut state.stage_list),
        Pane::Losses | Pane::Embedding => None,
        Pane::Labels => Some(&mut state.labels.list),
        Pane::Metrics => Some(&mut state.metrics_list),
        Pane::Health => Some(&mut state.health_list),
        Pane::Runs => Some(&mut state.run_list),
        Pane::Log => Some(&mut state.log_list),
    }
}

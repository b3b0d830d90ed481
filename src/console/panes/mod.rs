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
pub mod entry;
pub mod health;
pub mod help;
pub mod judgement;
pub mod label_layout;
pub mod label_summary;
pub mod labels;
pub mod log;
pub mod losses;
pub mod metrics;
mod pens;
pub mod problem;
pub mod prompt;
pub mod runs;
pub mod stages;
mod star;
pub mod status;
pub mod tabs;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::merge::MergeStrategy;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

use super::layout::{self, Areas};
use super::list::List;
use super::state::{Overlay, Pane, State};
use super::{text, theme};

/// The inside of a pane's frame.
pub fn inner(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// The places of the frame that the state asks for.
pub fn areas(state: &State) -> Areas {
    layout::areas(state, chrome::banner_rows(state))
}

/// Draws the frames of all panes, without titles: neighbours share their lines, so a frame drawn later would take a title
/// for a part of its own line.
pub fn frames(state: &State, panes: &[(Pane, Rect)], buffer: &mut Buffer) {
    for (pane, area) in panes {
        let style = if state.focus == *pane { theme::FOCUS } else { theme::FAINT };
        Block::bordered().merge_borders(MergeStrategy::Exact).border_style(style).render(*area, buffer);
    }
}

/// Writes a pane's title on its frame and gives its inside. The title of the focused pane says so by a symbol too. Where
/// tabs take the upper line, the title's words stand on the lower one.
fn frame(state: &State, pane: Pane, title: Vec<Span<'static>>, area: Rect, buffer: &mut Buffer) -> Rect {
    let width = area.width.saturating_sub(2);
    if tabs::ALL.contains(&pane) && layout::tabbed(state) {
        tabs::draw(state, area, buffer);
        if !title.is_empty() {
            let title: Vec<Span<'_>> = std::iter::once(Span::raw(" ")).chain(title).collect();
            put_line(buffer, area.x + 1, area.bottom().saturating_sub(1), &Line::from(title), width);
        }
        return inner(area);
    }
    let focused = state.focus == pane;
    let own = if focused { theme::FOCUS } else { theme::STRONG };
    let mut spans = vec![Span::styled(if focused { "▸" } else { " " }, own), Span::styled(pane.title(), own)];
    spans.push(Span::raw(" "));
    spans.extend(title);
    put_line(buffer, area.x + 1, area.y, &Line::from(spans), width);
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
    blank(area, buffer);
    Block::bordered().border_style(style).title(title).render(area, buffer);
    inner(area)
}

/// Empties an area; a wide character that reaches in from the left would hide its first cell.
pub fn blank(area: Rect, buffer: &mut Buffer) {
    for y in area.top()..area.bottom() {
        if let Some(cell) = area.x.checked_sub(1).and_then(|x| buffer.cell_mut((x, y)))
            && text::width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
    Clear.render(area, buffer);
}

/// The first of `len` lines that is drawn where somebody scrolled by `scroll`.
pub fn scrolled(scroll: usize, len: usize, inside: Rect) -> usize {
    scroll.min(len.saturating_sub(usize::from(inside.height)))
}

/// Keeps what is read over the panes from being scrolled beyond its end, from where keys would seem to do nothing.
pub fn settle_scroll(state: &mut State) {
    let screen = Rect::new(0, 0, state.size.0, state.size.1);
    let beyond = match &state.overlay {
        Some(Overlay::Help { .. }) => help::beyond(state, screen),
        Some(Overlay::Judgement { .. }) => judgement::beyond(state, screen),
        Some(Overlay::Entry { of, at, .. }) => entry::beyond(state, *of, *at, screen),
        _ => return,
    };
    if let Some(Overlay::Help { scroll } | Overlay::Judgement { scroll } | Overlay::Entry { scroll, .. }) =
        &mut state.overlay
    {
        *scroll = (*scroll).min(beyond);
    }
}

/// Writes a text into one row, cut at the width; outside the screen nothing happens.
pub fn put(buffer: &mut Buffer, x: u16, y: u16, width: u16, content: &str, style: Style) {
    if !buffer.area.contains((x, y).into()) {
        return;
    }
    buffer.set_stringn(x, y, text::clip(content, usize::from(width)), usize::from(width), style);
}

/// Writes a line over a frame: nothing of the frame's look stays in its cells.
fn put_line(buffer: &mut Buffer, x: u16, y: u16, line: &Line<'_>, width: u16) {
    let cells = (line.width() as u16).min(width);
    Clear.render(Rect { x, y, width: cells, height: 1 }.intersection(buffer.area), buffer);
    buffer.set_line(x, y, line, width);
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
        Pane::Health => health::rows(state, inner(area)),
        Pane::Runs => height.saturating_sub(usize::from(runs::has_heading(inner(area).width))),
        // Its entries are of one or more rows.
        Pane::Log => height.div_ceil(2),
    }
}

/// The position in the pane's list of what is drawn at a row of the screen.
pub fn list_at(state: &mut State, pane: Pane, area: Rect, row: u16) -> Option<usize> {
    let inside = inner(area);
    if pane == Pane::Log {
        return log::at(state, inside, row);
    }
    let heading = match pane {
        Pane::Labels | Pane::Metrics | Pane::Health => true,
        Pane::Runs => runs::has_heading(inside.width),
        _ => false,
    };
    let rows = list_rows(state, pane, area);
    let line = row.checked_sub(inside.y + u16::from(heading)).map(usize::from).filter(|l| *l < rows)?;
    let len = list_len(state, pane);
    list_mut(state, pane).map(|list| list.offset + line).filter(|at| *at < len)
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

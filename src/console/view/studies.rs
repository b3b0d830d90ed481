//! The studies of the runs folder with how far they are, and the one that is open: its grid of runs, its table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::frame::frame;
use super::study_grid;
use super::study_table;
use crate::console::layout::studies::{Parts, parts};
use crate::console::state::State;
use crate::console::state::pane::Pane;
use crate::console::state::studies::{Counts, Opened, StudyLine};
use crate::console::terminal::theme;
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::text;

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    match &state.studies.open {
        Some(open) => opened(state, open, area, buffer),
        None => list(state, area, buffer),
    }
}

fn list(state: &State, area: Rect, buffer: &mut Buffer) {
    let studies = &state.studies;
    let inside = frame(state, Pane::Studies, vec![], area, buffer);
    if studies.all.is_empty() {
        let words = match studies.known {
            true => "no studies yet: mug study run first-experiments --dataset demo begins one",
            false => "looking for studies",
        };
        return placeholder(inside, words, buffer);
    }
    let width = studies.all.iter().map(|s| text::width(&s.name)).max().unwrap_or(0).clamp(5, 32) as u16;
    put(buffer, inside.x + NAME, inside.y, width, "study", theme::STRONG);
    put(buffer, inside.x + NAME + width + 2, inside.y, inside.width, HEADING, theme::STRONG);
    let height = usize::from(inside.height.saturating_sub(1));
    for (y, i) in (inside.y + 1..inside.bottom()).zip(studies.list.visible(studies.all.len(), height)) {
        let selected = state.focus == Pane::Studies && i == studies.list.selected;
        put(buffer, inside.x, y, 1, if selected { "▸" } else { " " }, theme::FOCUS);
        study_line(&studies.all[i], width, Rect { y, height: 1, ..inside }, buffer);
    }
}

/// Where names begin: the marks of the selected study and of its state stand before them.
const NAME: u16 = 4;
const HEADING: &str = "done          left       question";

fn study_line(study: &StudyLine, name: u16, row: Rect, buffer: &mut Buffer) {
    let (symbol, style) = standing(study.counts);
    put(buffer, row.x + 1, row.y, 1, symbol, style);
    put(buffer, row.x + NAME, row.y, name, &study.name, theme::PLAIN);
    let mut x = row.x + NAME + name + 2;
    let failed = if study.counts.failed > 0 { "!" } else { "" };
    let done = format!("{}/{}{failed} {:.0} %", study.counts.finished, study.counts.all(), study.share * 100.0);
    let style = if study.counts.failed > 0 { theme::BAD } else { theme::PLAIN };
    put(buffer, x, row.y, 13.min(row.right().saturating_sub(x)), &done, style);
    x += 14;
    put(buffer, x, row.y, 10.min(row.right().saturating_sub(x)), &left(study), theme::PLAIN);
    x += 11;
    put(buffer, x, row.y, row.right().saturating_sub(x), &study.question, theme::FAINT);
}

/// The symbol of where most of a study's cells are to be taken for.
fn standing(counts: Counts) -> (&'static str, Style) {
    match counts {
        Counts { running: 1.., .. } => ("▶", theme::GOOD),
        Counts { failed: 1.., .. } => ("✘", theme::BAD),
        c if c.open() == 0 => ("✔", theme::GOOD),
        _ => ("○", theme::WARN),
    }
}

fn left(study: &StudyLine) -> String {
    match study.left {
        _ if study.stopping && study.counts.running > 0 => "stopping".to_owned(),
        Some(seconds) => text::duration(seconds),
        None if study.counts.open() == 0 => "ended".to_owned(),
        None if study.counts.running == 0 => "stopped".to_owned(),
        None => "…".to_owned(),
    }
}

fn opened(state: &State, open: &Opened, area: Rect, buffer: &mut Buffer) {
    let inside = frame(state, Pane::Studies, title(open), area, buffer);
    let Some(view) = &open.view else { return placeholder(inside, "reading the study", buffer) };
    let focused = state.focus == Pane::Studies;
    let Parts { question, grid, table, cell } = parts(open, inside);
    if let Some(row) = question {
        put(buffer, row.x + 1, row.y, row.width.saturating_sub(1), &view.line.question, theme::FAINT);
    }
    if let Some(area) = grid {
        study_grid::draw(open, view, focused && !(open.table && table.is_some()), area, buffer);
    }
    if let Some(area) = table {
        study_table::draw(open, view, grid.is_some(), area, buffer);
    }
    if let Some(row) = cell {
        study_grid::cell_in_words(open, view, row, buffer);
    }
}

/// The study's name, the metric that is shown, and how far it is.
fn title(open: &Opened) -> Vec<Span<'static>> {
    let name: String = open.name.chars().filter(|c| !c.is_control()).take(40).collect();
    let mut title = vec![Span::styled(format!("{name} "), theme::STRONG)];
    let Some(view) = &open.view else { return title };
    let metrics = &view.outcomes.metrics;
    if let Some(metric) = metrics.get(open.metric) {
        let better = match metric.lower_is_better {
            Some(true) => " ↓",
            Some(false) => " ↑",
            None => "",
        };
        title.push(Span::styled(format!("· {}{better} ", metric.name), theme::KEY));
    }
    let counts = view.line.counts;
    title.push(Span::raw(format!("· {} of {} ", counts.finished, counts.all())));
    for (count, symbol, style) in [(counts.failed, "✘", theme::BAD), (counts.running, "▶", theme::GOOD)] {
        if count > 0 {
            title.push(Span::styled(format!("{symbol} {count} "), style));
        }
    }
    if counts.open() > 0 {
        title.push(Span::raw(format!("· {} ", left(&view.line))));
    }
    title
}

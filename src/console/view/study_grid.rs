//! The grid of a study: a row for each variant, a column for each seed, each cell where it stands and its metric as a
//! number and a shade; without colour the shade's glyph and the number say the same.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::layout::studies::{CELL, MEAN, has_means, names, seeds};
use crate::console::state::studies::{Opened, StudyView, name_of};
use crate::console::terminal::theme;
use crate::console::widgets::frame::put;
use crate::console::widgets::text;
use crate::report::numbers::significant;
use crate::report::study::forms::mean;
use crate::report::study::outcomes::{CellState, Outcome};
use crate::report::study::table::decimals;

/// From the worst to the best.
const SHADES: [(&str, Style); 4] = [("░", theme::BAD), ("▒", theme::WARN), ("▓", theme::PLAIN), ("█", theme::GOOD)];

/// Of a metric that are shown.
const DIGITS: usize = 4;

pub fn draw(open: &Opened, view: &StudyView, focused: bool, area: Rect, buffer: &mut Buffer) {
    let outcomes = &view.outcomes;
    let (name, count) = (names(open, area.width), seeds(open, area.width));
    let shown = open.first..(open.first + count).min(outcomes.seeds.len());
    let column = |i: usize| area.x + name + CELL * (i - open.first) as u16;
    for i in shown.clone() {
        let under = focused && i == open.column;
        let heading = text::fit_right(&format!("seed {}", outcomes.seeds[i]), usize::from(CELL) - 1);
        let style = if under { theme::FOCUS } else { theme::STRONG };
        put(buffer, column(i), area.y, CELL - 1, &heading, style);
    }
    let words = match shown.len() < outcomes.seeds.len() {
        true => format!("seeds {}–{}/{}", shown.start + 1, shown.end, outcomes.seeds.len()),
        false => "variant".to_owned(),
    };
    put(buffer, area.x + 2, area.y, name.saturating_sub(3), &words, theme::STRONG);
    let means = has_means(open, area.width).then(|| column(shown.end));
    if let Some(x) = means {
        put(buffer, x, area.y, MEAN, "  mean ± sd", theme::STRONG);
    }
    let range = view.range(open.metric);
    let height = usize::from(area.height.saturating_sub(1));
    for (y, v) in (area.y + 1..area.bottom()).zip(open.rows.visible(outcomes.variants.len(), height)) {
        let selected = focused && v == open.rows.selected;
        put(buffer, area.x, y, 1, if selected { "▸" } else { " " }, theme::FOCUS);
        let own = if outcomes.reference == Some(v) { theme::STRONG } else { theme::PLAIN };
        put(
            buffer,
            area.x + 2,
            y,
            name.saturating_sub(3),
            &text::clip_middle(&name_of(&outcomes.variants[v]), usize::from(name.saturating_sub(3))),
            own,
        );
        let entry = view.table.rows.get(v).and_then(|row| row.entries.get(open.metric));
        if let (Some(x), Some(entry)) = (means, entry) {
            let mark = if entry.best { '*' } else { ' ' };
            put(buffer, x, y, MEAN, &format!(" {mark}{}", mean(entry, decimals(&view.table, open.metric), "±")), own);
        }
        for i in shown.clone() {
            let Some(cell) = outcomes.cells.get(v * outcomes.seeds.len() + i) else { continue };
            let lower = outcomes.metrics.get(open.metric).and_then(|m| m.lower_is_better);
            draw_cell(cell, open.metric, lower, range, Rect { x: column(i), y, width: CELL - 1, height: 1 }, buffer);
            if selected && i == open.column {
                buffer.set_style(Rect { x: column(i), y, width: CELL - 1, height: 1 }, theme::SELECTED);
            }
        }
    }
}

fn draw_cell(
    cell: &Outcome,
    metric: usize,
    lower_is_better: Option<bool>,
    range: Option<(f64, f64)>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let (symbol, style) = symbol(&cell.state);
    put(buffer, area.x, area.y, 1, symbol, style);
    let value = cell.values.get(metric).copied().flatten();
    let words = match (&cell.state, value) {
        (CellState::Running { share }, _) => format!("{:.0} %", share * 100.0),
        (_, Some(value)) => significant(value, DIGITS),
        (CellState::Finished, None) => "–".to_owned(),
        (state, None) => word(state).to_owned(),
    };
    let own = if matches!(cell.state, CellState::Finished) { theme::PLAIN } else { theme::FAINT };
    put(buffer, area.x + 2, area.y, area.width - 2, &text::fit_right(&words, usize::from(area.width) - 2), own);
    if let (Some(value), Some((least, most))) = (value, range) {
        let place = if most > least { (value - least) / (most - least) } else { 1.0 };
        let good = if lower_is_better == Some(true) && most > least { 1.0 - place } else { place };
        let (glyph, style) = SHADES[((good * 4.0) as usize).min(3)];
        // Where neither way is better a shade says only how much.
        let style = if lower_is_better.is_some() { style } else { theme::PLAIN };
        put(buffer, area.x + 1, area.y, 1, glyph, style);
    }
}

fn symbol(state: &CellState) -> (&'static str, Style) {
    match state {
        CellState::Waiting => ("·", theme::FAINT),
        CellState::Running { .. } => ("▶", theme::GOOD),
        CellState::Stopped => ("○", theme::WARN),
        CellState::Finished => ("✔", theme::GOOD),
        CellState::Failed { .. } => ("✘", theme::BAD),
    }
}

fn word(state: &CellState) -> &'static str {
    match state {
        CellState::Waiting => "waiting",
        CellState::Running { .. } => "running",
        CellState::Stopped => "stopped",
        CellState::Finished => "finished",
        CellState::Failed { .. } => "failed",
    }
}

/// What is under the cursor: all its metrics, or why it failed.
pub fn cell_in_words(open: &Opened, view: &StudyView, row: Rect, buffer: &mut Buffer) {
    let Some(at) = open.cell() else { return };
    let outcomes = &view.outcomes;
    let cell = &outcomes.cells[at];
    let (variant, seed) = (at / outcomes.seeds.len(), at % outcomes.seeds.len());
    let mut words = format!("{} · seed {} · ", name_of(&outcomes.variants[variant]), outcomes.seeds[seed]);
    let style = match &cell.state {
        CellState::Failed { reason } => {
            words += &format!("failed: {reason}");
            theme::BAD
        }
        CellState::Running { share } => {
            words += &format!("running, {:.0} %", share * 100.0);
            theme::PLAIN
        }
        CellState::Finished => {
            let values = outcomes.metrics.iter().zip(&cell.values);
            let said = values
                .map(|(m, v)| format!("{} {}", m.name, v.map_or_else(|| "–".to_owned(), |v| significant(v, DIGITS))));
            words += &said.collect::<Vec<_>>().join(" · ");
            theme::PLAIN
        }
        state => {
            words += word(state);
            theme::PLAIN
        }
    };
    put(buffer, row.x + 1, row.y, row.width.saturating_sub(1), &words.replace('\n', " "), style);
}

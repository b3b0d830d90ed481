//! The curves of runs beside the attached one, as the losses pane lays them over its own: each run has a letter, small on
//! its training curve and capital on its validation points.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::ranges::{outermost, positions};
use crate::console::state::State;
use crate::console::state::runs::{Beside, LETTERS};
use crate::console::terminal::theme;
use crate::console::widgets::chart::{Curve, Positions};
use crate::console::widgets::frame::put;
use crate::console::widgets::raster::Pen;
use crate::console::widgets::text;
use crate::run::view::{Column, StageView};
use crate::training::events::StageState;

/// A run beside, with what the pane shows of it.
struct Part<'a> {
    run: &'a Beside,
    view: &'a StageView,
    train: &'a [f32],
    valid: &'a [f32],
}

fn parts(state: &State) -> impl Iterator<Item = Part<'_>> {
    state.runs.beside.iter().map(|run| {
        let view = run.view.stage(state.shown_stage());
        let column = |name: &str| {
            view.per_epoch.columns.get(&format!("{name}.{}", state.losses.scalar)).map_or(&[][..], Column::as_slice)
        };
        let train = if run.series.smoothed.is_empty() { column("train") } else { &[] };
        Part { run, view, train, valid: column("valid") }
    })
}

/// The range of y with these runs in it.
pub fn widened(state: &State, (mut lo, mut hi): (f32, f32), log: bool) -> (f32, f32) {
    for part in parts(state) {
        let smoothed = &part.run.series.smoothed;
        let few = part.train.iter().chain(part.valid).copied().filter(|v| v.is_finite() && (!log || *v > 0.0));
        let extent = part.run.series.extremes.query(smoothed, 0..smoothed.len());
        let whole = (!extent.is_empty()).then_some((extent.min, extent.max));
        let range = if state.losses.clip { outermost(smoothed, part.train, part.valid) } else { whole };
        if let Some((least, most)) = range.filter(|(least, _)| !log || *least > 0.0) {
            (lo, hi) = (lo.min(least), hi.max(most));
        }
        if !state.losses.clip {
            (lo, hi) = few.fold((lo, hi), |(lo, hi), v| (lo.min(v), hi.max(v)));
        }
    }
    (lo, hi)
}

/// Their curves, and the x values at which the first begins and the last ends.
pub fn curves(state: &State) -> (Vec<Curve<'_>>, Option<(f64, f64)>) {
    let (mut curves, mut range) = (Vec::new(), None::<(f64, f64)>);
    let x = state.losses.x;
    for part in parts(state) {
        let (steps, epochs) = (positions(x, &part.view.steps), positions(x, &part.view.per_epoch));
        let ends = |p: &Positions<'_>| p.len().checked_sub(1).map(|last| (p.at(0), p.at(last)));
        for (first, last) in [ends(&steps), ends(&epochs)].into_iter().flatten() {
            range = Some(range.map_or((first, last), |(a, b)| (a.min(first), b.max(last))));
        }
        let letter = part.run.letter.min(LETTERS.len() - 1);
        let (small, capital) = (LETTERS[letter], LETTERS[letter].to_ascii_uppercase());
        let style = theme::BESIDE[letter];
        let (train, valid) =
            if state.abilities.unicode { (Pen::Plain, Pen::Plain) } else { (Pen::Sign(small), Pen::Sign(capital)) };
        let series = &part.run.series;
        // Letters of different runs stand in different columns.
        let spaced = Some(2 + 2 * letter as u16);
        let extremes = Some(&series.extremes);
        curves.push(Curve {
            x: steps,
            values: &series.smoothed,
            extremes,
            style,
            pen: train,
            symbol: Some(small),
            spaced,
        });
        curves.push(Curve {
            x: epochs,
            values: part.train,
            extremes: None,
            style,
            pen: train,
            symbol: Some(small),
            spaced,
        });
        curves.push(Curve {
            x: epochs,
            values: part.valid,
            extremes: None,
            style,
            pen: valid,
            symbol: Some(capital),
            spaced,
        });
    }
    (curves, range)
}

/// Cells in which a run is named with its values.
const ENTRY: u16 = 38;

/// Rows of the legend in the inside of the pane: none where the chart would have no room beside it.
pub fn legend_rows(state: &State, inside: Rect) -> u16 {
    let count = state.runs.beside.len() as u16;
    let in_a_row = (inside.width / ENTRY).max(1);
    count.div_ceil(in_a_row).min(inside.height.saturating_sub(5) / 2)
}

/// Names them, with their values at the crosshair or the latest, in as many rows as the area has.
pub fn legend(state: &State, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let number = |v: Option<&f32>| text::significant(f64::from(v.copied().unwrap_or(f32::NAN)), 4);
    let in_a_row = (state.runs.beside.len() as u16).div_ceil(area.height).max(1);
    let shares = area.width / in_a_row;
    for (i, part) in parts(state).enumerate() {
        let letter = part.run.letter.min(LETTERS.len() - 1);
        let at = |steps: &[u64]| match state.losses.cursor {
            Some(step) => steps.partition_point(|s| *s <= step).checked_sub(1),
            None => steps.len().checked_sub(1),
        };
        let mut values = String::new();
        if part.view.steps.is_empty() && part.view.per_epoch.is_empty() {
            values += if part.view.state == StageState::Skipped {
                " has no such stage"
            } else {
                " nothing of this stage yet"
            };
        } else {
            if let Some(i) = at(&part.view.steps.step) {
                values += &format!(" train {}", number(part.run.series.smoothed.get(i)));
            }
            if let Some(i) = at(&part.view.per_epoch.step) {
                values += &format!(" valid {}", number(part.valid.get(i)));
            }
        }
        let (x, y) = (area.x + shares * (i as u16 % in_a_row), area.y + i as u16 / in_a_row);
        let room = usize::from(shares).saturating_sub(4 + text::width(&values)).max(6);
        let name = text::clip_middle(&part.run.name, room);
        let words = format!("{}{} {name}{values}", LETTERS[letter], LETTERS[letter].to_ascii_uppercase());
        put(buffer, x, y, shares.saturating_sub(1), &words, theme::BESIDE[letter]);
    }
}

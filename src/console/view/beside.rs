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
        let spaced = Some(3 + 4 * letter as u16);
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

/// One line that names them, with their values at the crosshair or the latest.
pub fn legend(state: &State, row: Rect, buffer: &mut Buffer) {
    let number = |v: Option<&f32>| text::significant(f64::from(v.copied().unwrap_or(f32::NAN)), 4);
    let shares = row.width / state.runs.beside.len().max(1) as u16;
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
        let x = row.x + shares * i as u16;
        let room = usize::from(shares).saturating_sub(4 + text::width(&values)).max(6);
        let name = text::clip_middle(&part.run.name, room);
        let words = format!("{}{} {name}{values}", LETTERS[letter], LETTERS[letter].to_ascii_uppercase());
        put(buffer, x, row.y, shares.saturating_sub(1), &words, theme::BESIDE[letter]);
    }
}

//! The loss curves of one stage: train and validation, the raw curve faint behind the smoothed one, with pauses, the best
//! epoch and the stage's end marked, and a line saying what is not drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::frame::frame;
use super::pens::Pens;
use super::ranges::{outermost, positions, rounded, sample, with_range};
use super::stages::{shown_state, symbol};
use super::{beside, datasets, pens, rates, star};
use crate::console::state::State;
use crate::console::state::datasets::Availability;
use crate::console::state::losses::XAxis;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::chart::{Chart, Curve, Mark, Positions};
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::text;
use crate::report::preparing::preparing_in_words;
use crate::report::scale::Scale;
use crate::run::view::{Curves, MarkKind, RATE, StageView};
use crate::training::events::{Stage, StageState};

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let inside = frame(state, Pane::Losses, tabs(state), area, buffer);
    let Some(run) = &state.run else { return welcome(state, inside, buffer) };
    let view = run.view.stage(state.shown_stage());
    if view.steps.is_empty() && view.per_epoch.is_empty() {
        if let Some(why) = run.view.failed_to_begin() {
            return placeholder(inside, &format!("the run failed before it began: {why}"), buffer);
        }
        if let Some(now) = &run.view.preparing
            && !run.died()
        {
            return placeholder(inside, &preparing_in_words(now), buffer);
        }
        let words = match (&run.view.prepared, view.state) {
            _ if run.died() => "the run's process is gone: space takes the run up",
            (None, _) => "data and model are being made ready",
            (_, StageState::Skipped) => "this stage is not part of the run",
            _ => "this stage has not begun",
        };
        return placeholder(inside, words, buffer);
    }
    if inside.height < 3 || inside.width < 20 {
        return;
    }
    let plot = Plot::of(state, view);
    let info = Rect { height: 1, ..inside };
    let legend = pens::legend(state, !plot.raw.is_empty());
    let legend_width = legend.width() as u16;
    let words = plot.words(state, inside.width >= 70);
    let with_legend = text::width(&words) as u16 + legend_width + 2 <= info.width;
    put(buffer, info.x, info.y, info.width, &words, theme::FAINT);
    if with_legend {
        buffer.set_line(info.right() - legend_width, info.y, &legend, legend_width);
    }
    let readout = Rect { y: inside.bottom() - 1, height: 1, ..inside };
    let read = plot.readout(state, usize::from(readout.width));
    put(buffer, readout.x, readout.y, readout.width, &read, theme::PLAIN);
    // What lies beside needs a line to be told apart by.
    let named = beside::legend_rows(state, inside);
    beside::legend(state, Rect { y: inside.y + 1, height: named, ..inside }, buffer);
    let chart = Rect { y: inside.y + 1 + named, height: inside.height - 2 - named, ..inside };
    let (chart, below) = rates::split(state, view, chart);
    let curves = plot.chart(state);
    curves.draw(chart, buffer);
    rates::draw(state, view, &curves, below, buffer);
}

/// The three stages with their states, the shown one marked.
fn tabs(state: &State) -> Vec<Span<'static>> {
    let shown = state.shown_stage();
    let mut spans = Vec::new();
    for stage in Stage::ALL {
        let own = if stage == shown { theme::STRONG } else { theme::FAINT };
        let sign = state.run.as_ref().map_or(symbol(StageState::Pending), |r| symbol(shown_state(r, stage)));
        let (open, close) = if stage == shown { ("[", "]") } else { (" ", " ") };
        spans.push(Span::styled(open, own));
        spans.push(Span::styled(sign.0, sign.1));
        spans.push(Span::styled(format!(" {} {stage}{close}", stage.index() + 1), own));
    }
    spans
}

/// Without a run: what the one key does, and a look into what it would train on.
fn welcome(state: &State, area: Rect, buffer: &mut Buffer) {
    let Some(item) = state.dataset() else {
        return placeholder(area, "looking for datasets", buffer);
    };
    let name = text::clip(&item.name, 40);
    let (words, style) = match item.availability {
        Availability::Broken => (format!("{name} cannot be trained on"), theme::BAD),
        Availability::Missing => (format!("{name} is not there"), theme::WARN),
        _ => (format!("space trains on {name}"), theme::STRONG),
    };
    put(buffer, area.x + 1, area.y, area.width.saturating_sub(2), &words, style);
    if area.height > 3 {
        let rest = Rect { x: area.x + 1, y: area.y + 2, width: area.width.saturating_sub(2), height: area.height - 2 };
        datasets::preview(state, rest, buffer);
    }
}

/// What is drawn: the curves of one value of one stage and the ranges they need.
struct Plot<'a> {
    view: &'a StageView,
    /// Values of the steps; empty where the value is reported per epoch only.
    raw: &'a [f32],
    /// Means over epochs; drawn where there is nothing per step.
    train: &'a [f32],
    valid: &'a [f32],
    y: Scale,
    gaps: usize,
    clipped: usize,
    unplaced: usize,
}

impl<'a> Plot<'a> {
    fn of(state: &'a State, view: &'a StageView) -> Self {
        let scalar = &state.losses.scalar;
        let column = |curves: &'a Curves, name: &str| curves.columns.get(name).map_or(&[][..], Vec::as_slice);
        let raw = column(&view.steps, scalar);
        let train = if raw.is_empty() { column(&view.per_epoch, &format!("train.{scalar}")) } else { &[] };
        let valid = column(&view.per_epoch, &format!("valid.{scalar}"));
        let extremes = &state.losses.series.raw_extremes;
        let whole = extremes.query(raw, 0..raw.len());
        let finite = |v: &&f32| v.is_finite();
        let few = || train.iter().chain(valid);
        let gaps = whole.gaps as usize + few().filter(|v| !v.is_finite()).count();
        let mut lo = few().filter(finite).fold(whole.min, |m, v| m.min(*v));
        let mut hi = few().filter(finite).fold(whole.max, |m, v| m.max(*v));
        if state.losses.clip {
            (lo, hi) = outermost(raw, train, valid).unwrap_or((lo, hi));
        }
        let outside = |lo: f32, hi: f32| {
            let rest = few().filter(finite).filter(|v| !(lo..=hi).contains(*v)).count();
            extremes.count_outside(raw, lo, hi) + rest
        };
        let (mut clipped, mut unplaced) = (0, 0);
        let log = state.losses.log && hi > 0.0;
        if log {
            if lo <= 0.0 {
                unplaced = outside(f32::MIN_POSITIVE, f32::INFINITY);
                let positive = sample(raw).chain(few().copied()).filter(|v| *v > 0.0 && v.is_finite());
                lo = positive.fold(hi, f32::min);
            }
            clipped = if state.losses.clip { outside(lo, hi).saturating_sub(unplaced) } else { 0 };
        } else if state.losses.clip {
            clipped = outside(lo, hi);
        }
        let (lo, hi) = beside::widened(state, (lo, hi), log);
        let y = rounded(f64::from(lo), f64::from(hi), log);
        Self { view, raw, train, valid, y, gaps, clipped, unplaced }
    }

    /// The settings of the view, and what of the data is not to be seen in it.
    fn words(&self, state: &State, wide: bool) -> String {
        let losses = &state.losses;
        let mut parts = vec![text::clip(&losses.scalar, 28)];
        parts.push(if self.y.log { "log y".into() } else { "linear y".into() });
        if !self.raw.is_empty() && !losses.scalar.starts_with(RATE) {
            parts.push(format!("smooth {}", losses.weight()));
        }
        parts.push(format!("x {}", losses.x.name()));
        if self.gaps > 0 {
            parts.push(format!("{} NaN", self.gaps));
        }
        if losses.clip {
            parts.push(if wide {
                format!("{} points clipped", self.clipped)
            } else {
                format!("{} clipped", self.clipped)
            });
        }
        if self.unplaced > 0 {
            parts.push(format!("{} ≤ 0 not shown", self.unplaced));
        }
        parts.join(" · ")
    }

    fn chart(&self, state: &'a State) -> Chart<'a> {
        let losses = &state.losses;
        let steps = positions(losses.x, &self.view.steps);
        let epochs = positions(losses.x, &self.view.per_epoch);
        let (others, range) = beside::curves(state);
        let mut curves = Vec::new();
        // The series is of this column: update keeps it so. One that is behind is cut to its own length.
        let smooth = &losses.series;
        let pens = Pens::of(state.abilities);
        if losses.smoothed() > 0 {
            let extremes = Some(&smooth.raw_extremes);
            curves.push(Curve {
                x: steps,
                values: self.raw,
                extremes,
                style: theme::FAINT,
                pen: pens.raw,
                symbol: None,
                spaced: None,
            });
        }
        curves.extend(others);
        let extremes = Some(&smooth.extremes);
        curves.push(Curve {
            x: steps,
            values: &smooth.smoothed,
            extremes,
            style: theme::TRAIN,
            pen: if losses.smoothed() > 0 { pens.train } else { pens.alone },
            symbol: None,
            spaced: None,
        });
        curves.push(Curve {
            x: epochs,
            values: self.train,
            extremes: None,
            style: theme::TRAIN,
            pen: pens.alone,
            symbol: Some('×'),
            spaced: None,
        });
        curves.push(Curve {
            x: epochs,
            values: self.valid,
            extremes: None,
            style: theme::VALID,
            pen: pens.valid,
            symbol: Some('●'),
            // Many epochs leave no room for a symbol on each; without colour there must be some.
            spaced: (!state.abilities.colour).then_some(1),
        });
        Chart {
            curves,
            x: with_range(self.x_scale(losses.x, steps, epochs), range),
            y: self.y,
            time: losses.x == XAxis::Time,
            marks: self.marks(state),
            cursor: losses.cursor.map(|step| self.place_of(step, losses.x)),
        }
    }

    /// While the stage runs the axis' end grows in steps of a quarter, so that what is drawn stays where it is and only
    /// new points cost bytes on a slow line.
    fn x_scale(&self, x: XAxis, steps: Positions<'_>, epochs: Positions<'_>) -> Scale {
        let last = |p: &Positions<'_>| p.len().checked_sub(1).map_or(f64::NEG_INFINITY, |i| p.at(i));
        let first = |p: &Positions<'_>| if p.is_empty() { f64::INFINITY } else { p.at(0) };
        let end = last(&steps).max(last(&epochs));
        let start = if x == XAxis::Time { first(&steps).min(first(&epochs)).min(end) } else { 0.0 };
        if self.view.state != StageState::Running {
            return Scale::new(start, end, false);
        }
        // Where it is planned to end, and what it begins with: at the first moment there is nothing to measure by.
        let (planned, least) = match x {
            XAxis::Step => (f64::from(self.view.epochs) * f64::from(self.view.steps_per_epoch), 10.0),
            XAxis::Epoch => (f64::from(self.view.epochs), 0.1),
            XAxis::Time => (f64::INFINITY, 1.0),
        };
        let span = (end - start).max(least);
        let grown = 1.25f64.powf((span.ln() / 1.25f64.ln()).ceil() + 0.0).max(span);
        Scale::new(start, (start + grown).min(planned.max(end)), false)
    }

    /// A step's place on the x axis.
    fn place_of(&self, step: u64, x: XAxis) -> f64 {
        match x {
            XAxis::Step => step as f64,
            XAxis::Epoch => step as f64 / f64::from(self.view.steps_per_epoch.max(1)),
            XAxis::Time => {
                let curves = if self.view.steps.is_empty() { &self.view.per_epoch } else { &self.view.steps };
                let i = curves.step.partition_point(|s| *s < step).min(curves.len().saturating_sub(1));
                curves.time.get(i).copied().unwrap_or(f64::NAN)
            }
        }
    }

    fn marks(&self, state: &State) -> Vec<Mark> {
        let x = state.losses.x;
        let stage = state.shown_stage();
        let Some(run) = &state.run else { return Vec::new() };
        let pauses = run.view.marks.iter().filter(|m| m.stage == stage).map(|m| Mark {
            x: if x == XAxis::Time { m.time } else { self.place_of(m.step, x) },
            symbol: if m.kind == MarkKind::Paused { '‖' } else { '▶' },
        });
        let best =
            self.view.best_epoch().map(|i| Mark { x: self.place_of(self.view.per_epoch.step[i], x), symbol: '★' });
        let end = (self.view.state == StageState::Finished)
            .then(|| Mark { x: self.place_of(self.view.step, x), symbol: '✔' });
        let changes = run
            .view
            .changes
            .iter()
            .filter(|c| c.stage == stage)
            .map(|c| Mark { x: if x == XAxis::Time { c.time } else { self.place_of(c.step, x) }, symbol: 'Δ' });
        // The best epoch last: a stage that ended at its best shows the star.
        pauses.chain(changes).chain(end).chain(best).collect()
    }

    /// The values at the crosshair, or the latest ones, and the epoch that is handed on as far as there is room.
    fn readout(&self, state: &State, width: usize) -> String {
        let number = |v: Option<&f32>| text::significant(f64::from(v.copied().unwrap_or(f32::NAN)), 4);
        let steps = &self.view.steps;
        let mut parts = Vec::new();
        let at = match state.losses.cursor {
            Some(step) => {
                let at = steps.step.partition_point(|s| *s <= step).saturating_sub(1);
                let time = self.place_of(step, XAxis::Time);
                parts.push(format!("step {step}"));
                parts.push(format!("epoch {:.2}", self.place_of(step, XAxis::Epoch)));
                parts.push(text::clock(time));
                at
            }
            None => {
                parts.push("latest".into());
                steps.len().saturating_sub(1)
            }
        };
        if !self.raw.is_empty() {
            let smooth = state.losses.series.smoothed.get(at);
            let raw = self.raw.get(at);
            parts.push(match state.losses.smoothed() {
                0 => format!("train {}", number(raw)),
                _ => format!("train {} (raw {})", number(smooth), number(raw)),
            });
        }
        // The epoch that had ended by then.
        let done = match state.losses.cursor {
            Some(step) => self.view.per_epoch.step.partition_point(|s| *s <= step),
            None => self.view.per_epoch.len(),
        };
        if let Some(epoch) = done.checked_sub(1) {
            if self.raw.is_empty() && !self.train.is_empty() {
                parts.push(format!("train {}", number(self.train.get(epoch))));
            }
            parts.push(format!("valid {}", number(self.valid.get(epoch))));
        }
        let all = parts.join(" · ");
        let stage = state.shown_stage();
        let best = star::with_value(self.view, stage, &state.losses.scalar).filter(|_| state.losses.cursor.is_none());
        let (Some(best), Some(named)) = (best, star::named(self.view, stage)) else { return all };
        // The raw value is given up before the star's meaning.
        let few = parts.iter().map(|p| p.split(" (raw").next().unwrap_or(p)).collect::<Vec<_>>().join(" · ");
        let forms = [
            format!("{all} · {best}"),
            format!("{all} · {named}"),
            format!("{few} · {named}"),
            format!("{few} · {}", named.replace("validation ", "")),
        ];
        forms.into_iter().find(|words| text::width(words) <= width).unwrap_or(all)
    }
}

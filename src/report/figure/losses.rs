//! Losses of the stages, one panel each: the raw training curve faint behind the smoothed one, validation, and the epoch
//! whose weights are handed on.

use super::canvas;
use super::error::FigureError;
use super::palette::{BLUE, GREY, Marker, Stroke, VERMILLION, look};
use super::panel::{Axis, Figure, Key, Layer, Panel, Sign, Ticks, columns, in_rows, stretches};
use super::request::{Choice, Draw, FigureKind, Request, Subject, XAxis};
use crate::report::scale::Scale;
use crate::report::smoothing::Smoother;
use crate::run::view::{Column, Curves, RunView, StageView};
use crate::training::events::{SettingChange, Stage};

/// The marks of the epoch that is handed on.
pub const BEST: Stroke = Stroke::dashed(GREY, 0.8, 1.5, 2.0);
/// Where a setting was changed.
const CHANGE: Stroke = Stroke::dashed(VERMILLION, 0.8, 4.0, 2.0);
/// Least width of a panel in px before fewer stand side by side.
const PANEL: f64 = 200.0;
/// Places across a panel at which a curve's extremes are kept.
const DOTS: usize = 700;

pub static LOSSES: FigureKind = FigureKind {
    name: "losses",
    shows: "Training and validation losses of each stage",
    choices: &[Choice::Stage, Choice::Value, Choice::Log, Choice::X, Choice::Smoothing],
    draw: Draw::Run(figure),
};

/// Draws the losses.
///
/// # Errors
/// No stage has an epoch or a step, or none reports the value.
fn figure(subject: &Subject<'_>, request: &Request, width: f64) -> Result<Figure, FigureError> {
    let Subject { dir, view } = *subject;
    let run = dir.name();
    let begun = |s: &Stage| !view.stage(*s).steps.is_empty() || !view.stage(*s).per_epoch.is_empty();
    let wanted: Vec<Stage> = Stage::ALL.into_iter().filter(|s| request.stage.is_none_or(|w| w == *s)).collect();
    let stages: Vec<Stage> = wanted.iter().copied().filter(begun).collect();
    if stages.is_empty() {
        let why = match request.stage {
            Some(stage) => format!("no step of the {stage} stage is recorded"),
            None => "no step of any stage is recorded".into(),
        };
        return Err(FigureError::Nothing { run: run.to_owned(), what: "losses", why });
    }
    let mut notes = Vec::new();
    let mut panels = Vec::new();
    for stage in &stages {
        let data = Data::of(view.stage(*stage), request);
        match data {
            Some(data) => {
                let mut panel = data.panel(*stage, request, &mut notes);
                let changes = view.changes.iter().filter(|c| c.stage == *stage);
                let x = |c: &SettingChange| match request.x {
                    XAxis::Step => c.step as f64,
                    XAxis::Epoch => c.step as f64 / f64::from(view.stage(*stage).steps_per_epoch.max(1)),
                    XAxis::Time => c.time,
                };
                panel.layers.splice(0..0, changes.map(|c| Layer::Upright { x: x(c), stroke: CHANGE }));
                panels.push(panel);
            }
            None if stages.len() > 1 => notes.push(format!("{stage}: does not report \"{}\"", request.value)),
            None => {}
        }
    }
    if panels.is_empty() {
        let known: Vec<String> = stages.iter().flat_map(|s| view.stage(*s).scalar_names()).collect();
        let mut unique: Vec<String> = Vec::new();
        known.into_iter().for_each(|n| {
            if !unique.contains(&n) {
                unique.push(n)
            }
        });
        return Err(FigureError::Value {
            stage: request.stage.unwrap_or(stages[0]).name(),
            value: request.value.clone(),
            known: unique.join(", "),
        });
    }
    let side_by_side = columns(panels.len(), width, PANEL);
    let legend = legend(request, view, &stages);
    let rows = in_rows(panels, side_by_side);
    let panel_height = (width / side_by_side as f64 * 0.72).clamp(140.0, 300.0);
    let height = (panel_height * rows.len() as f64 + canvas::legend_height(&legend, width) + 10.0).round();
    let shown: Vec<&str> = stages.iter().map(|s| s.name()).collect();
    let description = format!("Training and validation {} of run {run}, {}.", request.value, shown.join(", "));
    Ok(Figure { width, height, title: String::new(), legend, rows, description, notes })
}

fn legend(request: &Request, view: &RunView, stages: &[Stage]) -> Vec<Key> {
    let key = |name: &str, sign| Key { name: name.into(), sign };
    let per_step = stages.iter().any(|s| view.stage(*s).steps.columns.contains_key(&request.value));
    let mut keys = Vec::new();
    match (per_step, request.smoothing > 0.0) {
        (true, true) => {
            keys.push(key("training, each step", Sign::Line(raw_stroke())));
            keys.push(key(&format!("training, smoothed ({})", request.smoothing), Sign::Line(look(0).stroke)));
        }
        (true, false) => keys.push(key("training, each step", Sign::Line(look(0).stroke))),
        (false, _) => keys.push(key("training", Sign::LineAndDot(look(0).stroke, look(0).marker))),
    }
    keys.push(key("validation", Sign::LineAndDot(look(1).stroke, look(1).marker)));
    if stages.iter().any(|s| view.stage(*s).best_epoch().is_some()) {
        keys.push(key(&handed_on(stages), Sign::LineAndDot(BEST, Marker::Star)));
    }
    if view.changes.iter().any(|c| stages.contains(&c.stage)) {
        keys.push(key("a setting was changed", Sign::Line(CHANGE)));
    }
    keys
}

/// What the star of a figure of these stages marks: the epoch, and what it is picked by, which is not the curve's value.
pub fn handed_on(stages: &[Stage]) -> String {
    let mut criteria = stages.iter().filter_map(|s| s.criterion());
    let mut words = criteria.next().unwrap_or_default().to_owned();
    for other in criteria {
        words += &format!(" | {}", other.trim_start_matches("validation "));
    }
    format!("epoch handed on (least {words})")
}

fn raw_stroke() -> Stroke {
    Stroke::solid(BLUE, 0.6).faded(0.3)
}

/// Every `n`th point, so that about `most` markers stand on a curve.
pub fn thinned(points: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    points.iter().step_by(points.len().div_ceil(most).max(1)).copied().collect()
}

/// The value's curves of one stage.
struct Data<'a> {
    view: &'a StageView,
    raw: &'a [f32],
    smoothed: Vec<f32>,
    /// Where the value is not reported each step.
    train: &'a [f32],
    valid: &'a [f32],
}

impl<'a> Data<'a> {
    /// `None` where the stage does not report the value.
    fn of(view: &'a StageView, request: &Request) -> Option<Self> {
        let column = |curves: &'a Curves, name: &str| curves.columns.get(name).map_or(&[][..], Column::as_slice);
        let raw = column(&view.steps, &request.value);
        let train = if raw.is_empty() { column(&view.per_epoch, &format!("train.{}", request.value)) } else { &[] };
        let valid = column(&view.per_epoch, &format!("valid.{}", request.value));
        if raw.is_empty() && train.is_empty() && valid.is_empty() {
            return None;
        }
        let mut smoother = Smoother::new(request.smoothing);
        let smoothed = raw.iter().map(|v| smoother.push(*v)).collect();
        Some(Self { view, raw, smoothed, train, valid })
    }

    /// The range of y: everything but the outermost hundredths of the raw curve, which is only a background.
    fn y_scale(&self, log: bool) -> Scale {
        let drawn = |v: &&f32| v.is_finite() && (!log || **v > 0.0);
        let mut raw: Vec<f32> = self.raw.iter().filter(drawn).copied().collect();
        raw.sort_unstable_by(f32::total_cmp);
        let at = |share: f64| raw.get((share * raw.len().saturating_sub(1) as f64).round() as usize).copied();
        let main = self.smoothed.iter().chain(self.train).chain(self.valid).filter(drawn);
        let range = main.copied().chain(at(0.01)).chain(at(0.99));
        let (lo, hi) = range.fold((f32::INFINITY, f32::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)));
        let (lo, hi) = (f64::from(lo), f64::from(hi));
        if log {
            Scale::new(lo * 0.95, hi * 1.05, true)
        } else {
            let pad = (hi - lo) * 0.04;
            // Losses are read from 0 where 0 is near.
            let foot = if lo >= 0.0 && lo < 0.3 * hi { 0.0 } else { lo - pad };
            Scale::new(foot, hi + pad, false)
        }
    }

    fn panel(&self, stage: Stage, request: &Request, notes: &mut Vec<String>) -> Panel {
        let (steps, epochs) = (positions(&self.view.steps, request.x), positions(&self.view.per_epoch, request.x));
        let x = places(self.view, request.x);
        let y = self.y_scale(request.log);
        let mut gaps = 0;
        let mut lines = |at: &[f64], values: &[f32]| {
            let points = at.iter().zip(values).map(|(x, y)| (*x, f64::from(*y)));
            let (lines, missing) = stretches(points, &x, &y, DOTS);
            gaps += missing;
            lines
        };
        let smooth = lines(&steps, &self.smoothed);
        let unstarted = self.view.per_epoch.step.first() == Some(&0);
        let mut by_epoch = |values: &[f32]| {
            // Before the first step nothing was trained: a value that is missing there is no gap.
            let skip = usize::from(unstarted && values.first().is_some_and(|v| v.is_nan()));
            lines(&epochs[skip..], &values[skip..])
        };
        let (train, valid) = (by_epoch(self.train), by_epoch(self.valid));
        let mut layers = Vec::new();
        if request.smoothing > 0.0 {
            let points = steps.iter().zip(self.raw).map(|(x, y)| (*x, f64::from(*y)));
            layers.push(Layer::Line { stretches: stretches(points, &x, &y, DOTS).0, stroke: raw_stroke() });
        }
        let best = self.view.best_epoch().and_then(|i| Some((*epochs.get(i)?, *self.valid.get(i)?)));
        if let Some((x, _)) = best {
            layers.push(Layer::Upright { x, stroke: BEST });
        }
        layers.push(Layer::Line { stretches: smooth, stroke: look(0).stroke });
        for (lines, own) in [(train, look(0)), (valid, look(1))] {
            let points = lines.concat();
            layers.push(Layer::Line { stretches: lines, stroke: own.stroke });
            layers.push(Layer::Dots {
                points: thinned(&points, 24),
                marker: own.marker,
                size: 4.0,
                colour: own.stroke.colour,
                opacity: 1.0,
            });
        }
        if let Some((x, value)) = best {
            let points = vec![(x, f64::from(value))];
            layers.push(Layer::Dots { points, marker: Marker::Star, size: 8.0, colour: VERMILLION, opacity: 1.0 });
        }
        if gaps > 0 {
            notes.push(format!("{stage}: {gaps} values are not finite (or have no place) and are gaps"));
        }
        let beyond = self.raw.iter().filter(|v| {
            let v = f64::from(**v);
            v.is_finite() && !(y.lo..=y.hi).contains(&v) && (!request.log || v > 0.0)
        });
        let beyond = beyond.count();
        if beyond > 0 {
            notes.push(format!(
                "{stage}: {beyond} of {} raw values lie beyond the axis, drawn at its edge",
                self.raw.len()
            ));
        }
        let (label, ticks) = label_of(request.x);
        Panel {
            heading: vec![format!("Stage {}: {stage}", stage.index() + 1)],
            x: Axis::new(x, label).with(ticks),
            y: Axis::new(y, request.value.replace('_', " ")),
            layers,
        }
    }
}

/// The range of x that a stage's steps and epochs lie in.
pub fn places(view: &StageView, x: XAxis) -> Scale {
    let (steps, epochs) = (positions(&view.steps, x), positions(&view.per_epoch, x));
    let (first, last) = steps.iter().chain(&epochs).fold((f64::INFINITY, 0.0f64), |(a, b), v| (a.min(*v), b.max(*v)));
    let start = if x == XAxis::Time { first.min(last) } else { 0.0 };
    Scale::new(start, last, false)
}

/// What the x axis says, and its ticks.
pub fn label_of(x: XAxis) -> (&'static str, Ticks) {
    match x {
        XAxis::Epoch => ("epoch", Ticks::Whole),
        XAxis::Step => ("optimiser step", Ticks::Whole),
        XAxis::Time => ("training time (min:s)", Ticks::Clock),
    }
}

/// Where points lie on the x axis.
pub fn positions(curves: &Curves, x: XAxis) -> Vec<f64> {
    match x {
        XAxis::Step => curves.step.iter().map(|v| *v as f64).collect(),
        XAxis::Epoch => curves.epoch.iter().map(|v| f64::from(*v)).collect(),
        XAxis::Time => curves.time.clone(),
    }
}

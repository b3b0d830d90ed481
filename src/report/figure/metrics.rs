//! Validation metrics over the epochs of the stages that have some, one stage after the other, the best epoch of each
//! marked.

use super::canvas;
use super::error::FigureError;
use super::losses::{BEST, handed_on, thinned};
use super::palette::{BLACK, GREY, Marker, Stroke, look};
use super::panel::{Axis, Figure, Key, Layer, Panel, Sign, Ticks, columns, in_rows};
use super::request::{Choice, Draw, FigureKind, Request, Subject};
use crate::report::numbers::number;
use crate::report::scale::Scale;
use crate::run::view::{RunView, StageView};
use crate::training::events::Stage;
use crate::training::metrics::{self, Unit};

/// Least width of a panel in px before fewer stand side by side.
const PANEL: f64 = 190.0;
/// The line between two stages.
const BORDER: Stroke = Stroke::solid(GREY, 0.6);

fn is_in(key: &str, unit: Unit) -> bool {
    metrics::find(key).is_some_and(|m| m.unit == unit)
}

pub static METRICS: FigureKind = FigureKind {
    name: "metrics",
    shows: "Validation metrics over the epochs",
    choices: &[Choice::Stage],
    draw: Draw::Run(figure),
};

/// Draws the metrics.
///
/// # Errors
/// No epoch with metrics is finished.
fn figure(subject: &Subject<'_>, request: &Request, width: f64) -> Result<Figure, FigureError> {
    let Subject { dir, view } = *subject;
    let run = dir.name();
    let measured = |s: &Stage| view.stage(*s).metrics.iter().any(|m| !m.is_empty());
    let wanted = Stage::ALL.into_iter().filter(|s| request.stage.is_none_or(|w| w == *s));
    let stages: Vec<Stage> = wanted.filter(measured).collect();
    if stages.is_empty() {
        let why = match request.stage {
            Some(Stage::Denoising) => "the denoising stage trains no prediction and has none".into(),
            Some(stage) => format!("no epoch of the {stage} stage is finished"),
            None => "no epoch of the contrastive or the joint stage is finished".into(),
        };
        return Err(FigureError::Nothing { run: run.to_owned(), what: "metrics", why });
    }
    let keys = keys(view, &stages);
    let line = Timeline::new(view, &stages);
    let unit = view.prepared.as_ref().map_or(String::new(), |p| format!(" (labels in ±{})", p.label_range));
    let test = |key: &str| {
        let value = view.summary.as_ref().and_then(|s| s.metrics.test.get(key).copied().flatten());
        value.map(|v| if is_in(key, Unit::Share) { number(v * 100.0, 1) } else { number(v, 3) })
    };
    let (shares, single): (Vec<String>, Vec<String>) = keys.into_iter().partition(|k| is_in(k, Unit::Share));
    let mut panels: Vec<Panel> = Vec::new();
    for key in single {
        let name = metrics::name(&key);
        let label =
            if is_in(&key, Unit::Label) { format!("validation {name}{unit}") } else { format!("validation {name}") };
        let heading = match test(&key) {
            Some(value) => format!("Validation {name}; test {value}"),
            None => format!("Validation {name}"),
        };
        panels.push(line.panel(heading, label, &[key], 1.0));
    }
    let mut legend = Vec::new();
    if !shares.is_empty() {
        let label = "share of validation clips (%)".into();
        panels.push(line.panel("Validation accuracy and F1".into(), label, &shares, 100.0));
        for (i, key) in shares.iter().enumerate() {
            let own = look(i);
            let name = match test(key) {
                Some(value) => format!("{}; test {value} %", metrics::name(key)),
                None => metrics::name(key).into_owned(),
            };
            legend.push(Key { name, sign: Sign::LineAndDot(own.stroke, own.marker) });
        }
    }
    if line.parts.iter().any(|p| p.best.is_some()) {
        legend.push(Key { name: handed_on(&stages), sign: Sign::LineAndDot(BEST, Marker::Star) });
    }
    let side_by_side = columns(panels.len(), width, PANEL);
    let rows = in_rows(panels, side_by_side);
    let panel_height = (width / side_by_side as f64 * 0.75).clamp(140.0, 300.0);
    let height = (panel_height * rows.len() as f64 + canvas::legend_height(&legend, width) + 10.0).round();
    let names: Vec<&str> = stages.iter().map(|s| s.name()).collect();
    let description = format!("Validation metrics of run {run} over the epochs: {}.", names.join(", then "));
    Ok(Figure { width, height, title: String::new(), legend, rows, description, notes: Vec::new() })
}

/// The metrics that occur, those of the field's tables first and in their order.
fn keys(view: &RunView, stages: &[Stage]) -> Vec<String> {
    let known = view.prepared.iter().flat_map(|p| &p.metric_keys).cloned();
    let found = stages.iter().flat_map(|s| view.stage(*s).metrics.iter().flat_map(|m| m.keys().cloned()));
    let found: Vec<String> = found.collect();
    let mut keys: Vec<String> = Vec::new();
    for key in known.filter(|k| found.contains(k)).chain(found.iter().cloned()) {
        // A damaged file could name any number of them.
        if keys.len() < 24 && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// One stage's place on the common axis of epochs.
struct Part<'a> {
    stage: Stage,
    view: &'a StageView,
    /// Places taken by the stages before it.
    before: f64,
    /// The first epoch measured (0: before any training) and the last.
    first: f64,
    last: f64,
    /// Position in `metrics` of the epoch that is handed on.
    best: Option<usize>,
}

impl Part<'_> {
    /// An epoch's place on the common axis, from 1.
    fn place(&self, epoch: f64) -> f64 {
        self.before + epoch - self.first + 1.0
    }
}

/// The epochs of several stages, one after the other.
struct Timeline<'a> {
    parts: Vec<Part<'a>>,
    length: f64,
}

impl<'a> Timeline<'a> {
    fn new(view: &'a RunView, stages: &[Stage]) -> Self {
        let mut before = 0.0;
        let mut parts = Vec::new();
        for stage in stages {
            let part = view.stage(*stage);
            let epoch = |e: Option<&f32>| e.copied().map_or(0.0, f64::from);
            let (first, last) = (epoch(part.per_epoch.epoch.first()), epoch(part.per_epoch.epoch.last()));
            parts.push(Part { stage: *stage, view: part, before, first, last, best: part.best_epoch() });
            before += last - first + 1.0;
        }
        Self { parts, length: before }
    }

    /// Epochs are counted in each stage anew.
    fn ticks(&self) -> Ticks {
        let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];
        let step = step.into_iter().find(|s| self.length / s <= 10.0).unwrap_or(self.length / 10.0);
        let mut ticks = Vec::new();
        for part in &self.parts {
            let mut epoch = (part.first / step).ceil() * step;
            while epoch <= part.last {
                ticks.push((part.place(epoch), number(epoch, 0)));
                epoch += step;
            }
        }
        Ticks::Given(ticks)
    }

    fn panel(&self, heading: String, label: String, keys: &[String], factor: f64) -> Panel {
        let value = |part: &Part<'_>, i: usize, key: &str| {
            part.view.metrics.get(i).and_then(|m| m.get(key)).copied().flatten().map(|v| v * factor)
        };
        let all = self
            .parts
            .iter()
            .flat_map(|p| (0..p.view.metrics.len()).flat_map(move |i| keys.iter().filter_map(move |k| value(p, i, k))));
        let (lo, hi) =
            all.filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let span = (hi - lo).max(1e-9);
        let y = Scale::new(lo - span * 0.07, hi + span * 0.07, false);
        let x = Scale::new(0.5, self.length + 0.5, false);
        let mut layers = Vec::new();
        for part in &self.parts {
            if part.before > 0.0 {
                layers.push(Layer::Upright { x: part.before + 0.5, stroke: BORDER });
            }
            if let Some(best) = part.best.and_then(|i| part.view.per_epoch.epoch.get(i)) {
                layers.push(Layer::Upright { x: part.place(f64::from(*best)), stroke: BEST });
            }
        }
        for (i, key) in keys.iter().enumerate() {
            let own = look(i);
            let mut lines = Vec::new();
            let mut stars = Vec::new();
            for part in &self.parts {
                let mut line = Vec::new();
                for (at, epoch) in part.view.per_epoch.epoch.iter().enumerate() {
                    let point = value(part, at, key).filter(|v| v.is_finite());
                    match point.map(|v| (part.place(f64::from(*epoch)), v)) {
                        Some(point) => {
                            line.push(point);
                            if part.best == Some(at) {
                                stars.push(point);
                            }
                        }
                        None if !line.is_empty() => lines.push(std::mem::take(&mut line)),
                        None => {}
                    }
                }
                if !line.is_empty() {
                    lines.push(line);
                }
            }
            let points = lines.concat();
            let colour = own.stroke.colour;
            layers.push(Layer::Line { stretches: lines, stroke: own.stroke });
            layers.push(Layer::Dots {
                points: thinned(&points, 24),
                marker: own.marker,
                size: 4.0,
                colour,
                opacity: 1.0,
            });
            let colour = if keys.len() == 1 { BLACK } else { colour };
            layers.push(Layer::Dots { points: stars, marker: Marker::Star, size: 8.0, colour, opacity: 1.0 });
        }
        let what = match &self.parts[..] {
            [only] => format!("epoch of the {} stage", only.stage),
            several => {
                let names: Vec<&str> = several.iter().map(|p| p.stage.name()).collect();
                format!("epoch ({})", names.join(" | "))
            }
        };
        Panel { heading: vec![heading], x: Axis::new(x, what).with(self.ticks()), y: Axis::new(y, label), layers }
    }
}

//! Learning rates of the stages, one panel each and one line a group of parameters: warm-up and decay as they were used.

use super::canvas;
use super::error::FigureError;
use super::losses::{BEST, handed_on, label_of, places, positions};
use super::palette::{Marker, look};
use super::panel::{Axis, Figure, Key, Layer, Panel, Sign, columns, in_rows, stretches};
use super::request::{Choice, Draw, FigureKind, Request, Subject};
use crate::report::scale::Scale;
use crate::run::view::StageView;
use crate::training::events::Stage;

/// Least width of a panel in px before fewer stand side by side.
const PANEL: f64 = 200.0;
/// Places across a panel at which a curve's extremes are kept.
const DOTS: usize = 700;

pub static RATES: FigureKind = FigureKind {
    name: "rates",
    shows: "Learning rates of each stage",
    choices: &[Choice::Stage, Choice::Log, Choice::X],
    draw: Draw::Run(figure),
};

/// Draws the learning rates.
///
/// # Errors
/// No stage has a step, or the record is of a version that told no rates.
fn figure(subject: &Subject<'_>, request: &Request, width: f64) -> Result<Figure, FigureError> {
    let Subject { dir, view } = *subject;
    let wanted = |s: &Stage| request.stage.is_none_or(|w| w == *s) && view.stage(*s).rates().next().is_some();
    let stages: Vec<Stage> = Stage::ALL.into_iter().filter(wanted).collect();
    if stages.is_empty() {
        let of = request.stage.map_or("any stage".to_owned(), |stage| format!("the {stage} stage"));
        let why = format!("no learning rate of {of} is recorded; versions before this one recorded none");
        return Err(FigureError::Nothing { run: dir.name().to_owned(), what: "learning rates", why });
    }
    let mut groups: Vec<&str> = Vec::new();
    for stage in &stages {
        let new: Vec<&str> = view.stage(*stage).rates().map(|(g, _)| g).filter(|g| !groups.contains(g)).collect();
        groups.extend(new);
    }
    let panels: Vec<Panel> = stages.iter().map(|s| panel(view.stage(*s), *s, &groups, request)).collect();
    let key = |(i, group): (usize, &&str)| Key { name: (*group).to_owned(), sign: Sign::Line(look(i).stroke) };
    let mut legend: Vec<Key> = groups.iter().enumerate().map(key).collect();
    if stages.iter().any(|s| view.stage(*s).best_epoch().is_some()) {
        legend.push(Key { name: handed_on(&stages), sign: Sign::Line(BEST) });
    }
    let side_by_side = columns(panels.len(), width, PANEL);
    let rows = in_rows(panels, side_by_side);
    let panel_height = (width / side_by_side as f64 * 0.6).clamp(120.0, 260.0);
    let height = (panel_height * rows.len() as f64 + canvas::legend_height(&legend, width) + 10.0).round();
    let shown: Vec<&str> = stages.iter().map(|s| s.name()).collect();
    let description = format!("Learning rates of run {}, {}.", dir.name(), shown.join(", "));
    Ok(Figure { width, height, title: String::new(), legend, rows, description, notes: Vec::new() })
}

fn panel(view: &StageView, stage: Stage, groups: &[&str], request: &Request) -> Panel {
    let at = positions(&view.steps, request.x);
    let x = places(view, request.x);
    let drawn = |v: &f32| v.is_finite() && (!request.log || *v > 0.0);
    let all = view.rates().flat_map(|(_, rates)| rates).copied().filter(drawn);
    let (lo, hi) = all.fold((f32::INFINITY, 0.0f32), |(lo, hi), v| (lo.min(v), hi.max(v)));
    let (lo, hi) = (f64::from(lo), f64::from(hi));
    let y = if request.log { Scale::new(lo * 0.8, hi * 1.25, true) } else { Scale::new(0.0, hi * 1.05, false) };
    let mut layers = Vec::new();
    if let Some(place) = view.best_epoch().and_then(|i| positions(&view.per_epoch, request.x).get(i).copied()) {
        layers.push(Layer::Upright { x: place, stroke: BEST });
    }
    for (i, group) in groups.iter().enumerate() {
        let Some((_, rates)) = view.rates().find(|(g, _)| g == group) else { continue };
        let points = at.iter().zip(rates).map(|(x, y)| (*x, f64::from(*y)));
        let own = look(i);
        let lines = stretches(points, &x, &y, DOTS).0;
        // A single step is a point and no line.
        if let [(place, rate)] = lines.concat()[..] {
            let points = vec![(place, rate)];
            layers.push(Layer::Dots {
                points,
                marker: Marker::Disc,
                size: 4.0,
                colour: own.stroke.colour,
                opacity: 1.0,
            });
        }
        layers.push(Layer::Line { stretches: lines, stroke: own.stroke });
    }
    let (label, ticks) = label_of(request.x);
    Panel {
        heading: vec![format!("Stage {}: {stage}", stage.index() + 1)],
        x: Axis::new(x, label).with(ticks),
        y: Axis::new(y, "learning rate"),
        layers,
    }
}

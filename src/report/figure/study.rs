//! A study: for each metric its variants with means, 95 % intervals and seeds; over an axis of numbers, curves; and the
//! lines that it asks for.

use super::canvas;
use super::error::FigureError;
use super::palette::{BLACK, Colour, GREY, INK, Look, Marker, Stroke, look};
use super::panel::{Axis, Figure, Key, Layer, Panel, Sign, Ticks, columns, in_rows};
use super::request::{Draw, FigureKind, Request};
use crate::report::numbers::signed;
use crate::report::scale::Scale;
use crate::report::statistics::{Line, interval_of_mean};
use crate::report::study::outcomes::{CellState, LineAsked, Outcomes};

/// Least width of a panel in px before fewer stand side by side.
const PANEL: f64 = 240.0;
/// Height of a variant's row in px.
const ROW: f64 = 20.0;

pub static STUDY: FigureKind = FigureKind {
    name: "study",
    shows: "A study's variants: means, 95 % intervals and seeds of each metric",
    choices: &[],
    draw: Draw::Study(figure),
};

/// One row of the study in one metric.
struct Measured {
    /// Finished seeds.
    seeds: Vec<f64>,
    mean: f64,
    /// 95 % interval of the mean over seeds; `None` for one seed.
    interval: Option<(f64, f64)>,
}

fn measured(study: &Outcomes, row: usize, column: usize) -> Option<Measured> {
    let cells = study.cells.chunks(study.seeds.len().max(1)).nth(row)?.iter();
    let finished = cells.filter(|c| c.state == CellState::Finished);
    let seeds: Vec<f64> = finished.filter_map(|c| c.values.get(column).copied().flatten()).collect();
    let (mean, interval) = interval_of_mean(&seeds)?;
    Some(Measured { seeds, mean, interval })
}

/// Draws the study.
///
/// # Errors
/// No cell is finished.
fn figure(study: &Outcomes, _: &Request, width: f64) -> Result<Figure, FigureError> {
    let nothing =
        |why: &str| FigureError::Nothing { run: study.name.clone(), what: "figure of a study", why: why.into() };
    let places = numeric_axis(study);
    let any = |column: usize| (0..study.variants.len()).any(|row| measured(study, row, column).is_some());
    let shown: Vec<usize> = (0..study.metrics.len()).filter(|column| any(*column)).collect();
    if shown.is_empty() {
        return Err(nothing("no cell is finished"));
    }
    let panels: Vec<Panel> = shown
        .iter()
        .filter_map(|column| match &places {
            Some((axis, places)) => curves(study, *column, axis, places),
            None => rows(study, *column),
        })
        .chain(study.lines.iter().filter_map(|asked| fits(study, asked)))
        .collect();
    let legend = match &places {
        Some(_) => names(study)
            .into_iter()
            .enumerate()
            .map(|(i, name)| Key { name, sign: Sign::LineAndDot(look(i).stroke, look(i).marker) })
            .chain([Key { name: "95 % interval of the mean".into(), sign: Sign::Ramp(band_of_grey) }])
            .collect(),
        None => vec![
            Key { name: "mean with its 95 % interval".into(), sign: Sign::LineAndDot(WHISKER, Marker::Disc) },
            Key { name: "a seed".into(), sign: Sign::Dot(Marker::Ring, GREY) },
        ],
    };
    let side_by_side = columns(panels.len(), width, PANEL);
    let panel_height = match places {
        Some(_) => (width / side_by_side as f64 * 0.75).clamp(140.0, 300.0),
        None => 60.0 + ROW * study.variants.len() as f64,
    };
    let rows = in_rows(panels, side_by_side);
    let height = (panel_height * rows.len() as f64 + canvas::legend_height(&legend, width) + 10.0).round();
    let description = format!("Study {}: {}", study.name, study.question);
    Ok(Figure { width, height, title: String::new(), legend, rows, description, notes: unfinished(study) })
}

const WHISKER: Stroke = Stroke::solid(INK, 1.2);
/// How opaque the area of an interval is.
const BAND: f64 = 0.16;

/// The legend's band: one grey, as light as the areas are.
fn band_of_grey(_: f64) -> Colour {
    (218, 218, 218)
}

/// What of the study the figure does not have yet.
fn unfinished(study: &Outcomes) -> Vec<String> {
    let open = study.cells.iter().filter(|c| c.state != CellState::Finished).count();
    if open == 0 { Vec::new() } else { vec![format!("{open} of {} cells are not finished", study.cells.len())] }
}

/// The names of the variants, each once.
fn names(study: &Outcomes) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for variant in &study.variants {
        if !names.contains(&variant.name) {
            names.push(variant.name.clone());
        }
    }
    names
}

/// The key of the only axis, and each row's place on it, where all of them are numbers.
fn numeric_axis(study: &Outcomes) -> Option<(String, Vec<f64>)> {
    let place = |v: &crate::report::study::outcomes::Variant| match &v.axes[..] {
        [(key, value)] => Some((key.clone(), number_in(value)?)),
        _ => None,
    };
    let places: Vec<(String, f64)> = study.variants.iter().map(place).collect::<Option<_>>()?;
    let (key, _) = places.first()?.clone();
    let mut values: Vec<f64> = places.into_iter().map(|(_, value)| value).collect();
    let all = values.clone();
    values.sort_by(f64::total_cmp);
    values.dedup();
    (values.len() > 1).then_some((key, all))
}

/// The number that a value is, or the only one in it: `0.2`, `{ permute = 0.2 }`.
fn number_in(value: &str) -> Option<f64> {
    let numbers = value.split(|c: char| !(c.is_ascii_digit() || ['.', '-', '+', 'e'].contains(&c)));
    let mut numbers = numbers.filter_map(|t| t.parse::<f64>().ok()).filter(|v| v.is_finite());
    let first = numbers.next()?;
    numbers.next().is_none().then_some(first)
}

/// The values that a panel shows, with room about them.
fn range(all: impl Iterator<Item = f64>) -> Scale {
    let (lo, hi) =
        all.filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    let pad = (hi - lo).max(1e-9) * 0.07;
    Scale::new(lo - pad, hi + pad, false)
}

fn extent(found: &Measured) -> impl Iterator<Item = f64> {
    let ends = found.interval.into_iter().flat_map(|(low, high)| [low, high]);
    found.seeds.iter().copied().chain(ends).collect::<Vec<_>>().into_iter()
}

/// Variants below each other.
fn rows(study: &Outcomes, column: usize) -> Option<Panel> {
    let count = study.variants.len();
    // The first variant on top.
    let at = |row: usize| (count - row) as f64;
    let found: Vec<(usize, Measured)> = (0..count).filter_map(|r| Some((r, measured(study, r, column)?))).collect();
    let x = range(found.iter().flat_map(|(_, m)| extent(m)));
    let mut ticks: Vec<(f64, String)> = study.variants.iter().enumerate().map(|(r, v)| (at(r), v.label())).collect();
    ticks.reverse();
    let mut layers = Vec::new();
    if let Some((_, reference)) = found.iter().find(|(row, _)| Some(*row) == study.reference) {
        layers.push(Layer::Upright { x: reference.mean, stroke: Stroke::dashed(GREY, 0.8, 3.0, 3.0) });
    }
    for (row, m) in &found {
        let y = at(*row);
        let dots = |points, marker, size, colour, opacity| Layer::Dots { points, marker, size, colour, opacity };
        layers.push(dots(m.seeds.iter().map(|v| (*v, y - 0.22)).collect(), Marker::Ring, 4.0, GREY, 0.8));
        if let Some((low, high)) = m.interval {
            layers.push(Layer::Line { stretches: vec![vec![(low, y), (high, y)]], stroke: WHISKER });
        }
        layers.push(dots(vec![(m.mean, y)], Marker::Disc, 6.0, BLACK, 1.0));
    }
    let name = study.metrics.get(column)?.name.clone();
    let y = Scale::new(0.4, count as f64 + 0.6, false);
    Some(Panel { heading: Vec::new(), x: Axis::new(x, name), y: Axis::new(y, "").with(Ticks::Given(ticks)), layers })
}

/// A curve for each variant over the axis.
fn curves(study: &Outcomes, column: usize, axis: &str, places: &[f64]) -> Option<Panel> {
    let found: Vec<(usize, Measured)> =
        (0..study.variants.len()).filter_map(|r| Some((r, measured(study, r, column)?))).collect();
    let y = range(found.iter().flat_map(|(_, m)| extent(m)));
    let x = range(places.iter().copied());
    let names = names(study);
    let mut layers = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let own = look(i);
        let mut points: Vec<(f64, &Measured)> = found
            .iter()
            .filter(|(row, _)| study.variants[*row].name == *name)
            .map(|(row, m)| (places[*row], m))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let line: Vec<(f64, f64)> = points.iter().map(|(x, m)| (*x, m.mean)).collect();
        let colour = own.stroke.colour;
        layers.extend(intervals(&points, own.stroke));
        layers.push(Layer::Line { stretches: vec![line.clone()], stroke: own.stroke });
        layers.push(Layer::Dots { points: line, marker: own.marker, size: 5.0, colour, opacity: 1.0 });
    }
    let name = study.metrics.get(column)?.name.clone();
    Some(Panel { heading: Vec::new(), x: Axis::new(x, axis), y: Axis::new(y, name), layers })
}

/// The intervals of a curve as an area with rims of the curve's dash; one beside which there is none, as a whisker.
fn intervals(points: &[(f64, &Measured)], stroke: Stroke) -> Vec<Layer> {
    let known: Vec<Option<(f64, f64, f64)>> =
        points.iter().map(|(x, m)| m.interval.map(|(low, high)| (*x, low, high))).collect();
    let stretches: Vec<Vec<(f64, f64, f64)>> =
        known.split(Option::is_none).map(|s| s.iter().copied().flatten().collect()).collect();
    let (alone, areas): (Vec<_>, Vec<_>) = stretches.into_iter().filter(|s| !s.is_empty()).partition(|s| s.len() == 1);
    let whiskers = alone.iter().flatten().map(|(x, low, high)| vec![(*x, *low), (*x, *high)]).collect();
    vec![
        Layer::Line { stretches: whiskers, stroke: Stroke::solid(stroke.colour, 0.8) },
        rim(&areas, stroke),
        Layer::Band { stretches: areas, colour: stroke.colour, opacity: BAND },
    ]
}

/// The lower and upper curves of areas.
fn rim(areas: &[Vec<(f64, f64, f64)>], stroke: Stroke) -> Layer {
    let curve = |of: fn(&(f64, f64, f64)) -> (f64, f64)| areas.iter().map(move |area| area.iter().map(of).collect());
    let stretches = curve(|p| (p.0, p.1)).chain(curve(|p| (p.0, p.2))).collect();
    Layer::Line { stretches, stroke: Stroke { width: 0.5, ..stroke }.faded(0.6) }
}

/// Places at which a line's interval is computed.
const PLACES: usize = 48;

/// A line that the study asks for: its runs, and the line with the 95 % interval of its mean.
fn fits(study: &Outcomes, asked: &LineAsked) -> Option<Panel> {
    let found: Vec<_> = study.fit(asked).into_iter().filter(|fit| fit.line.is_some()).collect();
    let log = found.first()?.log;
    let shown = |(x, y): (f64, f64)| if log { (x.exp(), y.exp()) } else { (x, y) };
    let names = names(study);
    let mut layers = Vec::new();
    let mut heights: Vec<f64> = Vec::new();
    let ends = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)))
    };
    let (lo, hi) = ends(&mut found.iter().flat_map(|fit| fit.points.iter().map(|p| p.0)));
    for fit in &found {
        let Some(line) = fit.line else { continue };
        let own = match &fit.variant {
            Some(name) => look(names.iter().position(|n| n == name).unwrap_or(0)),
            None => Look { stroke: Stroke::solid(INK, 1.4), marker: Marker::Ring },
        };
        let (lo, hi) = ends(&mut fit.points.iter().map(|p| p.0));
        let places = (0..=PLACES).map(|i| lo + (hi - lo) * i as f64 / PLACES as f64);
        let area: Vec<(f64, f64, f64)> = places
            .filter_map(|x| {
                let (low, high) = line.interval_at(x)?;
                Some((shown((x, low)).0, shown((x, low)).1, shown((x, high)).1))
            })
            .collect();
        heights.extend(area.iter().flat_map(|p| [p.1, p.2]).chain(fit.points.iter().map(|p| shown(*p).1)));
        let points = fit.points.iter().map(|p| shown(*p)).collect();
        let colour = own.stroke.colour;
        if !area.is_empty() {
            layers.push(rim(std::slice::from_ref(&area), own.stroke));
            layers.push(Layer::Band { stretches: vec![area], colour, opacity: BAND });
        }
        layers.push(Layer::Dots { points, marker: own.marker, size: 4.0, colour, opacity: 0.7 });
        let drawn = [lo, hi].map(|x| shown((x, line.at(x)))).to_vec();
        layers.push(Layer::Line { stretches: vec![drawn], stroke: own.stroke });
    }
    let (low, high) = ends(&mut heights.into_iter());
    let scale = |lo: f64, hi: f64| match log {
        true => Scale::new(lo / 1.15, hi * 1.15, true),
        false => range([lo, hi].into_iter()),
    };
    let ((lo, _), (hi, _)) = (shown((lo, 0.0)), shown((hi, 0.0)));
    let (x, y) = (Axis::new(scale(lo, hi), found[0].x.clone()), Axis::new(scale(low, high), found[0].y.clone()));
    let heading = match &found[..] {
        [one] => one.line.map(|line| slope(&line)).into_iter().collect(),
        _ => Vec::new(),
    };
    Some(Panel { heading, x, y, layers })
}

/// `slope +0.001 [-0.008, +0.010]`
fn slope(line: &Line) -> String {
    let ends =
        line.interval.map_or_else(String::new, |(low, high)| format!(" [{}, {}]", signed(low, 3), signed(high, 3)));
    format!("slope {}{ends}", signed(line.slope, 3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::outcomes::{Outcome, StudyMetric, Variant};

    fn study(axes: &[&str]) -> Outcomes {
        let variant = |name: &str, value: &str| Variant {
            name: name.into(),
            axes: if value.is_empty() { vec![] } else { vec![("data.label_noise".into(), value.into())] },
        };
        let variants: Vec<Variant> =
            ["copied", "mucn"].iter().flat_map(|name| axes.iter().map(move |value| variant(name, value))).collect();
        let cells = (0..variants.len() * 3)
            .map(|i| Outcome {
                state: if i == 1 { CellState::Waiting } else { CellState::Finished },
                values: vec![Some(0.4 + 0.01 * i as f64), None],
                test: None,
            })
            .collect();
        let metric = |name: &str| StudyMetric { key: name.into(), name: name.into(), lower_is_better: Some(true) };
        Outcomes {
            name: "made-up".into(),
            question: "which?".into(),
            metrics: vec![metric("test MAE"), metric("never")],
            variants,
            reference: Some(0),
            seeds: vec![1, 2, 3],
            cells,
            lines: Vec::new(),
        }
    }

    #[test]
    fn variants_stand_below_each_other_and_an_axis_of_numbers_makes_curves() {
        let draw = |study: &Outcomes| figure(study, &Request::new(&STUDY), 680.0).unwrap();
        let plain = draw(&study(&[""]));
        // A metric without any value has no panel.
        assert_eq!(plain.panels().count(), 1);
        let panel = plain.panels().next().unwrap();
        assert_eq!(panel.y.ticks, Ticks::Given(vec![(1.0, "mucn".into()), (2.0, "copied".into())]));
        assert_eq!(plain.notes, ["1 of 6 cells are not finished"]);
        let over = draw(&study(&["{ permute = 0.0 }", "{ permute = 0.2 }", "{ permute = 0.4 }"]));
        let panel = over.panels().next().unwrap();
        assert_eq!((panel.x.label.as_str(), over.legend.len()), ("data.label_noise", 3));
        // A band for each curve; the cell that waits leaves its place two seeds, and so an interval.
        let bands = |panel: &Panel| panel.layers.iter().filter(|l| matches!(l, Layer::Band { .. })).count();
        assert_eq!(bands(panel), 2);
        for figure in [plain, over] {
            assert!(canvas::svg(&figure).unwrap().contains("test MAE"));
        }
    }

    #[test]
    fn an_interval_without_a_neighbour_is_a_whisker() {
        let with = |interval| Measured { seeds: vec![], mean: 1.0, interval };
        let (none, some) = (with(None), with(Some((0.5, 1.5))));
        let layers = intervals(&[(0.0, &some), (1.0, &none), (2.0, &some), (3.0, &some)], look(0).stroke);
        let [Layer::Line { stretches, .. }, _, Layer::Band { stretches: areas, .. }] = &layers[..] else {
            panic!("{layers:?}")
        };
        assert_eq!(*stretches, [vec![(0.0, 0.5), (0.0, 1.5)]]);
        assert_eq!(*areas, [vec![(2.0, 0.5, 1.5), (3.0, 0.5, 1.5)]]);
    }

    #[test]
    fn a_line_that_is_asked_for_has_a_panel_with_its_interval() {
        let mut study = study(&["0.1", "0.2", "0.4"]);
        study.lines = [true, false]
            .map(|log| LineAsked { y: "test MAE".into(), x: vec!["data.label_noise".into()], log })
            .to_vec();
        let drawn = figure(&study, &Request::new(&STUDY), 680.0).unwrap();
        let panels: Vec<&Panel> = drawn.panels().collect();
        assert_eq!((panels.len(), panels[1].x.scale.log, panels[2].x.scale.log), (3, true, false));
        for panel in &panels[1..] {
            let bands = panel.layers.iter().filter_map(|l| match l {
                Layer::Band { stretches, .. } => Some(&stretches[0]),
                _ => None,
            });
            let bands: Vec<_> = bands.collect();
            assert_eq!(bands.len(), 2, "a variant each");
            for band in bands {
                assert!((band[0].0 - 0.1).abs() < 1e-9 && (band[PLACES].0 - 0.4).abs() < 1e-9);
                assert!(band.iter().all(|(_, low, high)| low < high));
            }
        }
        // Of the whole study: one line, whose slope stands above it.
        study.lines = vec![LineAsked { y: "test MAE".into(), x: vec!["test MAE".into()], log: false }];
        let drawn = figure(&study, &Request::new(&STUDY), 680.0).unwrap();
        assert_eq!(drawn.panels().last().unwrap().heading, ["slope +1.000 [+1.000, +1.000]"]);
    }

    #[test]
    fn numbers_are_found_in_values() {
        assert_eq!(number_in("0.2"), Some(0.2));
        assert_eq!(number_in("{ permute = 0.2 }"), Some(0.2));
        assert_eq!((number_in("\"mlc\""), number_in("{ a = 1, b = 2 }")), (None, None));
    }

    #[test]
    fn a_study_without_a_finished_cell_has_none() {
        let mut study = study(&[""]);
        study.cells.iter_mut().for_each(|c| c.state = CellState::Waiting);
        assert!(figure(&study, &Request::new(&STUDY), 680.0).unwrap_err().to_string().contains("no cell is finished"));
    }
}

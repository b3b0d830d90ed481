//! A figure as plain data: panels with axes and layers, a legend, a size. What is drawn is decided here and in the files
//! of the single figures; how, in canvas.rs.

use super::palette::{Colour, Marker, Stroke};
use crate::report::scale::Scale;

/// One axis of a panel.
#[derive(Clone, Debug)]
pub struct Axis {
    pub scale: Scale,
    /// What it counts, with its unit.
    pub label: String,
    pub ticks: Ticks,
}

/// Which values are written beside an axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Ticks {
    /// Round values, as many as there is room for.
    Round,
    /// Round whole numbers.
    Whole,
    /// Clock times of seconds.
    Clock,
    /// These places, left out where there is no room. Positions ascend.
    Given(Vec<(f64, String)>),
    /// None: the picture has no scale that means anything (a projection).
    Bare,
}

impl Axis {
    /// An axis with round numbers.
    pub fn new(scale: Scale, label: impl Into<String>) -> Self {
        Self { scale, label: label.into(), ticks: Ticks::Round }
    }

    /// The same axis with other ticks.
    pub fn with(self, ticks: Ticks) -> Self {
        Self { ticks, ..self }
    }
}

/// A filled rectangle between values of both axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub x: (f64, f64),
    pub y: (f64, f64),
    pub colour: Colour,
}

/// Something drawn inside the axes, in their values; later layers lie above earlier ones. What lies beyond an axis is
/// drawn at its edge.
#[derive(Clone, Debug)]
pub enum Layer {
    /// Joined points; each stretch is one line, and a gap lies between stretches.
    Line { stretches: Vec<Vec<(f64, f64)>>, stroke: Stroke },
    /// Single points; `size` is the diameter in px, `opacity` in [0, 1].
    Dots { points: Vec<(f64, f64)>, marker: Marker, size: f64, colour: Colour, opacity: f64 },
    /// Filled rectangles.
    Cells(Vec<Cell>),
    /// An area between two curves, (x, low, high) from left to right; each stretch is one.
    Band { stretches: Vec<Vec<(f64, f64, f64)>>, colour: Colour, opacity: f64 },
    /// A vertical line across the panel.
    Upright { x: f64, stroke: Stroke },
}

/// A pair of axes and what lies between them.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Lines above it, the first one larger; the panels of a row leave room for the same number.
    pub heading: Vec<String>,
    pub x: Axis,
    pub y: Axis,
    pub layers: Vec<Layer>,
}

/// One entry of the legend.
#[derive(Clone, Debug)]
pub struct Key {
    pub name: String,
    pub sign: Sign,
}

/// What stands before a legend entry's name.
#[derive(Clone, Copy, Debug)]
pub enum Sign {
    Line(Stroke),
    Dot(Marker, Colour),
    LineAndDot(Stroke, Marker),
    /// A strip of colours from `0` to `1` of the given ramp; the name says what it means.
    Ramp(fn(f64) -> Colour),
}

/// A whole figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// px (1/96 inch).
    pub width: f64,
    pub height: f64,
    /// One line above everything; empty: none.
    pub title: String,
    pub legend: Vec<Key>,
    /// Rows of panels with the share of the height that each takes.
    pub rows: Vec<(f64, Vec<Panel>)>,
    /// What the figure shows, for screen readers and file managers; not drawn.
    pub description: String,
    /// What of the data is not to be seen in it, for whoever asked for the figure; not drawn.
    pub notes: Vec<String>,
}

impl Figure {
    /// All panels, row by row.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|(_, row)| row)
    }
}

/// How many panels of at least `least` px stand side by side in `width` px: as many as fit, rows as even as they can be.
pub fn columns(panels: usize, width: f64, least: f64) -> usize {
    let most = ((width / least) as usize).clamp(1, panels.max(1));
    panels.div_ceil(panels.max(1).div_ceil(most)).max(1)
}

/// Panels in rows of `columns`.
pub fn in_rows(panels: Vec<Panel>, columns: usize) -> Vec<(f64, Vec<Panel>)> {
    let mut rows: Vec<(f64, Vec<Panel>)> = Vec::new();
    for panel in panels {
        match rows.last_mut().filter(|(_, row)| row.len() < columns.max(1)) {
            Some((_, row)) => row.push(panel),
            None => rows.push((1.0, vec![panel])),
        }
    }
    rows
}

/// The points of a curve as stretches without gaps. Where there are many more points than `dots` places across the x
/// range, each place keeps its first, least, greatest and last point: the line looks the same and the file stays small.
///
/// Returns the stretches and the number of values that are gaps (NaN, or not positive where y is logarithmic).
pub fn stretches(
    points: impl ExactSizeIterator<Item = (f64, f64)>,
    x: &Scale,
    y: &Scale,
    dots: usize,
) -> (Vec<Vec<(f64, f64)>>, usize) {
    let thin = points.len() > dots * 4;
    let place = |v: f64| x.place(v).map_or(0, |p| (p * dots as f64) as i64);
    let (mut all, mut now, mut gaps) = (Vec::new(), Vec::new(), 0);
    let mut bunch: Vec<(f64, f64)> = Vec::new();
    for (at, value) in points {
        if y.place(value).is_none() || !at.is_finite() {
            gaps += 1;
            reduce(&mut bunch, &mut now);
            if !now.is_empty() {
                all.push(std::mem::take(&mut now));
            }
            continue;
        }
        if !thin {
            now.push((at, value));
            continue;
        }
        if bunch.first().is_some_and(|(first, _)| place(*first) != place(at)) {
            reduce(&mut bunch, &mut now);
        }
        bunch.push((at, value));
    }
    reduce(&mut bunch, &mut now);
    if !now.is_empty() {
        all.push(now);
    }
    (all, gaps)
}

/// Appends the points of one place that its look depends on, in their order.
fn reduce(bunch: &mut Vec<(f64, f64)>, line: &mut Vec<(f64, f64)>) {
    let Some(last) = bunch.len().checked_sub(1) else { return };
    let by = |a: &usize, b: &usize| bunch[*a].1.total_cmp(&bunch[*b].1);
    let least = (0..=last).min_by(by).unwrap_or(0);
    let greatest = (0..=last).max_by(by).unwrap_or(0);
    let mut keep = [0, least, greatest, last];
    keep.sort_unstable();
    line.extend(keep.iter().enumerate().filter(|(i, k)| *i == 0 || keep[*i - 1] != **k).map(|(_, k)| bunch[*k]));
    bunch.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(hi: f64) -> Scale {
        Scale::new(0.0, hi, false)
    }

    #[test]
    fn a_gap_ends_a_stretch_and_is_counted() {
        let y = [1.0, f64::NAN, 2.0, 3.0, f64::NAN, f64::NAN];
        let points = (0..6).map(|i| (f64::from(i), y[i as usize]));
        let (lines, gaps) = stretches(points, &scale(5.0), &scale(3.0), 100);
        assert_eq!(lines, [vec![(0.0, 1.0)], vec![(2.0, 2.0), (3.0, 3.0)]]);
        assert_eq!(gaps, 3);
        let log = Scale::new(0.5, 3.0, true);
        assert_eq!(stretches([(0.0, 1.0), (1.0, -1.0)].into_iter(), &scale(1.0), &log, 10).1, 1);
    }

    #[test]
    fn many_points_become_few_and_spikes_stay() {
        let n = 100_000;
        let value = |i: usize| if i == 77_777 { 9.0 } else { (i % 7) as f64 * 0.1 };
        let (lines, gaps) = stretches((0..n).map(|i| (i as f64, value(i))), &scale(n as f64), &scale(9.0), 500);
        assert_eq!((lines.len(), gaps), (1, 0));
        assert!(lines[0].len() <= 501 * 4 && lines[0].contains(&(77_777.0, 9.0)));
        assert_eq!((lines[0][0].0, lines[0].last().unwrap().0), (0.0, n as f64 - 1.0));
        assert!(lines[0].windows(2).all(|w| w[0].0 < w[1].0));
    }

    #[test]
    fn panels_share_rows_evenly() {
        assert_eq!([columns(3, 680.0, 200.0), columns(3, 320.0, 200.0), columns(4, 680.0, 200.0)], [3, 1, 2]);
        assert_eq!(columns(0, 100.0, 200.0), 1);
    }
}

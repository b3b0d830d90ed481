//! The chart: curves of any number of points in braille dots, axes with round numbers, marks, a crosshair.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pyramid::{Extent, Pyramid};
use super::raster::{Layer, Pen, render};
use super::text;
use crate::console::terminal::theme;
use crate::report::scale::{Scale, time_ticks};

/// Ascending positions of a curve's points.
#[derive(Clone, Copy, Debug)]
pub enum Positions<'a> {
    Steps(&'a [u64]),
    Epochs(&'a [f32]),
    /// Seconds.
    Times(&'a [f64]),
}

impl Positions<'_> {
    pub fn len(&self) -> usize {
        match self {
            Positions::Steps(p) => p.len(),
            Positions::Epochs(p) => p.len(),
            Positions::Times(p) => p.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position of a point; NaN beyond the last.
    pub fn at(&self, i: usize) -> f64 {
        match self {
            Positions::Steps(p) => p.get(i).map_or(f64::NAN, |v| *v as f64),
            Positions::Epochs(p) => p.get(i).map_or(f64::NAN, |v| f64::from(*v)),
            Positions::Times(p) => p.get(i).copied().unwrap_or(f64::NAN),
        }
    }

    /// Number of points before `x`.
    fn before(&self, x: f64) -> usize {
        match self {
            Positions::Steps(p) => p.partition_point(|v| (*v as f64) < x),
            Positions::Epochs(p) => p.partition_point(|v| f64::from(*v) < x),
            Positions::Times(p) => p.partition_point(|v| *v < x),
        }
    }
}

/// Columns between the symbols of a curve with many points.
const SPACING: usize = 16;

/// One curve.
pub struct Curve<'a> {
    pub x: Positions<'a>,
    pub values: &'a [f32],
    /// Needed only to be quick where points are many.
    pub extremes: Option<&'a Pyramid>,
    pub style: Style,
    pub pen: Pen,
    /// A symbol on every point, where there is room: tells curves apart without colour.
    pub symbol: Option<char>,
    /// Where there is no room for that: a symbol here and there, the first one in this column.
    pub spaced: Option<u16>,
}

impl Curve<'_> {
    fn extent(&self, range: std::ops::Range<usize>) -> Extent {
        match self.extremes {
            Some(pyramid) => pyramid.query(self.values, range),
            None => Pyramid::default().query(self.values, range),
        }
    }
}

/// A vertical line with a symbol at its top.
pub struct Mark {
    pub x: f64,
    pub symbol: char,
}

/// A chart ready to be drawn.
pub struct Chart<'a> {
    /// The last one lies uppermost.
    pub curves: Vec<Curve<'a>>,
    pub x: Scale,
    pub y: Scale,
    /// The x axis counts seconds.
    pub time: bool,
    pub marks: Vec<Mark>,
    pub cursor: Option<f64>,
}

impl Chart<'_> {
    /// Draws axes and curves into the area; below 12 x 4 cells, nothing.
    pub fn draw(&self, area: Rect, buffer: &mut Buffer) {
        let Some((plot, ticks, labels)) = self.layout(area) else { return };
        let gutter = plot.x - area.x - 1;
        self.draw_y_axis(&ticks, &labels, gutter, area, plot, buffer);
        self.draw_x_axis(area, plot, buffer);
        for mark in &self.marks {
            if let Some(column) = self.column(mark.x, plot) {
                for y in plot.top()..plot.bottom() {
                    put(buffer, column, y, if y == plot.y { mark.symbol } else { '┊' }, theme::MARK);
                }
            }
        }
        if let Some(column) = self.cursor.and_then(|x| self.column(x, plot)) {
            for y in plot.top()..plot.bottom() {
                put(buffer, column, y, '│', theme::CURSOR);
            }
        }
        let layers: Vec<Layer> = self.curves.iter().map(|c| self.layer(c, plot)).collect();
        render(&layers, plot, buffer);
        for curve in &self.curves {
            self.draw_symbols(curve, plot, buffer);
        }
    }

    /// What lies inside the axes; nothing below 12 x 4 cells.
    pub fn plot(&self, area: Rect) -> Option<Rect> {
        self.layout(area).map(|(plot, _, _)| plot)
    }

    /// The inside of the axes, and the values written beside the y axis.
    fn layout(&self, area: Rect) -> Option<(Rect, Vec<f64>, Vec<String>)> {
        if area.width < 12 || area.height < 4 {
            return None;
        }
        let ticks = self.y.ticks(usize::from(area.height / 3).clamp(2, 8));
        let labels = self.y.labels(&ticks);
        let gutter = labels.iter().map(String::len).max().unwrap_or(1).min(10) as u16;
        let plot = Rect { x: area.x + gutter + 1, y: area.y, width: area.width - gutter - 1, height: area.height - 2 };
        Some((plot, ticks, labels))
    }

    /// The screen column of a position inside the axis.
    fn column(&self, x: f64, plot: Rect) -> Option<u16> {
        let place = self.x.place(x).filter(|p| (0.0..=1.0).contains(p))?;
        Some(plot.x + (place * f64::from(plot.width * 2 - 1)).round() as u16 / 2)
    }

    /// The screen row of a place on the y axis: the cell that holds the place's dot, so that symbols lie on their curve.
    fn row(&self, place: f64, plot: Rect) -> u16 {
        plot.y + ((1.0 - place.clamp(0.0, 1.0)) * f64::from(plot.height * 4 - 1)).round() as u16 / 4
    }

    fn draw_y_axis(&self, ticks: &[f64], labels: &[String], gutter: u16, area: Rect, plot: Rect, buffer: &mut Buffer) {
        for y in plot.top()..plot.bottom() {
            put(buffer, plot.x - 1, y, '│', theme::FAINT);
        }
        put(buffer, plot.x - 1, plot.bottom(), '└', theme::FAINT);
        for (tick, label) in ticks.iter().zip(labels) {
            let Some(place) = self.y.place(*tick) else { continue };
            let row = self.row(place, plot);
            let shown = text::fit_right(label, usize::from(gutter));
            buffer.set_stringn(area.x, row, shown, usize::from(gutter), theme::PLAIN);
            put(buffer, plot.x - 1, row, '┤', theme::FAINT);
        }
    }

    fn draw_x_axis(&self, area: Rect, plot: Rect, buffer: &mut Buffer) {
        for x in plot.left()..plot.right() {
            put(buffer, x, plot.bottom(), '─', theme::FAINT);
        }
        let wanted = usize::from(plot.width / 10).clamp(2, 12);
        let (ticks, labels): (Vec<f64>, Vec<String>) = if self.time {
            let ticks = time_ticks(self.x.lo, self.x.hi, wanted);
            let labels = ticks.iter().map(|t| text::clock(*t)).collect();
            (ticks, labels)
        } else {
            let ticks = self.x.ticks(wanted);
            let whole = ticks.iter().all(|t| t.fract() == 0.0);
            let thousands =
                whole && ticks.iter().any(|t| t.abs() >= 10_000.0) && ticks.iter().all(|t| t % 100.0 == 0.0);
            let labels = if thousands {
                ticks.iter().map(|t| text::number(*t / 1e3, usize::from(t % 1e3 != 0.0)) + "k").collect()
            } else {
                self.x.labels(&ticks)
            };
            (ticks, labels)
        };
        let mut free = area.x;
        for (tick, label) in ticks.iter().zip(&labels) {
            let Some(column) = self.column(*tick, plot) else { continue };
            put(buffer, column, plot.bottom(), '┴', theme::FAINT);
            let width = label.len() as u16;
            let start = column.saturating_sub(width / 2).clamp(area.x, area.right().saturating_sub(width).max(area.x));
            if start >= free && start + width <= area.right() {
                buffer.set_stringn(start, plot.bottom() + 1, label, usize::from(width), theme::PLAIN);
                free = start + width + 1;
            }
        }
    }

    /// The dots of one curve: each column of dots shows all values between its least and its greatest, and is joined to
    /// its neighbour unless a gap lies between.
    fn layer(&self, curve: &Curve<'_>, plot: Rect) -> Layer {
        let mut layer = Layer::new(plot, curve.style).with(curve.pen);
        let (width, height) = (layer.width(), layer.height());
        let n = curve.x.len().min(curve.values.len());
        let row = |value: f32| -> Option<i32> {
            let place = self.y.place(f64::from(value))?.clamp(-4.0, 5.0);
            Some(((1.0 - place) * f64::from(height - 1)).round() as i32)
        };
        let per_dot = (self.x.hi - self.x.lo) / f64::from(width - 1);
        let mut start = curve.x.before(self.x.lo - per_dot / 2.0);
        let mut former: Option<(i32, i32)> = None;
        for dot in 0..width {
            let end = curve.x.before(self.x.lo + per_dot * (f64::from(dot) + 0.5)).min(n);
            if end <= start {
                continue;
            }
            let extent = curve.extent(start..end);
            let (first, last) = (curve.values[start], curve.values[end - 1]);
            start = end;
            if extent.is_empty() {
                former = None;
                continue;
            }
            if let (Some(from), Some(to)) = (former, row(first)) {
                layer.line(from, (dot, to));
            }
            if let Some(top) = row(extent.max) {
                // Values without a place (not positive on a logarithmic axis) lie below the axis.
                layer.bar(dot, top, row(extent.min).unwrap_or(height - 1));
            }
            former = row(last).map(|r| (dot, r));
        }
        layer
    }

    fn draw_symbols(&self, curve: &Curve<'_>, plot: Rect, buffer: &mut Buffer) {
        let Some(symbol) = curve.symbol else { return };
        let n = curve.x.len().min(curve.values.len());
        // Here and there: the point nearest to the middle of every so many columns.
        let spaced: Vec<usize> = match curve.spaced {
            _ if n <= usize::from(plot.width) / 2 => (0..n).collect(),
            None => return,
            Some(first) => {
                let wide = (self.x.hi - self.x.lo) / f64::from(plot.width);
                let middle = |c: u16| self.x.lo + wide * (f64::from(c) + 0.5);
                let columns = (first..plot.width).step_by(SPACING);
                columns.map(|c| curve.x.before(middle(c))).filter(|i| *i < n).collect()
            }
        };
        for i in spaced {
            let place = self.y.place(f64::from(curve.values[i]));
            let (Some(column), Some(place)) = (self.column(curve.x.at(i), plot), place) else { continue };
            let row = self.row(place, plot);
            let beyond = if place > 1.0 { '▴' } else { '▾' };
            let symbol = if (0.0..=1.0).contains(&place) { symbol } else { beyond };
            put(buffer, column, row, symbol, curve.style);
        }
    }
}

fn put(buffer: &mut Buffer, x: u16, y: u16, symbol: char, style: Style) {
    if let Some(cell) = buffer.cell_mut((x, y)) {
        cell.set_char(symbol).set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chart: &Chart<'_>, width: u16, height: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        chart.draw(area, &mut buffer);
        buffer.content.chunks(usize::from(width)).map(|row| row.iter().map(|c| c.symbol()).collect()).collect()
    }

    fn chart<'a>(x: Positions<'a>, values: &'a [f32], hi: f64) -> Chart<'a> {
        let curve =
            Curve { x, values, extremes: None, style: Style::new(), pen: Pen::Plain, symbol: None, spaced: None };
        let y = Scale::new(0.0, 1.0, false);
        Chart { curves: vec![curve], x: Scale::new(0.0, hi, false), y, time: false, marks: vec![], cursor: None }
    }

    #[test]
    fn a_falling_line_with_axes() {
        let x: Vec<u64> = (0..=10).collect();
        let values: Vec<f32> = x.iter().map(|x| 1.0 - *x as f32 / 10.0).collect();
        let got = lines(&chart(Positions::Steps(&x), &values, 10.0), 24, 6);
        let want = [
            "1.0┤⠑⠢⠤⣀⡀               ",
            "   │    ⠈⠑⠒⠤⢄⡀          ",
            "0.5┤         ⠈⠉⠒⠢⠤⣀     ",
            "0.0┤               ⠉⠑⠒⠤⣀",
            "   └┴─────────┴────────┴",
            "    0         5       10",
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn a_gap_is_not_bridged() {
        let x = [0.0, 1.0, 2.0, 3.0, 4.0];
        let with_gap = lines(&chart(Positions::Times(&x), &[0.5, 0.5, f32::NAN, 0.5, 0.5], 4.0), 30, 6).concat();
        let without = lines(&chart(Positions::Times(&x), &[0.5; 5], 4.0), 30, 6).concat();
        let dots = |s: &str| s.chars().filter(|c| ('\u{2801}'..='\u{28ff}').contains(c)).count();
        assert!(dots(&with_gap) < dots(&without) - 5, "{with_gap}\n{without}");
    }

    #[test]
    fn spikes_among_many_points_are_seen() {
        let x: Vec<u64> = (0..100_000).collect();
        let mut values = vec![0.1f32; x.len()];
        values[77_777] = 1.0;
        let mut pyramid = Pyramid::default();
        pyramid.extend(&values);
        let mut chart = chart(Positions::Steps(&x), &values, 1e5);
        chart.curves[0].extremes = Some(&pyramid);
        let got = lines(&chart, 60, 10);
        assert!(got[0].chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)), "{}", got.join("\n"));
    }

    #[test]
    fn symbols_marks_and_crosshair_have_their_places() {
        let x = [1.0f32, 2.0, 3.0];
        let mut chart = chart(Positions::Epochs(&x), &[0.9, 5.0, 0.2], 4.0);
        chart.curves[0].symbol = Some('●');
        chart.marks.push(Mark { x: 3.5, symbol: '‖' });
        chart.cursor = Some(0.5);
        let text = lines(&chart, 40, 9).join("\n");
        assert!(
            text.matches('●').count() == 2 && text.contains('▴') && text.contains('‖') && text.contains('┊'),
            "{text}"
        );
    }

    #[test]
    fn hostile_values_and_tiny_areas_are_survived() {
        let x = [0u64, 1, 2, u64::MAX];
        let values = [f32::MAX, f32::MIN, f32::INFINITY, f32::NAN];
        for (lo, hi, log) in [(0.0, 1.0, true), (-1e300, 1e300, false), (f64::NAN, 0.0, false)] {
            let mut chart = chart(Positions::Steps(&x), &values, 1e19);
            chart.y = Scale::new(lo, hi, log);
            for (width, height) in [(1, 1), (12, 4), (13, 5), (80, 20)] {
                lines(&chart, width, height);
            }
        }
    }
}

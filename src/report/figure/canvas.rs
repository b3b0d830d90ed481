//! Draws a [`Figure`] as SVG: plotters' axes and shapes on a grid of panels.
//!
//! plotters counts in whole units, so the drawing is ten units to the px (1/96 inch) and the document says how large it
//! is to be shown: curves then lie to a tenth of a px.

use std::ops::Range;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::element::DashedPathElement;
use plotters::prelude::{
    Cartesian2d, ChartBuilder, ChartContext, Circle, Color, DrawingArea, DrawingAreaErrorKind, IntoDrawingArea,
    IntoFont, PathElement, Polygon, RGBAColor, RGBColor, Rectangle, ShapeStyle, Text, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::error::FigureError;
use super::palette::{BLACK, Colour, FAINT, INK, Marker, Stroke};
use super::panel::{Axis, Figure, Key, Layer, Panel, Sign, Ticks};
use super::writing::{clean, escape, width_of};
use crate::report::numbers::clock;
use crate::report::scale::time_ticks;

/// Units to the px.
const FINE: f64 = 10.0;
/// Font sizes in px: at 96 px to the inch these are 6.75, 7.5 and 9 points.
const SMALL: f64 = 9.0;
const NORMAL: f64 = 10.0;
const LARGE: f64 = 12.0;
/// Heights and gaps in px.
const HEADING: f64 = 16.0;
const HEADING_LINE: f64 = 12.0;
const TITLE: f64 = 22.0;
const LEGEND_LINE: f64 = 16.0;
const TICK: f64 = 3.0;
const MARGIN: f64 = 6.0;
/// Length of a legend entry's sign.
const SIGN: f64 = 24.0;
/// The embedded font first, then those that many systems have for Chinese, Japanese and Korean; where a viewer lacks them,
/// what it has.
const FAMILY: &str = "DejaVu Sans, Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, \
                      WenQuanYi Micro Hei, sans-serif";

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Places, Places>>;

/// An axis from 0 to 1 with ticks at given places: what a [`Scale`](crate::report::scale::Scale) makes of values.
struct Places(Vec<f64>);

impl Ranged for Places {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        limit.0 + (f64::from(limit.1 - limit.0) * value).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, hint: H) -> Vec<f64> {
        // There are no minor grid lines.
        if hint.weight().allow_light_points() { Vec::new() } else { self.0.clone() }
    }

    fn range(&self) -> Range<f64> {
        0.0..1.0
    }
}

/// The figure as an SVG document.
///
/// # Errors
/// A size that no figure can have.
pub fn svg(figure: &Figure) -> Result<String, FigureError> {
    let (width, height) = (fine(figure.width), fine(figure.height));
    let mut drawing = String::new();
    {
        let root = SVGBackend::with_string(&mut drawing, (width as u32, height as u32)).into_drawing_area();
        draw(figure, &root).and_then(|()| root.present()).map_err(|e| FigureError::Drawing(e.to_string()))?;
    }
    // plotters' own first line would show ten times the size.
    let body = drawing.split_once(">\n").map_or("", |(_, body)| body);
    let head = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" \
         stroke-linejoin=\"round\" role=\"img\">\n<desc>{}</desc>\n",
        figure.width,
        figure.height,
        escape(&figure.description),
    );
    Ok(head + body)
}

fn fine(px: f64) -> i32 {
    (px * FINE).round() as i32
}

fn rgb(colour: Colour) -> RGBColor {
    RGBColor(colour.0, colour.1, colour.2)
}

fn line_style(colour: Colour, opacity: f64, width: f64) -> ShapeStyle {
    ShapeStyle { color: rgb(colour).mix(opacity), filled: false, stroke_width: fine(width).max(1) as u32 }
}

fn filled(colour: Colour, opacity: f64) -> ShapeStyle {
    ShapeStyle { color: rgb(colour).mix(opacity), filled: true, stroke_width: 0 }
}

fn font(size: f64, colour: Colour, h: HPos, v: VPos) -> TextStyle<'static> {
    // plotters writes a font's size divided by 1.24.
    let font = (FAMILY, size * FINE * 1.24).into_font();
    TextStyle { font, color: rgb(colour).to_backend_color(), pos: Pos::new(h, v) }
}

fn words(area: &Area<'_>, text: &str, (x, y): (f64, f64), style: TextStyle<'static>) -> Drawn {
    area.draw(&Text::new(clean(text), (fine(x), fine(y)), style))
}

fn draw(figure: &Figure, root: &Area<'_>) -> Drawn {
    root.fill(&RGBColor(255, 255, 255))?;
    let mut top = MARGIN;
    if !figure.title.is_empty() {
        let style = font(LARGE, INK, HPos::Left, VPos::Top);
        words(root, &shortened(&figure.title, LARGE, figure.width - 2.0 * MARGIN), (MARGIN, top), style)?;
        top += TITLE;
    }
    top += legend(&figure.legend, figure.width, top, root)?;
    let whole: f64 = figure.rows.iter().map(|(share, _)| share).sum::<f64>().max(f64::MIN_POSITIVE);
    let room = figure.height - top;
    for (share, row) in &figure.rows {
        let height = room * share / whole;
        let width = figure.width / row.len().max(1) as f64;
        // Neighbours in a row are equally high inside, with or without a heading.
        let lines = row.iter().map(|p| p.heading.len()).max().unwrap_or(0);
        for (i, panel) in row.iter().enumerate() {
            let area = root.clone().shrink((fine(width * i as f64), fine(top)), (fine(width), fine(height)));
            draw_panel(panel, lines, (width, height), &area, root)?;
        }
        top += height;
    }
    Ok(())
}

/// Height of the legend in px at a figure's width.
pub fn legend_height(keys: &[Key], width: f64) -> f64 {
    if keys.is_empty() {
        0.0
    } else {
        legend_places(keys, width).last().map_or(0, |(_, line)| line + 1) as f64 * LEGEND_LINE
    }
}

/// Left end and line of each entry.
fn legend_places(keys: &[Key], width: f64) -> Vec<(f64, usize)> {
    let (mut x, mut line) = (MARGIN, 0);
    keys.iter()
        .map(|key| {
            let own = SIGN + 4.0 + width_of(&key.name, SMALL);
            if x > MARGIN && x + own > width - MARGIN {
                (x, line) = (MARGIN, line + 1);
            }
            let place = (x, line);
            x += own + 14.0;
            place
        })
        .collect()
}

fn legend(keys: &[Key], width: f64, top: f64, root: &Area<'_>) -> Result<f64, DrawingAreaErrorKind<std::io::Error>> {
    for (key, (x, line)) in keys.iter().zip(legend_places(keys, width)) {
        let middle = top + LEGEND_LINE * (line as f64 + 0.5);
        let ends = [(x, middle), (x + SIGN, middle)].map(|(x, y)| (fine(x), fine(y)));
        let centre = (fine(x + SIGN / 2.0), fine(middle));
        match key.sign {
            Sign::Line(stroke) => path(root, ends.to_vec(), stroke)?,
            Sign::Dot(shape, colour) => marker(root, centre, shape, 6.0, colour, 1.0)?,
            Sign::LineAndDot(stroke, shape) => {
                path(root, ends.to_vec(), stroke)?;
                marker(root, centre, shape, 5.0, stroke.colour, 1.0)?;
            }
            Sign::Ramp(colour) => {
                let part = |i: i32| ends[0].0 + (ends[1].0 - ends[0].0) * i / 12;
                for i in 0..12 {
                    let corners = [(part(i), centre.1 - fine(4.0)), (part(i + 1), centre.1 + fine(4.0))];
                    root.draw(&Rectangle::new(corners, filled(colour(f64::from(i) / 11.0), 1.0)))?;
                }
            }
        }
        let room = width - MARGIN - x - SIGN - 4.0;
        let style = font(SMALL, INK, HPos::Left, VPos::Center);
        words(root, &shortened(&key.name, SMALL, room), (x + SIGN + 4.0, middle), style)?;
    }
    Ok(legend_height(keys, width))
}

/// The text cut with an ellipsis where it is wider than `room` px.
fn shortened(text: &str, size: f64, room: f64) -> String {
    let mut text = clean(text);
    if width_of(&text, size) <= room {
        return text;
    }
    while !text.is_empty() && width_of(&text, size) + size > room {
        text.pop();
    }
    text + "…"
}

/// Places in [0, 1] and their labels: as many as fit into `length` px.
pub fn ticks(axis: &Axis, length: f64, upright: bool) -> Vec<(f64, String)> {
    let place = |values: Vec<f64>, labels: Vec<String>| -> Vec<(f64, String)> {
        values.into_iter().zip(labels).filter_map(|(v, l)| Some((axis.scale.place(v)?, l))).collect()
    };
    let fits = |ticks: &[(f64, String)]| {
        let gap = |a: &(f64, String), b: &(f64, String)| {
            let need =
                if upright { SMALL * 1.6 } else { (width_of(&a.1, SMALL) + width_of(&b.1, SMALL)) / 2.0 + SMALL * 0.9 };
            (b.0 - a.0).abs() * length >= need
        };
        ticks.windows(2).all(|pair| gap(&pair[0], &pair[1]))
    };
    let most = if upright { length / 15.0 } else { length / 30.0 }.clamp(1.0, 10.0) as usize;
    for wanted in (1..=most).rev() {
        let found = match &axis.ticks {
            Ticks::Bare => return Vec::new(),
            Ticks::Given(given) => {
                let every = given.len().div_ceil(most.max(1) * 2).max(1) + most - wanted;
                let (values, labels) = given.iter().step_by(every).cloned().unzip();
                place(values, labels)
            }
            Ticks::Clock => {
                let values = time_ticks(axis.scale.lo, axis.scale.hi, wanted);
                let labels = values.iter().map(|t| clock(*t)).collect();
                place(values, labels)
            }
            Ticks::Round | Ticks::Whole => {
                let mut values = axis.scale.ticks(wanted);
                if axis.ticks == Ticks::Whole {
                    values.retain(|v| (v - v.round()).abs() < 1e-9);
                }
                let labels = axis.scale.labels(&values);
                place(values, labels)
            }
        };
        if fits(&found) || wanted == 1 {
            return found;
        }
    }
    Vec::new()
}

/// Draws one panel into its area, with room for `lines` of heading; what lies inside the axes is drawn on `root`, in its
/// coordinates.
fn draw_panel(panel: &Panel, lines: usize, (width, height): (f64, f64), area: &Area<'_>, root: &Area<'_>) -> Drawn {
    let heading = if lines > 0 { HEADING + HEADING_LINE * (lines - 1) as f64 } else { 4.0 };
    let below = SMALL * 1.1 + TICK * 2.0 + if panel.x.label.is_empty() { 2.0 } else { NORMAL * 1.6 };
    let y_ticks = ticks(&panel.y, (height - heading - below).max(1.0), true);
    let widest = y_ticks.iter().map(|(_, l)| width_of(l, SMALL)).fold(0.0, f64::max);
    let left = widest + TICK * 2.0 + 2.0 + if panel.y.label.is_empty() { 2.0 } else { NORMAL * 1.7 };
    let right = MARGIN + 4.0;
    let x_ticks = ticks(&panel.x, (width - left - right).max(1.0), false);
    let positions = |ticks: &[(f64, String)]| Places(ticks.iter().map(|(p, _)| *p).collect());
    let mut chart = ChartBuilder::on(area)
        .margin_top(fine(heading))
        .margin_right(fine(right))
        .margin_bottom(fine(2.0))
        .margin_left(fine(2.0))
        .x_label_area_size(fine(below))
        .y_label_area_size(fine(left))
        .build_cartesian_2d(positions(&x_ticks), positions(&y_ticks))?;
    let label = |ticks: &[(f64, String)], at: f64| {
        ticks.iter().find(|(p, _)| (p - at).abs() < 1e-12).map(|(_, l)| l.clone()).unwrap_or_default()
    };
    chart
        .configure_mesh()
        .bold_line_style(line_style(FAINT, 1.0, 0.5))
        .light_line_style(RGBAColor(0, 0, 0, 0.0))
        .axis_style(line_style(INK, 1.0, 0.7))
        .label_style(font(SMALL, INK, HPos::Center, VPos::Center))
        .axis_desc_style(font(NORMAL, INK, HPos::Center, VPos::Center))
        .set_all_tick_mark_size(fine(TICK))
        .x_desc(clean(&panel.x.label))
        .y_desc(clean(&panel.y.label))
        .x_label_formatter(&|p| label(&x_ticks, *p))
        .y_label_formatter(&|p| label(&y_ticks, *p))
        .draw()?;
    for (i, line) in panel.heading.iter().enumerate() {
        let size = if i == 0 { NORMAL } else { SMALL };
        let middle = HEADING / 2.0 + HEADING_LINE * i as f64;
        let style = font(size, INK, HPos::Left, VPos::Center);
        words(area, &shortened(line, size, width - left - right), (left + 3.0, middle), style)?;
    }
    for layer in &panel.layers {
        draw_layer(layer, panel, &chart, root)?;
    }
    Ok(())
}

fn draw_layer(layer: &Layer, panel: &Panel, chart: &Chart<'_, '_>, root: &Area<'_>) -> Drawn {
    // NaN has no place; what lies beyond an axis is drawn at its edge.
    let place = |x: f64, y: f64| {
        let (x, y) = (panel.x.scale.place(x)?, panel.y.scale.place(y)?);
        Some(chart.backend_coord(&(x.clamp(0.0, 1.0), y.clamp(0.0, 1.0))))
    };
    match layer {
        Layer::Line { stretches, stroke } => {
            for stretch in stretches {
                let points: Vec<_> = stretch.iter().filter_map(|(x, y)| place(*x, *y)).collect();
                match points[..] {
                    [] => {}
                    // A line through one point is none: a dot of its width.
                    [only] => marker(root, only, Marker::Disc, stroke.width * 1.6, stroke.colour, stroke.opacity)?,
                    _ => path(root, points, *stroke)?,
                }
            }
        }
        Layer::Dots { points, marker: shape, size, colour, opacity } => {
            for at in points.iter().filter_map(|(x, y)| place(*x, *y)) {
                marker(root, at, *shape, *size, *colour, *opacity)?;
            }
        }
        Layer::Band { stretches, colour, opacity } => {
            for stretch in stretches {
                let low = stretch.iter().filter_map(|(x, low, _)| place(*x, *low));
                let high = stretch.iter().rev().filter_map(|(x, _, high)| place(*x, *high));
                root.draw(&Polygon::new(low.chain(high).collect::<Vec<_>>(), filled(*colour, *opacity)))?;
            }
        }
        Layer::Cells(cells) => {
            for cell in cells {
                let corners = (place(cell.x.0, cell.y.0), place(cell.x.1, cell.y.1));
                if let (Some((x0, y0)), Some((x1, y1))) = corners {
                    // A little over its neighbours: no hair of white between cells that touch.
                    let corners = [(x0, y1), (x1 + 1, y0 + 1)];
                    root.draw(&Rectangle::new(corners, filled(cell.colour, 1.0)))?;
                }
            }
        }
        Layer::Upright { x, stroke } => {
            if let Some(x) = panel.x.scale.place(*x).filter(|p| (0.0..=1.0).contains(p)) {
                let ends = [(x, 0.0), (x, 1.0)].map(|p| chart.backend_coord(&p));
                path(root, ends.to_vec(), *stroke)?;
            }
        }
    }
    Ok(())
}

fn path(root: &Area<'_>, points: Vec<(i32, i32)>, stroke: Stroke) -> Drawn {
    let style = line_style(stroke.colour, stroke.opacity, stroke.width);
    match stroke.dash {
        None => root.draw(&PathElement::new(points, style)),
        Some((dash, gap)) => root.draw(&DashedPathElement::new(points, fine(dash), fine(gap), style)),
    }
}

fn marker(root: &Area<'_>, (x, y): (i32, i32), shape: Marker, size: f64, colour: Colour, opacity: f64) -> Drawn {
    let r = fine(size / 2.0).max(1);
    let style = filled(colour, opacity);
    let polygon = |points: Vec<(i32, i32)>| root.draw(&Polygon::new(points, style));
    let around = |angles: &[(f64, f64)]| -> Vec<(i32, i32)> {
        let turn = |a: f64| (a.sin(), -a.cos());
        let at = |(angle, length): &(f64, f64)| {
            let (dx, dy) = turn(angle.to_radians());
            (x + (dx * length * f64::from(r)).round() as i32, y + (dy * length * f64::from(r)).round() as i32)
        };
        angles.iter().map(at).collect()
    };
    match shape {
        Marker::Disc => root.draw(&Circle::new((x, y), r, style)),
        Marker::Ring => {
            root.draw(&Circle::new((x, y), r, filled((255, 255, 255), opacity)))?;
            root.draw(&Circle::new((x, y), r, line_style(colour, opacity, size / 5.0)))
        }
        Marker::Square => {
            root.draw(&Rectangle::new([(x - r * 9 / 10, y - r * 9 / 10), (x + r * 9 / 10, y + r * 9 / 10)], style))
        }
        Marker::Diamond => polygon(around(&[(0.0, 1.25), (90.0, 1.25), (180.0, 1.25), (270.0, 1.25)])),
        Marker::Triangle => polygon(around(&[(0.0, 1.25), (120.0, 1.25), (240.0, 1.25)])),
        Marker::Cross => {
            let style = line_style(colour, opacity, size / 4.0);
            root.draw(&PathElement::new(vec![(x - r, y - r), (x + r, y + r)], style))?;
            root.draw(&PathElement::new(vec![(x - r, y + r), (x + r, y - r)], style))
        }
        Marker::Star => {
            let points: Vec<(f64, f64)> =
                (0..10).map(|i| (f64::from(i) * 36.0, if i % 2 == 0 { 1.4 } else { 0.6 })).collect();
            // A thin dark rim keeps it apart from a line of its own colour.
            let rim = around(&points);
            polygon(rim.clone())?;
            let closed = rim.iter().chain(rim.first()).copied().collect::<Vec<_>>();
            root.draw(&PathElement::new(closed, line_style(BLACK, opacity, 0.5)))
        }
    }
}

//! What the run takes of its machine: every quantity now, its mean and its most, and the selected one over time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::frame::frame;
use crate::console::layout::system::places;
use crate::console::state::State;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::chart::{Chart, Curve, Positions};
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::raster::Pen;
use crate::console::widgets::text;
use crate::report::scale::Scale;
use crate::report::system::{axis, top, words};
use crate::run::view::{Series, System};

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let system = state.run.as_ref().map(|r| &r.view.system);
    let title = system.filter(|s| !s.is_empty()).map_or(String::new(), |s| {
        let time = s.measured.last().copied().unwrap_or(0.0);
        format!("measured over {} ", text::clock(time))
    });
    let inside = frame(state, Pane::System, vec![Span::styled(title, theme::PLAIN)], area, buffer);
    let Some(system) = system else { return placeholder(inside, "no run", buffer) };
    let series = system.series();
    if series.is_empty() {
        return placeholder(inside, "the machine is measured from the run's first step on", buffer);
    }
    if inside.height == 0 {
        return;
    }
    let (table, chart) = places(series.len(), inside);
    put(buffer, table.x + 2, table.y, table.width.saturating_sub(2), &row(["", "now", "mean", "most"]), theme::STRONG);
    let list = &state.system.list;
    let height = usize::from(table.height - 1);
    for (y, at) in (table.y + 1..).zip(list.visible(series.len(), height)) {
        let s = &series[at];
        // What it was when something of it was last known is not what it is.
        let now = s.values.last().copied().map_or(f64::NAN, f64::from);
        let cell = |value: f64| words(s.quantity, value);
        let line = row([s.quantity.name(), &cell(now), &cell(s.mean), &cell(s.most.into())]);
        let selected = at == list.selected;
        let style = if selected && state.focus == Pane::System { theme::SELECTED } else { Style::new() };
        put(buffer, table.x + 2, y, table.width.saturating_sub(2), &line, style);
        if selected {
            put(buffer, table.x, y, 1, "▸", theme::FOCUS);
        }
    }
    if let (Some(chart), Some(series)) = (chart, series.get(list.selected.min(series.len() - 1))) {
        draw_series(system, series, chart, buffer);
    }
}

fn row([name, now, mean, most]: [&str; 4]) -> String {
    let [now, mean, most] = [now, mean, most].map(|cell| text::fit_right(cell, 9));
    format!("{name:<15}{now} {mean} {most}")
}

/// One quantity over time, what it is above it.
fn draw_series(system: &System, series: &Series<'_>, area: Rect, buffer: &mut Buffer) {
    let most = top(series.quantity, f64::from(series.most), system.gpu_memory_total);
    let (factor, label) = axis(series.quantity, most);
    put(buffer, area.x, area.y, area.width, &format!("{label}: {}", series.quantity.meaning()), theme::FAINT);
    let values: Vec<f32> = series.values.iter().map(|v| (f64::from(*v) * factor) as f32).collect();
    let curve = Curve {
        x: Positions::Times(&system.measured),
        values: &values,
        extremes: None,
        style: theme::TRAIN,
        pen: Pen::Plain,
        symbol: None,
        spaced: None,
    };
    let x = Scale::new(0.0, system.measured.last().copied().unwrap_or(0.0), false);
    let y = Scale::new(0.0, most * factor, false);
    let chart = Chart { curves: vec![curve], x, y, time: true, marks: Vec::new(), cursor: None };
    chart.draw(Rect { y: area.y + 1, height: area.height - 1, ..area }, buffer);
}

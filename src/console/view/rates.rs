//! Learning rates below the losses, on the same x axis: warm-up and decay as they were used.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::ranges::positions;
use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::chart::{Chart, Curve};
use crate::console::widgets::frame::put;
use crate::console::widgets::raster::Pen;
use crate::console::widgets::text;
use crate::report::scale::Scale;
use crate::run::view::StageView;

/// The least height of both charts together, and that of the lower one.
const BOTH: u16 = 14;
const LEAST: u16 = 6;

/// How each group of parameters is drawn; more than these look like the last.
const LOOKS: [(char, Style); 4] = [('─', theme::TRAIN), ('●', theme::VALID), ('+', theme::MARK), ('×', theme::GOOD)];

fn look(group: usize) -> (char, Style) {
    LOOKS[group.min(LOOKS.len() - 1)]
}

/// The room of the losses, and that of the rates below; the latter is empty where they are not asked for, not recorded or
/// have no room.
pub fn split(state: &State, view: &StageView, area: Rect) -> (Rect, Rect) {
    let wanted = state.losses.rates && view.rates().next().is_some();
    let below = if wanted && area.height >= BOTH { (area.height / 3).max(LEAST) } else { 0 };
    let above = Rect { height: area.height - below, ..area };
    (above, Rect { y: above.bottom(), height: below, ..area })
}

/// Draws the rates with the x axis, the marks and the crosshair of the chart above.
pub fn draw(state: &State, view: &StageView, above: &Chart<'_>, area: Rect, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let at = match state.losses.cursor {
        Some(step) => view.steps.step.partition_point(|s| *s <= step).saturating_sub(1),
        None => view.steps.len().saturating_sub(1),
    };
    put(buffer, area.x, area.y, area.width, "learning rate", theme::FAINT);
    let mut x = area.x + 15;
    let mut curves = Vec::new();
    let (mut least, mut most) = (f32::INFINITY, 0.0f32);
    for (i, (group, rates)) in view.rates().enumerate() {
        let (symbol, style) = look(i);
        let words = format!("{symbol} {group} {}", rate(rates.get(at).copied()));
        let room = area.right().saturating_sub(x);
        put(buffer, x, area.y, room, &words, style);
        x += text::width(&words) as u16 + 3;
        let highest = rates.iter().copied().filter(|r| r.is_finite()).fold(0.0, f32::max);
        (least, most) = (least.min(highest), most.max(highest));
        // The first is told by its line, the others by symbols: colour may be missing.
        let spaced = (i > 0).then_some(3 + 4 * i as u16);
        let positions = positions(state.losses.x, &view.steps);
        let symbol = (i > 0).then_some(symbol);
        curves.push(Curve { x: positions, values: rates, extremes: None, style, pen: Pen::Plain, symbol, spaced });
    }
    // Groups that lie far apart would leave one of them on the axis.
    let y = match least > 0.0 && most > 5.0 * least {
        true => Scale::new(f64::from(least) / 100.0, f64::from(most) * 1.5, true),
        false => Scale::new(0.0, f64::from(most) * 1.1, false),
    };
    let chart = Chart { curves, x: above.x, y, time: above.time, marks: Vec::new(), cursor: above.cursor };
    chart.draw(Rect { y: area.y + 1, height: area.height - 1, ..area }, buffer);
}

/// A rate in few characters: 0.001, 5e-5; three digits of it.
fn rate(value: Option<f32>) -> String {
    let Some(value) = value.filter(|v| v.is_finite()) else { return "–".to_owned() };
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or_default();
    if rounded == 0.0 || rounded >= 1e-3 { format!("{rounded}") } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_short() {
        let words = [5e-5, 1.25e-4, 0.0025, 1e-3, 0.0, f32::NAN].map(|v| rate(Some(v)));
        assert_eq!(words, ["5e-5", "1.25e-4", "0.0025", "0.001", "0", "–"]);
    }
}

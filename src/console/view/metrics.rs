//! Losses and validation metrics of every epoch of a stage, the epoch that is handed on marked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::frame::frame;
use crate::console::layout::metrics::columns;
use crate::console::state::State;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::text;

/// Widths of a number's column and of the epoch's.
const LEAST: usize = 8;
const EPOCH: u16 = 7;

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let stage = state.shown_stage();
    let columns = columns(state);
    let mut title = vec![Span::styled(format!("{stage} · validation split "), theme::PLAIN)];
    let first = state.metrics.column.min(columns.len().saturating_sub(1));
    let widths: Vec<u16> = columns.iter().map(|c| text::width(&c.heading()).clamp(LEAST, 26) as u16 + 1).collect();
    let mut room = area.width.saturating_sub(2 + EPOCH);
    let fitting = widths[first.min(widths.len())..].iter().take_while(|w| {
        let fits = **w <= room;
        room = room.saturating_sub(**w);
        fits
    });
    let shown = first..first + fitting.count();
    if columns.len() > shown.len() {
        let words = format!("· columns {}–{} of {} ", shown.start + 1, shown.end, columns.len());
        title.push(Span::styled(words, theme::FAINT));
    }
    if let Some(criterion) = stage.criterion() {
        let star = Span::styled(format!("· ★ least {criterion} "), theme::FAINT);
        let used: usize = title.iter().map(Span::width).sum();
        // The pane's name and the corners.
        if used + star.width() + 12 <= usize::from(area.width) {
            title.push(star);
        }
    }
    let inside = frame(state, Pane::Metrics, title, area, buffer);
    let Some(run) = &state.run else { return placeholder(inside, "no run", buffer) };
    let view = run.view.stage(stage);
    if view.per_epoch.is_empty() {
        return placeholder(inside, "no epoch of this stage is finished", buffer);
    }
    if inside.height == 0 {
        return;
    }
    put(buffer, inside.x, inside.y, EPOCH, "  epoch", theme::STRONG);
    let mut x = inside.x + EPOCH;
    for i in shown.clone() {
        let heading = text::fit_right(&columns[i].heading(), usize::from(widths[i]));
        put(buffer, x, inside.y, widths[i], &heading, theme::STRONG);
        x += widths[i];
    }
    let best = view.best_epoch();
    let height = usize::from(inside.height) - 1;
    for (y, epoch) in (inside.y + 1..).zip(state.metrics.list.visible(view.per_epoch.len(), height)) {
        let is_best = best == Some(epoch);
        let mut style = if is_best { theme::GOOD } else { theme::PLAIN };
        if state.focus == Pane::Metrics && epoch == state.metrics.list.selected && !state.metrics.list.follow {
            style = style.patch(theme::SELECTED);
        }
        let number = text::fit_right(&format!("{}", view.per_epoch.epoch[epoch]), 5);
        let mark = if is_best { "★" } else { " " };
        put(buffer, inside.x, y, EPOCH, &format!("{mark} {number}"), style);
        let mut x = inside.x + EPOCH;
        for i in shown.clone() {
            let value = text::significant(columns[i].value(view, epoch), 5);
            put(buffer, x, y, widths[i], &text::fit_right(&value, usize::from(widths[i])), style);
            x += widths[i];
        }
    }
}

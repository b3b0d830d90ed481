//! The table of runs: settings that differ and metrics, sorted by any of them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::console::layout::run_table::{Layout, layout};
use crate::console::state::State;
use crate::console::state::pane::Pane;
use crate::console::state::run_table::{RunTable, TableColumn};
use crate::console::terminal::theme;
use crate::console::widgets::frame::put;
use crate::console::widgets::text;
use crate::run::list::RunSummary;

/// The names of the columns, with the order's signs.
pub fn headings(state: &State, table: &RunTable, inside: Rect, buffer: &mut Buffer) {
    let layout = layout(table, inside.width);
    for (at, x, cells) in &layout.places {
        let Some(column) = table.columns.get(*at) else { continue };
        let key = state.runs.keys.iter().position(|k| k.column == column.column);
        let sign = key.map_or(String::new(), |at| {
            let sign = if state.runs.keys[at].reverse { "↓" } else { "↑" };
            if at == 0 { sign.to_owned() } else { format!("{}{sign}", at + 1) }
        });
        let room = usize::from(*cells).saturating_sub(text::width(&sign));
        // The end of a key tells more than its beginning.
        let words = text::clip_middle(&column.heading, room);
        let words = if column.on_the_right() {
            text::fit_right(&format!("{sign}{words}"), usize::from(*cells))
        } else {
            text::fit(&format!("{words}{sign}"), usize::from(*cells))
        };
        let mut style = if key.is_some() { theme::FOCUS } else { theme::STRONG };
        if *at == table.at() && state.focus == Pane::Runs {
            style = style.add_modifier(Modifier::REVERSED);
        }
        put(buffer, inside.x + x, inside.y, *cells, &words, style);
    }
    more(&layout, inside, buffer);
}

/// Signs at the ends of the headings where more columns lie.
fn more(layout: &Layout, inside: Rect, buffer: &mut Buffer) {
    if let Some((_, x, _)) = layout.places.get(1).filter(|_| layout.left) {
        put(buffer, inside.x + x - 1, inside.y, 1, "‹", theme::KEY);
    }
    if layout.right {
        put(buffer, inside.right().saturating_sub(1), inside.y, 1, "›", theme::KEY);
    }
}

/// The cells of one run.
pub fn line(table: &RunTable, run: &RunSummary, style: Style, row: Rect, buffer: &mut Buffer) {
    for (at, x, cells) in layout(table, row.width).places {
        let Some(column) = table.columns.get(at) else { continue };
        put(buffer, row.x + x, row.y, cells, &fitted(column, run, usize::from(cells)), style);
    }
}

fn fitted(column: &TableColumn, run: &RunSummary, cells: usize) -> String {
    let words = column.cell(run);
    if column.is_name() {
        text::clip_middle(&words, cells)
    } else if column.on_the_right() {
        text::fit_right(&words, cells)
    } else {
        text::clip(&words, cells)
    }
}

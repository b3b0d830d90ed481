//! The list of the label table's columns: what they hold, what filters call them, which of them are shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{float, put};
use crate::console::widgets::text;

pub fn draw(state: &State, at: usize, screen: Rect, buffer: &mut Buffer) {
    let set = &state.labels.columns;
    let width = screen.width.saturating_sub(4).min(76);
    let height = screen.height.saturating_sub(2).min(set.all().len() as u16 + 3);
    let area = Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
    let title = " columns · space shows or hides · < > move · + all · esc closes ";
    let inside = float(area, title, theme::FOCUS, buffer);
    let heading =
        format!("    {}{}what it holds (○: not there yet)", text::fit("heading", 9), text::fit("in filters", 12));
    put(buffer, inside.x, inside.y, inside.width, &heading, theme::FAINT);
    let rows = usize::from(inside.height.saturating_sub(1));
    let top = (at + 1).saturating_sub(rows);
    for (i, column) in set.all().iter().enumerate().skip(top).take(rows) {
        let y = inside.y + 1 + (i - top) as u16;
        let there = state.labels.table.has(*column);
        let sign = match (set.is_hidden(*column), there) {
            (true, _) => " ",
            (false, true) => "✔",
            (false, false) => "○",
        };
        let line = format!(
            " {sign}  {}{}{}",
            text::fit(&column.heading(), 9),
            text::fit(&column.name(), 12),
            column.meaning()
        );
        let style = if there && !set.is_hidden(*column) { theme::PLAIN } else { theme::FAINT };
        put(buffer, inside.x, y, inside.width, &line, style);
        if i == at {
            buffer.set_style(Rect { y, height: 1, ..inside }, theme::SELECTED);
        }
    }
}

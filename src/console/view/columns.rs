//! The list of the label table's columns: what they hold, what filters call them, which of them are shown.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{float, put};
use crate::console::widgets::text;
use crate::report::table::columns::Column;

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
            meaning(*column)
        );
        let style = if there && !set.is_hidden(*column) { theme::PLAIN } else { theme::FAINT };
        put(buffer, inside.x, y, inside.width, &line, style);
        if i == at {
            buffer.set_style(Rect { y, height: 1, ..inside }, theme::SELECTED);
        }
    }
}

/// A column in a few words.
fn meaning(column: Column) -> String {
    match column {
        Column::Order => "place in the data: train, valid, test".into(),
        Column::Mark => "reviewed (a word of its own in filters)".into(),
        Column::Id => "the clip's name".into(),
        Column::Split => "train, valid or test".into(),
        Column::Transcript => "what is said".into(),
        Column::Label => "the label of the whole clip".into(),
        Column::Corrected(m) => format!("corrected label of {m}"),
        Column::Change(m) => format!("corrected label of {m} less y; sorted by size"),
        Column::Largest => "the greatest of the three changes".into(),
        Column::Flips => "labels whose sign is another than y's".into(),
        Column::Human(m) => format!("people's (or the demo's true) label of {m}"),
        Column::Predicted => "prediction from everything".into(),
        Column::PredictedBy(m) => format!("prediction from {m} alone"),
        Column::Error => "|ŷ - y| as the MAE counts it: CH-SIMS's clips ŷ to ±1".into(),
        Column::History => "one modality's label over the refreshes".into(),
        Column::Note => "what somebody noted".into(),
    }
}

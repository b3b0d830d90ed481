//! Which columns of the label table fit a width, and where they lie. Columns that name a row stay; those after the first
//! number scroll under the cursor.

use crate::console::state::labels::Labels;
use crate::console::widgets::text;
use crate::report::table::columns::{Column, Kind};

/// Rows of the summary, below the table where there is room.
pub const SUMMARY: usize = 3;

/// Rows of the table in an inside of this height.
pub fn rows(height: usize) -> usize {
    let below = if height >= SUMMARY + 6 { SUMMARY } else { 0 };
    height.saturating_sub(1 + below)
}

/// The columns of one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Each with its place and cells.
    pub places: Vec<(Column, u16, u16)>,
    /// More columns lie to the left, to the right.
    pub left: bool,
    pub right: bool,
    /// Numbers have bars.
    pub bars: bool,
}

/// True where the column takes what room is left.
fn stretches(column: Column) -> bool {
    matches!(column, Column::Transcript | Column::Note)
}

/// True for columns that scroll; those before the first of them name the row and stay.
pub fn scrolls(column: Column) -> bool {
    matches!(column.kind(), Kind::Number | Kind::Picture) && column != Column::Order
}

/// The cells of a column, the blank beside it included.
fn cells(labels: &Labels, column: Column, width: u16, bars: bool) -> u16 {
    match column {
        Column::Mark => 3,
        Column::Split => 6,
        Column::Flips => 5,
        Column::History if width < 110 => 10,
        Column::History => 15,
        Column::Order => 8,
        Column::Id => {
            // Some rows from all over the table: the width stays as one scrolls.
            let some = labels.index.iter().step_by((labels.index.len() / 200).max(1));
            let longest = some.map(|i| text::width(labels.table.row(*i as usize).id())).max().unwrap_or(4);
            (longest as u16 + 1).clamp(5, (width / 3).clamp(5, 20))
        }
        // The least; what is left over is added.
        Column::Transcript | Column::Note => (width / 6).clamp(12, 30),
        _ => 6 + u16::from(bars),
    }
}

/// The columns that are wanted on a width, and how many of them stay in place.
fn wanted(labels: &Labels, width: u16) -> (Vec<Column>, usize) {
    let mut shown = labels.columns.shown(&labels.table);
    // The split can be read in the details; on narrow screens a number is worth more.
    if width < 100 && labels.columns.cursor != Column::Split && shown.len() > 1 {
        shown.retain(|c| *c != Column::Split);
    }
    let staying = shown.iter().position(|c| scrolls(*c));
    let staying = staying.unwrap_or(shown.len());
    (shown, staying)
}

/// Lays out the columns for the cells inside the frame.
pub fn layout(labels: &Labels, width: u16) -> Layout {
    let bars = labels.columns.bars && width >= 80;
    let (shown, staying) = wanted(labels, width);
    let size = |c: &Column| cells(labels, *c, width, bars);
    // One cell before the first column, for the mark of the selected row.
    let room = width.saturating_sub(1);
    let whole: u16 = shown.iter().map(size).sum();
    let mut columns: Vec<(Column, u16)> = Vec::new();
    let (mut left, mut right) = (false, false);
    if whole <= room {
        columns.extend(shown.iter().map(|c| (*c, size(c))));
    } else {
        // One more cell at the right end, for the sign that there is more.
        let mut free = room.saturating_sub(1);
        let first = labels.columns.offset.min(shown.len().saturating_sub(staying + 1));
        left = first > 0 && staying < shown.len();
        let (names, numbers) = shown.split_at(staying);
        for (i, column) in names.iter().chain(&numbers[first.min(numbers.len())..]).enumerate() {
            // What names a row leaves room for any one of the others.
            let keep = if i < staying && !numbers.is_empty() { 10 } else { 0 };
            let cells = size(column).min(free.saturating_sub(keep));
            if cells < size(column) && !(stretches(*column) && cells >= 6) {
                right = true;
                if i >= staying {
                    break;
                }
                continue;
            }
            columns.push((*column, cells));
            free -= cells;
        }
    }
    let used: u16 = columns.iter().map(|(_, cells)| cells).sum();
    let stretching = columns.iter().filter(|(c, _)| stretches(*c)).count() as u16;
    let mut spare = room.saturating_sub(used + u16::from(right));
    let mut x = 1;
    let mut places = Vec::with_capacity(columns.len());
    let mut left_to_stretch = stretching;
    for (column, mut cells) in columns {
        if stretches(column) {
            let more = spare / left_to_stretch.max(1);
            (cells, spare, left_to_stretch) = (cells + more, spare - more, left_to_stretch - 1);
        }
        places.push((column, x, cells));
        x += cells;
    }
    Layout { places, left, right, bars }
}

/// Scrolls the columns so that the cursor's is among those that are shown.
pub fn settle(labels: &mut Labels, width: u16) {
    let (shown, staying) = wanted(labels, width);
    let scrolling = shown.len().saturating_sub(staying);
    let at = shown.iter().position(|c| *c == labels.columns.cursor);
    let Some(at) = at.and_then(|at| at.checked_sub(staying)) else {
        labels.columns.offset = 0;
        return;
    };
    labels.columns.offset = labels.columns.offset.min(at);
    for offset in labels.columns.offset..scrolling {
        labels.columns.offset = offset;
        if layout(labels, width).places.iter().any(|(c, _, _)| *c == labels.columns.cursor) {
            break;
        }
    }
    // No room is left empty at the right end.
    while labels.columns.offset > 0 && !layout(labels, width).right {
        labels.columns.offset -= 1;
        if layout(labels, width).right {
            labels.columns.offset += 1;
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture;
    use crate::modality::Modality;

    #[test]
    fn every_column_can_be_reached_at_every_width() {
        let mut labels = fixture::attached(120, 36, fixture::events()).labels;
        for width in 30..220 {
            labels.columns.cursor = labels.columns.shown(&labels.table)[0];
            for forward in [1, -1] {
                for _ in 0..30 {
                    settle(&mut labels, width);
                    let layout = layout(&labels, width);
                    let end = layout.places.last().map_or(0, |(_, x, cells)| x + cells);
                    assert!(end + u16::from(layout.right) <= width, "{width}: {layout:?}");
                    let there = layout.places.iter().any(|(c, _, cells)| *c == labels.columns.cursor && *cells >= 3);
                    let named = wanted(&labels, width).0.iter().take_while(|c| !scrolls(**c)).count();
                    let is_name = wanted(&labels, width).0[..named].contains(&labels.columns.cursor);
                    assert!(there || is_name, "{width} {:?}: {layout:?}", labels.columns.cursor);
                    labels.columns.step(forward, &labels.table);
                }
            }
        }
    }

    #[test]
    fn what_matters_most_comes_first() {
        let mut labels = fixture::attached(120, 36, fixture::events()).labels;
        settle(&mut labels, 62);
        let shown: Vec<Column> = layout(&labels, 62).places.into_iter().map(|(c, _, _)| c).collect();
        let changes = Modality::ALL.map(Column::Change);
        assert_eq!(shown[..2], [Column::Id, Column::Transcript]);
        assert_eq!(shown[2], Column::Label);
        assert_eq!(shown[3..6], changes);
    }
}

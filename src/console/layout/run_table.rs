//! Which columns of the table of runs fit a width, and where they lie. The name stays; the others scroll under the cursor.

use crate::console::state::run_table::RunTable;

/// Cells before the first column: the marks of the selected, the marked and the overlaid run, and the state's symbol.
pub const LEAD: u16 = 4;

/// The columns of one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Position of each column in the table, its place, and its cells.
    pub places: Vec<(usize, u16, u16)>,
    /// More columns lie to the left, to the right.
    pub left: bool,
    pub right: bool,
}

/// Lays out the columns for the cells inside the frame.
pub fn layout(table: &RunTable, width: u16) -> Layout {
    let mut layout = Layout::default();
    // One cell at the right end for the sign that there is more.
    let end = width.saturating_sub(1);
    let mut x = LEAD;
    for (at, column) in table.columns.iter().enumerate() {
        if at > 0 && at <= table.offset {
            layout.left = true;
            continue;
        }
        // What names a run leaves room for any one of the others.
        let cells = if at == 0 { column.width.min(width / 3).max(6) } else { column.width };
        let free = end.saturating_sub(x);
        if at > 0 && cells > free {
            // One that is wider than all there is is cut; the cursor must reach it.
            if layout.places.len() == 1 && free >= 3 {
                layout.places.push((at, x, free));
                layout.right = at + 1 < table.columns.len();
            } else {
                layout.right = true;
            }
            break;
        }
        layout.places.push((at, x, cells));
        x += cells + 2;
    }
    layout
}

/// Scrolls the columns so that the cursor's is among those that are shown, and no room is left empty at the right end.
pub fn settle(table: &mut RunTable, width: u16) {
    let at = table.at();
    let shown = |table: &RunTable| layout(table, width).places.iter().any(|(place, _, _)| *place == at);
    table.offset = table.offset.min(table.columns.len().saturating_sub(2));
    if at > 0 && at <= table.offset {
        table.offset = at - 1;
    }
    while at > 0 && !shown(table) && table.offset + 1 < at {
        table.offset += 1;
    }
    while table.offset > 0 {
        table.offset -= 1;
        let layout = layout(table, width);
        if layout.right || !layout.places.iter().any(|(place, _, _)| *place == at) {
            table.offset += 1;
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::made_up::runs;

    #[test]
    fn every_column_can_be_reached_at_every_width() {
        let all = runs(40);
        let mut table = RunTable::default();
        table.fill(&all.iter().collect::<Vec<_>>());
        let count = table.columns.len();
        assert!(count > 5, "{:?}", table.columns);
        for width in 20..200 {
            for by in [1, -1] {
                for _ in 0..count {
                    settle(&mut table, width);
                    let layout = layout(&table, width);
                    let (_, x, cells) = *layout.places.last().unwrap();
                    assert!(x + cells < width.max(LEAD + 8), "{width}: {layout:?}");
                    let there = layout.places.iter().any(|(at, _, _)| *at == table.at());
                    assert!(there, "{width}, column {}: {layout:?}", table.at());
                    assert!(!layout.left || layout.right || table.offset > 0, "{width}: {layout:?}");
                    table.step(by);
                }
            }
        }
    }
}

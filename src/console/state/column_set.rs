//! Which columns of the label table are shown, in which order, and which one the keys speak of.

use serde::{Deserialize, Serialize};

use crate::report::table::Table;
use crate::report::table::columns::Column;

/// Columns that are hidden until somebody wants them.
const HIDDEN: [Column; 2] = [Column::Order, Column::Largest];

/// The columns of the label table as a person arranged them.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSet {
    /// Every column once.
    order: Vec<Column>,
    hidden: Vec<Column>,
    /// The column that keys sort by, move and hide.
    pub cursor: Column,
    /// A small bar beside each number.
    pub bars: bool,
    /// First column shown of those that scroll.
    pub offset: usize,
}

/// The same as it is remembered: names, so that a later version's file is understood as far as it can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    pub columns: Vec<String>,
    pub hidden: Vec<String>,
    pub bars: bool,
}

impl Default for Remembered {
    fn default() -> Self {
        ColumnSet::default().remembered()
    }
}

impl Default for ColumnSet {
    fn default() -> Self {
        Self { order: Column::ALL.to_vec(), hidden: HIDDEN.to_vec(), cursor: Column::Label, bars: true, offset: 0 }
    }
}

impl ColumnSet {
    /// Every column in its place.
    pub fn all(&self) -> &[Column] {
        &self.order
    }

    pub fn is_hidden(&self, column: Column) -> bool {
        self.hidden.contains(&column)
    }

    /// The columns to show of a table, without those that have nothing to show; never none.
    pub fn shown(&self, table: &Table) -> Vec<Column> {
        let shown: Vec<Column> = self.order.iter().copied().filter(|c| !self.is_hidden(*c) && table.has(*c)).collect();
        if shown.is_empty() { vec![Column::Id] } else { shown }
    }

    /// Moves the cursor by columns among those that are shown.
    pub fn step(&mut self, by: isize, table: &Table) {
        let shown = self.shown(table);
        let at = shown.iter().position(|c| *c == self.cursor);
        let to = match at {
            Some(at) => at.saturating_add_signed(by).min(shown.len().saturating_sub(1)),
            None => 0,
        };
        if let Some(column) = shown.get(to) {
            self.cursor = *column;
        }
    }

    /// Moves the column under the cursor by one place among those that are shown; false where it is at the end.
    pub fn slide(&mut self, right: bool, table: &Table) -> bool {
        let shown = self.shown(table);
        let Some(at) = shown.iter().position(|c| *c == self.cursor) else { return false };
        let beside = if right { shown.get(at + 1) } else { at.checked_sub(1).and_then(|at| shown.get(at)) };
        let Some(beside) = beside else { return false };
        self.order.retain(|c| *c != self.cursor);
        let place = self.order.iter().position(|c| c == beside).unwrap_or(0);
        self.order.insert(place + usize::from(right), self.cursor);
        true
    }

    /// Moves a column by one place among all.
    pub fn slide_among_all(&mut self, at: usize, down: bool) -> usize {
        let to = if down { (at + 1).min(self.order.len() - 1) } else { at.saturating_sub(1) };
        self.order.swap(at, to);
        to
    }

    /// Hides a column, or shows it again. The last one that is left stays.
    pub fn toggle(&mut self, column: Column, table: &Table) -> bool {
        if self.is_hidden(column) {
            self.hidden.retain(|c| *c != column);
            return true;
        }
        let shown = self.shown(table);
        if shown.iter().all(|c| *c == column) {
            return false;
        }
        if column == self.cursor {
            let at = shown.iter().position(|c| *c == column).unwrap_or(0);
            let beside = shown.get(at + 1).or_else(|| shown.get(at.saturating_sub(1)));
            self.cursor = beside.copied().unwrap_or(Column::Id);
        }
        self.hidden.push(column);
        true
    }

    /// Shows every column.
    pub fn show_all(&mut self) {
        self.hidden.clear();
    }

    /// What is remembered of it.
    pub fn remembered(&self) -> Remembered {
        let names = |columns: &[Column]| columns.iter().map(|c| c.name().into_owned()).collect();
        Remembered { columns: names(&self.order), hidden: names(&self.hidden), bars: self.bars }
    }

    /// Takes on what was remembered. Names that are no column's are passed over; columns that it does not know stand
    /// where they do by themselves.
    pub fn recall(&mut self, remembered: &Remembered) {
        let columns = |names: &[String]| {
            let mut columns: Vec<Column> = Vec::new();
            for column in names.iter().filter_map(|n| Column::parse(n)) {
                if !columns.contains(&column) {
                    columns.push(column);
                }
            }
            columns
        };
        let known = columns(&remembered.columns);
        let mut order = known.clone();
        for (at, column) in Column::ALL.into_iter().enumerate().filter(|(_, c)| !known.contains(c)) {
            order.insert(at.min(order.len()), column);
        }
        self.order = order;
        self.hidden = columns(&remembered.hidden);
        self.bars = remembered.bars;
        if self.is_hidden(self.cursor) {
            self.cursor = self.order.iter().copied().find(|c| !self.is_hidden(*c)).unwrap_or(Column::Id);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::modality::Modality;

    #[test]
    fn the_cursor_walks_over_what_is_shown() {
        let table = Table::default();
        let mut set = ColumnSet::default();
        assert!(!set.shown(&table).contains(&Column::Human(Modality::Text)), "there are no human labels");
        set.step(1, &table);
        assert_eq!(set.cursor, Column::Change(Modality::Text));
        assert!(set.toggle(Column::Change(Modality::Text), &table));
        assert_eq!(set.cursor, Column::Change(Modality::Audio));
        set.step(-1, &table);
        assert_eq!(set.cursor, Column::Label);
        set.step(-100, &table);
        set.step(-1, &table);
        assert_eq!(set.cursor, set.shown(&table)[0]);
    }

    #[test]
    fn columns_move_over_hidden_ones() {
        let table = Table::default();
        let mut set = ColumnSet::default();
        set.toggle(Column::Change(Modality::Text), &table);
        assert!(set.slide(true, &table));
        let shown = set.shown(&table);
        let at = shown.iter().position(|c| *c == Column::Label).unwrap();
        assert_eq!(shown[at - 1], Column::Change(Modality::Audio));
        while set.slide(false, &table) {}
        assert_eq!(set.shown(&table)[0], Column::Label);
        let again = &mut ColumnSet::default();
        again.recall(&set.remembered());
        assert_eq!(again.shown(&table), set.shown(&table));
    }

    #[test]
    fn the_last_column_stays() {
        let table = Table::default();
        let mut set = ColumnSet::default();
        for column in Column::ALL {
            if !set.is_hidden(column) {
                set.toggle(column, &table);
            }
        }
        assert_eq!(set.shown(&table).len(), 1);
        set.show_all();
        assert!(set.shown(&table).contains(&Column::Largest));
    }

    proptest! {
        #[test]
        fn whatever_was_remembered_gives_every_column_once(
            columns in proptest::collection::vec("[a-z]{0,3}|row|text|id|split|history", 0..40),
            hidden in proptest::collection::vec("[a-z]{0,2}|row|text", 0..40),
        ) {
            let mut set = ColumnSet::default();
            set.recall(&Remembered { columns, hidden, bars: true });
            let mut names: Vec<_> = set.all().iter().map(|c| c.name()).collect();
            names.sort_unstable();
            names.dedup();
            prop_assert_eq!(names.len(), Column::ALL.len());
            prop_assert!(!set.shown(&Table::default()).is_empty());
        }
    }
}

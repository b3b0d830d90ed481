//! The label table's state: rows, order, filter, columns.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::action::{Action, Key, bind};
use super::column_set::ColumnSet;
use super::history::History;
use super::spec::{Slot, Spec};
use crate::console::widgets::list::List;
use crate::report::neighbours::Neighbours;
use crate::report::table::columns::Column;
use crate::report::table::filter::Filter;
use crate::report::table::order::SortKey;
use crate::report::table::{RowRef, Table, Values};
use crate::split::Split;

/// Its place and keys.
pub const PANE: Spec = Spec {
    slot: Slot::Lower { shows: "the table of labels, row by row", also: &[] },
    bindings: &[
        bind(Action::Filter, &[Key::char('/')], "filter", "filter rows, for example: |da| > 0.3 and split = train"),
        bind(Action::Left, &[Key::code(KeyCode::Left), Key::char('h')], "", "to the column on the left"),
        bind(Action::Right, &[Key::code(KeyCode::Right), Key::char('l')], "column", "to the column on the right"),
        bind(Action::Sort, &[Key::char('o')], "sort", "sort by the column; again: the other way round"),
        bind(Action::SortFurther, &[Key::char('O')], "", "sort by the column as a further key"),
        bind(Action::Reverse, &[Key::char('r')], "", "turn the order round"),
        bind(Action::MoveColumnLeft, &[Key::char('<'), Key::char('H')], "", "move the column to the left"),
        bind(Action::MoveColumnRight, &[Key::char('>'), Key::char('L')], "", "move the column to the right"),
        bind(Action::HideColumn, &[Key::char('-')], "", "hide the column"),
        bind(Action::ShowColumns, &[Key::char('+'), Key::char('=')], "", "show all columns"),
        bind(Action::Columns, &[Key::char('C')], "columns", "all columns: what they hold; show, hide, move"),
        bind(Action::Bars, &[Key::char('b')], "", "bars beside the numbers, or numbers alone"),
        bind(Action::Detail, &[Key::code(KeyCode::Enter)], "detail", "everything about the selected clip"),
        bind(Action::Review, &[Key::char('x')], "reviewed", "mark the row as reviewed, or not"),
        bind(Action::Note, &[Key::char('n')], "note", "note something about the row"),
        bind(Action::Export, &[Key::char('w')], "write", "write the rows shown as CSV, Parquet, JSON lines"),
        bind(Action::CopyRow, &[Key::char('y')], "copy", "copy the row to the clipboard (OSC 52, over SSH too)"),
        bind(Action::CopyValue, &[Key::char('Y')], "", "copy the value in the column"),
        bind(Action::Plot, &[Key::char('P')], "", "write a figure of what became of the labels: SVG or PNG"),
        bind(Action::SummarySplit, &[Key::char('p')], "", "summary of the next split: train, valid, test"),
        bind(Action::Annotate, &[Key::char('A')], "", "judge clips drawn at random, without seeing a label"),
        bind(Action::Judgement, &[Key::char('#')], "judge", "judge labels by people's: intervals, grids of signs"),
    ],
};

/// What the label table shows and how.
#[derive(Clone, Debug)]
pub struct Labels {
    pub table: Table,
    pub history: History,
    /// The spread between members of the latest refresh that has one, and its number.
    pub spread: Option<(u32, Arc<Values>)>,
    /// The clips' weights of the same refresh, where clips are weighed.
    pub weights: Option<(u32, Arc<Values>)>,
    /// Columns to sort by, the first one first; none: as in the file.
    pub keys: Vec<SortKey>,
    /// The text of the filter that holds.
    pub filter_text: String,
    pub filter: Option<Filter>,
    /// What is wrong with the text that is being typed; the filter before it holds meanwhile.
    pub filter_error: Option<String>,
    /// What is doubtful in the filter that holds.
    pub filter_doubt: Option<String>,
    /// The rows that pass, in order.
    pub index: Arc<Vec<u32>>,
    /// Number of the order that was asked for last; an earlier one that comes late is dropped.
    pub asked: u64,
    /// The order that was asked for last is not there yet, and an older one is shown.
    pub arranging: bool,
    pub list: List,
    pub columns: ColumnSet,
    /// Files for spreadsheets are written so that no text is run as a formula.
    pub escape_formulas: bool,
    /// The split that the summary lines speak of.
    pub summary: Split,
    /// The neighbours of one row, once they were found, or why they cannot be.
    pub neighbours: Option<(u32, Result<Neighbours, String>)>,
}

impl Default for Labels {
    fn default() -> Self {
        Self {
            table: Table::default(),
            history: History::default(),
            spread: None,
            weights: None,
            keys: Vec::new(),
            filter_text: String::new(),
            filter: None,
            filter_error: None,
            filter_doubt: None,
            index: Arc::default(),
            asked: 0,
            arranging: false,
            list: List::default(),
            columns: ColumnSet::default(),
            escape_formulas: false,
            summary: Split::Train,
            neighbours: None,
        }
    }
}

impl Labels {
    /// The row of the data at a position of the index.
    pub fn row(&self, position: usize) -> Option<RowRef<'_>> {
        Some(self.table.row(*self.index.get(position)? as usize))
    }

    /// The selected row.
    pub fn selected(&self) -> Option<RowRef<'_>> {
        self.row(self.list.selected)
    }

    /// Takes a new order; the selected clip stays selected where it still passes.
    pub fn take_order(&mut self, index: Arc<Vec<u32>>) {
        // At the top one looks at what comes first, not at a clip.
        let selected = self.index.get(self.list.selected).copied().filter(|_| self.list.selected > 0);
        self.index = index;
        self.arranging = false;
        self.select(selected);
    }

    /// Selects a row of the data where it passes.
    pub fn select(&mut self, row: Option<u32>) {
        if let Some(at) = row.and_then(|row| self.index.iter().position(|i| *i == row)) {
            self.list.selected = at;
        }
    }

    /// Forgets the run; how the table is looked at stays.
    pub fn forget(&mut self) {
        (self.table, self.history, self.neighbours) = (Table::default(), History::default(), None);
        (self.spread, self.weights) = (None, None);
        self.index = Arc::default();
        self.list = List::default();
        (self.filter_error, self.filter_doubt) = (None, None);
        // An order that is being made belongs to the former run.
        self.asked += 1;
        self.arranging = false;
    }

    /// True where the order or the filter looks at what changed.
    pub fn depends_on(&self, columns: impl Fn(Column) -> bool) -> bool {
        let mentions = |f: &Filter| f.mentions(&|c| columns(*c), &|(c, _)| columns(*c));
        self.keys.iter().any(|k| columns(k.column)) || self.filter.as_ref().is_some_and(mentions)
    }
}

//! What is written: rows and columns of a table, value by value.

use crate::report::table::columns::{Column, Content, Kind, Reads};
use crate::report::table::{RowRef, Table};

/// What is written: a table, the positions of its rows in the wanted order, and its columns.
#[derive(Clone, Copy, Debug)]
pub struct Extract<'a> {
    pub table: &'a Table,
    pub rows: &'a [u32],
    pub columns: &'a [Column],
    /// CSV: spreadsheets are kept from reading texts as formulas; see `csv`.
    pub escape_formulas: bool,
}

/// One value of a file; `Missing` is an empty field, a null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Text(&'a str),
    Number(f32),
    Whole(i64),
    Flag(bool),
    Missing,
}

/// The columns of a table that are of use to others: all that have something in them, in the order of papers.
pub fn all_columns(table: &Table) -> Vec<Column> {
    // What people said of rows is always there: a file without the column would say that nothing could be reviewed.
    let reviewed = |c: Column| matches!(c.about().reads, Reads::Marks | Reads::Notes);
    let mut columns = Column::ALL.to_vec();
    columns.retain(|c| c.about().file_place.is_some() && (table.has(*c) || reviewed(*c)));
    columns.sort_by_key(|c| c.about().file_place);
    columns
}

impl<'a> Extract<'a> {
    /// The columns that can be written: what is only drawn has no values.
    pub fn fields(&self) -> Vec<Column> {
        self.columns.iter().copied().filter(|c| c.kind() != Kind::Picture).collect()
    }

    pub fn rows(&self) -> impl Iterator<Item = RowRef<'a>> {
        let table = self.table;
        self.rows.iter().map(move |row| table.row(*row as usize))
    }
}

/// A row's value in a column; modalities are written as their letters.
pub fn value<'a>(row: &RowRef<'a>, column: Column, scratch: &'a mut String) -> Value<'a> {
    match column.about().content {
        Content::Whole(of) => Value::Whole(of(row)),
        Content::Modalities(of) => {
            *scratch = row.letters(of);
            Value::Text(scratch)
        }
        Content::Text { .. } | Content::OneOf { .. } => Value::Text(row.words(column)),
        Content::Flag(of) => Value::Flag(of(row)),
        Content::Number(_) | Content::NumberOf(_) => {
            Some(row.number(column)).filter(|v| v.is_finite()).map_or(Value::Missing, Value::Number)
        }
        Content::Picture => Value::Missing,
    }
}

//! The label table as a file for other programs: the rows that pass, in their order, with the columns that are wanted.
//! One file a format.

mod csv;
mod jsonl;
mod parquet;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::table::columns::{Column, Content, Kind, Reads};
use super::table::filter::Row;
use super::table::{RowRef, Table};
use crate::run::{FileError, write_atomically};

/// A format of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Parquet,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// The format that a file's ending names.
    pub fn of_path(path: &Path) -> Option<Format> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Format::Csv),
            "parquet" | "pq" => Some(Format::Parquet),
            "jsonl" | "ndjson" => Some(Format::Jsonl),
            _ => None,
        }
    }
}

/// What is written: a table, the positions of its rows in the wanted order, and its columns.
#[derive(Clone, Copy, Debug)]
pub struct Extract<'a> {
    pub table: &'a Table,
    pub rows: &'a [u32],
    pub columns: &'a [Column],
    /// CSV: spreadsheets are kept from reading texts as formulas; see csv.rs.
    pub escape_formulas: bool,
}

/// One value of a file; `Missing` is an empty field, a null.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value<'a> {
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
    fn fields(&self) -> Vec<Column> {
        self.columns.iter().copied().filter(|c| c.kind() != Kind::Picture).collect()
    }

    fn rows(&self) -> impl Iterator<Item = RowRef<'a>> {
        let table = self.table;
        self.rows.iter().map(move |row| table.row(*row as usize))
    }

    /// Writes to anything; nothing is buffered beyond what the format needs.
    ///
    /// # Errors
    /// The writer refuses.
    pub fn write_to(&self, format: Format, out: &mut (impl Write + Send)) -> io::Result<()> {
        if self.fields().is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no column to write"));
        }
        match format {
            Format::Csv => csv::write(self, out),
            Format::Jsonl => jsonl::write(self, out),
            Format::Parquet => parquet::write(self, out),
        }
    }

    /// Writes a file, which appears whole or not at all.
    ///
    /// # Errors
    /// The file system refuses; what was there before then still stands.
    pub fn write_file(&self, format: Format, path: &Path) -> Result<(), FileError> {
        write_atomically(path, |out: &mut BufWriter<File>| self.write_to(format, out))
    }
}

/// A row's value in a column; modalities are written as their letters.
fn value<'a>(row: &RowRef<'a>, column: Column, scratch: &'a mut String) -> Value<'a> {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::table::Rows;
    use super::*;
    use crate::modality::PerModality;
    use crate::run::marks::Mark;
    use crate::split::Split;

    /// Three rows with everything that makes formats stumble.
    pub(super) fn difficult() -> Table {
        let split = vec![Split::Train, Split::Valid, Split::Test];
        let id = ["a,\"b\"$_$1", "电影", ""].map(str::to_owned).to_vec();
        let text = ["one\r\ntwo, \"three\"", "\u{1b}[2J\u{0}\t\u{7f}", " 😀\u{2028}'"].map(str::to_owned).to_vec();
        let human = PerModality { text: vec![0.1, f32::NAN, -1.0], ..PerModality::default() };
        let rows = Rows::new(split, id, text, vec![0.1, -0.25, f32::NAN], Some(human));
        let corrected = PerModality { text: vec![-0.5, f32::INFINITY, 1.0 / 3.0], ..PerModality::default() };
        let mark = Mark { row: 1, reviewed: true, note: "line\nbreak, \"q\"".into(), ..Mark::default() };
        Table {
            rows: Arc::new(rows),
            corrected: Some(Arc::new(corrected)),
            marks: Arc::new([mark].into_iter().collect()),
            ..Table::default()
        }
    }

    #[test]
    fn formats_are_known_by_their_endings() {
        let of = |p: &str| Format::of_path(Path::new(p));
        assert_eq!(
            (of("a.csv"), of("b.PARQUET"), of("x/c.jsonl")),
            (Some(Format::Csv), Some(Format::Parquet), Some(Format::Jsonl))
        );
        assert_eq!((of("csv"), of("a.xlsx"), of("")), (None, None, None));
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.csv");
        let table = difficult();
        let extract = Extract {
            table: &table,
            rows: &[2, 0],
            columns: &[Column::Id, Column::History, Column::Label],
            escape_formulas: false,
        };
        extract.write_file(Format::Csv, &path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "id,y\n,\n\"a,\"\"b\"\"$_$1\",0.1\n");
        assert!(extract.write_file(Format::Csv, &path.join("y.csv")).unwrap_err().to_string().contains("y.csv"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn all_columns_are_those_that_hold_something() {
        let table = difficult();
        let names: Vec<String> = all_columns(&table).into_iter().map(Column::file_name).collect();
        assert_eq!(
            names.join(","),
            "split,id,text,y,y_text,y_audio,y_vision,human_text,human_audio,human_vision,reviewed,note"
        );
    }
}

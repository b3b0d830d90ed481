//! Comma-separated values (RFC 4180): a heading, then a line a row; texts as they are, quoted where they must be; a
//! missing number is an empty field.
//!
//! A spreadsheet takes a field that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, and runs it:
//! a transcript could. Where that is asked for, such a text gets a `'` before it. Numbers stay numbers, the negative ones,
//! too.

use std::borrow::Cow;
use std::io::{self, Write};

use super::extract::{Extract, Value, value};
use super::format::Format;
use crate::run::rows::number;

pub static CSV: Format =
    Format { name: "csv", title: "CSV", endings: &["csv"], readable: true, escapes_formulas: true, write };

fn write(extract: &Extract<'_>, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let columns = extract.fields();
    table.write_record(columns.iter().map(|c| c.file_name()))?;
    let mut record = csv::StringRecord::new();
    let mut scratch = String::new();
    for row in extract.rows() {
        record.clear();
        for column in &columns {
            match value(&row, *column, &mut scratch) {
                Value::Text(text) if extract.escape_formulas => record.push_field(&inert(text)),
                Value::Text(text) => record.push_field(text),
                Value::Number(v) => record.push_field(&number(v)),
                Value::Whole(v) => record.push_field(&v.to_string()),
                Value::Flag(v) => record.push_field(if v { "true" } else { "false" }),
                Value::Missing => record.push_field(""),
            }
        }
        table.write_record(&record)?;
    }
    table.flush()
}

/// A text that no spreadsheet runs.
fn inert(text: &str) -> Cow<'_, str> {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::all_columns;
    use super::super::tests::difficult;
    use super::*;
    use crate::report::table::columns::Column;
    use crate::report::table::{Rows, Table};
    use crate::split::Split;

    #[test]
    fn formulas_become_texts_where_that_is_asked_for_and_numbers_stay() {
        let texts = ["=cmd|' /C calc'!A0", "+1", "-x", "@SUM(1)", "\t=1", "\r=1", "a=b", ""];
        let n = texts.len();
        let rows = Rows::new(vec![Split::Train; n], vec![], texts.map(str::to_owned).to_vec(), vec![-0.5; n], None);
        let table = Table { rows: Arc::new(rows), ..Table::default() };
        let all: Vec<u32> = (0..n as u32).collect();
        let written = |escape_formulas| {
            let columns = &[Column::Transcript, Column::Label];
            let mut out = Vec::new();
            Extract { table: &table, rows: &all, columns, escape_formulas }.write_to(&CSV, &mut out).unwrap();
            let records: Vec<csv::StringRecord> =
                csv::Reader::from_reader(&out[..]).records().map(Result::unwrap).collect();
            assert!(records.iter().all(|r| &r[1] == "-0.5"));
            records.iter().map(|r| r[0].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(written(false), texts);
        let escaped = written(true);
        assert!(escaped[..6].iter().zip(texts).all(|(e, t)| *e == format!("'{t}")), "{escaped:?}");
        assert_eq!(escaped[6..], texts[6..]);
    }

    #[test]
    fn another_reader_gets_every_text_back() {
        let table = difficult();
        let columns = all_columns(&table);
        let mut out = Vec::new();
        Extract { table: &table, rows: &[1, 0, 2], columns: &columns, escape_formulas: false }
            .write_to(&CSV, &mut out)
            .unwrap();
        let mut reader = csv::Reader::from_reader(&out[..]);
        assert_eq!(reader.headers().unwrap().len(), columns.len());
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), 3);
        for (record, row) in records.iter().zip([1usize, 0, 2]) {
            assert_eq!((&record[1], &record[2]), (table.row(row).id(), table.row(row).transcript()));
        }
        assert_eq!((&records[0][3], &records[0][4], &records[0][7]), ("-0.25", "", ""));
        assert_eq!((&records[0][10], &records[0][11]), ("true", "line\nbreak, \"q\""));
        assert_eq!((&records[2][3], &records[2][4], &records[2][10]), ("", "0.33333334", "false"));
    }
}

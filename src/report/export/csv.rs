//! Comma-separated values (RFC 4180): a heading, then a line a row; texts as they are, quoted where they must be; a
//! missing number is an empty field.

use std::io::{self, Write};

use super::{Extract, Value, value};
use crate::run::rows::number;

pub fn write(extract: &Extract<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let columns = extract.fields();
    table.write_record(columns.iter().map(|c| c.file_name()))?;
    let mut record = csv::StringRecord::new();
    let mut scratch = String::new();
    for row in extract.rows() {
        record.clear();
        for column in &columns {
            match value(&row, *column, &mut scratch) {
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

#[cfg(test)]
mod tests {
    use super::super::tests::difficult;
    use super::super::{Extract, Format, all_columns};

    #[test]
    fn another_reader_gets_every_text_back() {
        let table = difficult();
        let columns = all_columns(&table);
        let mut out = Vec::new();
        Extract { table: &table, rows: &[1, 0, 2], columns: &columns }.write_to(Format::Csv, &mut out).unwrap();
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

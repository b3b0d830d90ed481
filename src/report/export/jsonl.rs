//! JSON lines: one object a row, keys in the order of the columns; a missing number is null.

use std::io::{self, Write};

use serde::ser::{SerializeMap, Serializer};

use super::extract::{Extract, Value, value};
use super::format::Format;

pub static JSONL: Format = Format {
    name: "jsonl",
    title: "JSON lines",
    endings: &["jsonl", "ndjson"],
    readable: true,
    escapes_formulas: false,
    write,
};

fn write(extract: &Extract<'_>, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let columns: Vec<_> = extract.fields().into_iter().map(|c| (c, c.file_name())).collect();
    let mut scratch = String::new();
    for row in extract.rows() {
        let mut json = serde_json::Serializer::new(&mut *out);
        let mut object = json.serialize_map(Some(columns.len()))?;
        for (column, name) in &columns {
            match value(&row, *column, &mut scratch) {
                Value::Text(text) => object.serialize_entry(name, text),
                Value::Number(v) => object.serialize_entry(name, &v),
                Value::Whole(v) => object.serialize_entry(name, &v),
                Value::Flag(v) => object.serialize_entry(name, &v),
                Value::Missing => object.serialize_entry(name, &()),
            }?;
        }
        object.end()?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::difficult;
    use super::*;
    use crate::modality::Modality;
    use crate::report::table::columns::Column;

    #[test]
    fn one_object_a_line_with_nulls() {
        let table = difficult();
        let columns =
            [Column::Order, Column::Transcript, Column::Corrected(Modality::Text), Column::Flips, Column::Mark];
        let mut out = Vec::new();
        Extract { table: &table, rows: &[0, 1], columns: &columns, escape_formulas: true }
            .write_to(&JSONL, &mut out)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let want = [
            json!({"index": 0, "text": "one\r\ntwo, \"three\"", "y_text": -0.5, "flips": "T", "reviewed": false}),
            json!({"index": 1, "text": "\u{1b}[2J\u{0}\t\u{7f}", "y_text": null, "flips": "T", "reviewed": true}),
        ];
        assert_eq!(lines, want);
        assert!(text.starts_with("{\"index\":0,\"text\":"), "{text}");
    }
}

//! Formats by their names, files that cannot be written, and a table that makes formats stumble.

use std::sync::Arc;

use super::*;
use crate::modality::PerModality;
use crate::report::table::columns::Column;
use crate::report::table::{Rows, Table};
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
    let of = |p: &str| of_path(Path::new(p));
    assert_eq!((of("a.csv"), of("b.PARQUET"), of("x/c.jsonl")), (Some(&CSV), Some(&PARQUET), Some(&JSONL)));
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
    extract.write_file(&CSV, &path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "id,y\n,\n\"a,\"\"b\"\"$_$1\",0.1\n");
    assert!(extract.write_file(&CSV, &path.join("y.csv")).unwrap_err().to_string().contains("y.csv"));
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

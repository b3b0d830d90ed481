//! Copying to the clipboard of whoever sits at the terminal, over SSH too: the OSC 52 escape sequence, wrapped so that
//! tmux passes it on.

use crate::modality::Modality;
use crate::report::table::RowRef;
use crate::report::table::columns::{Column, Kind};
use crate::report::table::filter::Row;

/// Longest text that is copied; terminals drop longer sequences.
const LONGEST: usize = 64 << 10;

/// A row as tab-separated values: id, split, text, y, corrected labels.
pub fn row(row: &RowRef<'_>) -> String {
    let mut columns = vec![Column::Id, Column::Split, Column::Transcript, Column::Label];
    columns.extend(Modality::ALL.map(Column::Corrected));
    columns.into_iter().map(|c| value_of(row, c)).collect::<Vec<_>>().join("\t")
}

/// One value of a row; of a column that is only drawn, the id.
pub fn value(row: &RowRef<'_>, column: Column) -> String {
    match column.kind() {
        Kind::Picture => value_of(row, Column::Id),
        _ => value_of(row, column),
    }
}

fn value_of(row: &RowRef<'_>, column: Column) -> String {
    match (column, column.kind()) {
        (Column::Flips, _) => row.flip_letters(),
        (Column::Order, _) => row.row.to_string(),
        (_, Kind::Text) => super::sanitise::clean(row.words(column)).into_owned(),
        _ => Some(row.number(column)).filter(|v| v.is_finite()).map_or(String::new(), |v| v.to_string()),
    }
}

/// The bytes that put a text on the clipboard. `tmux`: inside tmux, which has to be told to pass them on.
pub fn osc52(text: &str, tmux: bool) -> Vec<u8> {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sequence = format!("\x1b]52;c;{}\x07", base64(&text.as_bytes()[..end]));
    if tmux { format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")) } else { sequence }.into_bytes()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().enumerate().fold(0u32, |g, (i, b)| g | u32::from(*b) << (16 - 8 * i));
        for i in 0..4 {
            let digit = ALPHABET[(group >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::{Rows, Table};
    use crate::split::Split;

    #[test]
    fn base64_as_rfc_4648_has_it() {
        let want = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        assert!((0..=6).all(|n| base64(&b"foobar"[..n]) == want[n]));
    }

    #[test]
    fn sequences_for_the_terminal_and_for_tmux() {
        assert_eq!(osc52("foo", false), b"\x1b]52;c;Zm9v\x07");
        assert_eq!(osc52("foo", true), b"\x1bPtmux;\x1b\x1b]52;c;Zm9v\x07\x1b\\");
        assert!(osc52(&"电".repeat(100_000), false).len() < 100_000);
    }

    #[test]
    fn a_row_is_tab_separated_and_harmless() {
        let rows = Rows::new(vec![Split::Test], vec!["a\tb".into()], vec!["x\u{1b}[0m".into()], vec![0.5], None);
        let table = Table { rows: std::sync::Arc::new(rows), ..Table::default() };
        let row_ref = table.row(0);
        assert_eq!(row(&row_ref), "a b\ttest\tx␛[0m\t0.5\t\t\t");
        assert_eq!(value(&row_ref, Column::Label), "0.5");
        assert_eq!((value(&row_ref, Column::Order), value(&row_ref, Column::History)), ("0".into(), "a b".into()));
    }
}

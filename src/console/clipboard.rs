//! Copying to the clipboard of whoever sits at the terminal, over SSH too: the OSC 52 escape sequence, wrapped so that
//! tmux passes it on.

use super::columns::Column;
use super::filter::Row;
use super::table::RowRef;
use crate::modality::Modality;

/// Longest text that is copied; terminals drop longer sequences.
const LONGEST: usize = 64 << 10;

/// A row as tab-separated values: id, split, text, y, corrected labels.
pub fn row(row: &RowRef<'_>) -> String {
    let mut columns = vec![Column::Id, Column::Split, Column::Transcript, Column::Label];
    columns.extend(Modality::ALL.map(Column::Corrected));
    columns.into_iter().map(|c| value_of(row, c)).collect::<Vec<_>>().join("\t")
}

/// One value of a row.
pub fn value(row: &RowRef<'_>, column: Column) -> String {
    match column {
        Column::Order => value_of(row, Column::Id),
        _ => value_of(row, column),
    }
}

fn value_of(row: &RowRef<'_>, column: Column) -> String {
    let own = |column: &[String]| column.get(row.row).map_or(String::new(), |t| super::sanitise::clean(t).into_owned());
    match column {
        Column::Id => own(&row.rows.id),
        Column::Transcript => own(&row.rows.transcript),
        Column::Split => row.rows.split.get(row.row).map_or(String::new(), |s| s.to_string()),
        number => Some(row.number(number)).filter(|v| v.is_finite()).map_or(String::new(), |v| v.to_string()),
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
    use crate::console::table::Rows;
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
        let row_ref = RowRef { rows: &rows, values: None, row: 0 };
        assert_eq!(row(&row_ref), "a b\ttest\tx␛[0m\t0.5\t\t\t");
        assert_eq!(value(&row_ref, Column::Label), "0.5");
        assert_eq!(value(&row_ref, Column::Order), "a b");
    }
}

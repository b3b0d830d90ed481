//! A table in a number of cells: columns that are too wide are wrapped, the widest ones first.

use textwrap::{WordSplitter, wrap};
use unicode_width::UnicodeWidthStr;

/// Between two columns.
const GAP: &str = "  ";

/// A table of words.
#[derive(Debug)]
pub struct Table {
    /// Row by row, the heading first.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// The table's lines, each at most `width` cells wide, with a rule below the heading.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let widths = self.widths(width);
        let mut lines = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            lines.extend(row_lines(row, &widths));
            if i == 0 {
                let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
                lines.push(rule.join(GAP));
            }
        }
        lines
    }

    /// Cells for each column, all that it would like to have where the width allows it.
    fn widths(&self, width: usize) -> Vec<usize> {
        let columns = self.rows.first().map_or(0, Vec::len);
        let widest = |measure: fn(&str) -> usize| -> Vec<usize> {
            (0..columns)
                .map(|c| self.rows.iter().filter_map(|r| r.get(c)).map(|t| measure(t)).max().unwrap_or(0))
                .collect()
        };
        let mut widths = widest(|text| text.width());
        // A column is not made narrower than its longest word while another one can be.
        let words = widest(|text| text.split_whitespace().map(|word| word.width()).max().unwrap_or(0));
        let room = width.saturating_sub(GAP.len() * columns.saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            let shrinks = |c: &usize| widths[*c] > words[*c];
            let widest = (0..columns).filter(shrinks).max_by_key(|c| widths[*c]);
            let Some(c) = widest.or_else(|| (0..columns).filter(|c| widths[*c] > 1).max_by_key(|c| widths[*c])) else {
                break;
            };
            widths[c] -= 1;
        }
        widths
    }
}

/// One row: as many lines as its highest cell has.
fn row_lines(row: &[String], widths: &[usize]) -> Vec<String> {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(text, width)| {
            let options = textwrap::Options::new(*width).word_splitter(WordSplitter::NoHyphenation);
            wrap(text, options).into_iter().map(|line| line.into_owned()).collect()
        })
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|n| {
            let pieces: Vec<String> = cells
                .iter()
                .zip(widths)
                .map(|(lines, width)| {
                    let text = lines.get(n).map_or("", String::as_str);
                    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
                })
                .collect();
            pieces.join(GAP).trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_column_is_wrapped_and_words_stay_whole() {
        let rows = [["key", "what it does"], ["shift-tab", "to the pane before this one, 电影 included"]];
        let lines = Table { rows: rows.map(|row| row.map(str::to_owned).to_vec()).to_vec() }.lines(30);
        assert_eq!(
            lines,
            [
                "key        what it does",
                "---------  -------------------",
                "shift-tab  to the pane before",
                "           this one, 电影",
                "           included"
            ]
        );
    }
}

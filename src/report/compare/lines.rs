//! The table in lines of text.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::comparison::{Comparison, RunColumn};
use crate::report::figure::clean;
use crate::report::numbers::{bytes, count, number};
use crate::training::metrics;

/// What a result is called in a table.
fn result_name(name: &str) -> String {
    match name.split_once(' ') {
        Some((split @ ("valid" | "test"), key)) => format!("{split} {}", metrics::name(key)),
        _ => match name.strip_prefix("labels train ").and_then(|rest| rest.split_once(' ')) {
            Some((m, "mean_abs_change")) => format!("labels {m}: mean |change|"),
            Some((m, key)) => format!("labels {m}: {}", metrics::name(key)),
            None => name.to_owned(),
        },
    }
}

/// A result in a table.
fn result_value(name: &str, value: f64) -> String {
    match name.rsplit(' ').next() {
        Some("seconds") => number(value, 0),
        Some("samples/s" | "operations") => count(value),
        Some("memory") if value.is_finite() => bytes(value as u64),
        _ => number(value, 4),
    }
}

impl Comparison {
    /// The table in lines of text, columns lined up; the best of each line carries a `*`.
    pub fn lines(&self) -> Vec<String> {
        self.lines_of(0..self.runs.len())
    }

    /// The same with some of the runs' columns only; what is best is so among all of them.
    pub fn lines_of(&self, runs: Range<usize>) -> Vec<String> {
        let mut table: Vec<Vec<String>> = vec![];
        let row = |head: &str, cells: Vec<String>| std::iter::once(head.to_owned()).chain(cells).collect::<Vec<_>>();
        let columns = &self.runs[runs.clone()];
        table.push(row("", columns.iter().map(|r| r.name.clone()).collect()));
        table.push(row("state", columns.iter().map(|r| r.state.to_string()).collect()));
        let epoch = |r: &RunColumn| match (r.stage, r.epoch) {
            (Some(stage), Some(epoch)) => format!("{stage} {epoch}"),
            _ => "–".into(),
        };
        table.push(row("best epoch", columns.iter().map(epoch).collect()));
        table.push(Vec::new());
        let heading = match (self.runs.len(), self.settings.is_empty()) {
            (1, _) => "settings",
            (_, true) => "all settings are the same",
            (_, false) => "settings that differ",
        };
        table.push(row(heading, vec![]));
        for setting in &self.settings {
            let cells = setting.values[runs.clone()].iter().map(|v| v.clone().unwrap_or_else(|| "–".into()));
            table.push(row(&format!("  {}", setting.key), cells.collect()));
        }
        table.push(Vec::new());
        table.push(row(
            match self.same_data {
                _ if self.runs.len() == 1 => "results",
                true => "results (* best)",
                false => "results (of different data: not ranked)",
            },
            vec![],
        ));
        for result in &self.results {
            let cell = |run: usize| {
                let mark = if result.best.contains(&run) { "*" } else { " " };
                format!("{}{mark}", result_value(&result.name, result.values[run].unwrap_or(f64::NAN)))
            };
            table.push(row(&format!("  {}", result_name(&result.name)), runs.clone().map(cell).collect()));
        }
        lined_up(&table)
    }
}

/// Rows of cells as lines: the first column as wide as its widest, the others right-aligned. Rows of one cell are headings
/// and count for no width.
fn lined_up(table: &[Vec<String>]) -> Vec<String> {
    let table: Vec<Vec<String>> = table.iter().map(|r| r.iter().map(|c| clean(c)).collect()).collect();
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let width = |c: usize| {
        let cells = table.iter().filter(|r| r.len() > 1).filter_map(|r| r.get(c));
        cells.map(|t| t.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (c, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[c].saturating_sub(cell.width()));
            if c == 0 {
                line += cell;
                line += &pad;
            } else {
                line += "  ";
                line += &pad;
                line += cell;
            }
        }
        line.trim_end().to_owned()
    };
    table.iter().map(line).collect()
}

//! Two tables of GitHub's Markdown: means, and differences to the reference.

use std::fmt::Write;

use super::form::Form;
use super::words::{Difference, difference, differences, heading, interval, mean, notes, runs, verdict};
use crate::report::study::table::{Table, decimals};

pub const MARKDOWN: Form = Form { name: "markdown", about: "tables of Markdown", render };

fn render(table: &Table) -> String {
    let mut text = format!("{}\n\n", plain(&table.question));
    let headings: Vec<String> = table.columns.iter().map(|c| plain(&heading(&c.name, c.lower_is_better))).collect();
    let _ = writeln!(text, "| variant | runs | {} |", headings.join(" | "));
    let _ = writeln!(text, "|---|---|{}", "---|".repeat(headings.len()));
    for row in &table.rows {
        let cells: Vec<String> = (row.entries.iter().enumerate())
            .map(|(column, entry)| {
                let mean = mean(entry, decimals(table, column), "±");
                if entry.best { format!("**{mean}**") } else { mean }
            })
            .collect();
        let _ = writeln!(text, "| {} | {} | {} |", plain(&row.label), runs(row), cells.join(" | "));
    }
    if differences(table).next().is_some() {
        text.push_str(
            "\n| variant | against | metric | difference [95 %] | clips [95 %] | |\n|---|---|---|---|---|---|\n",
        );
        for Difference { row, metric, against, decimals } in differences(table) {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} |",
                plain(&row.label),
                plain(&against.reference),
                plain(&metric.name),
                difference(against, decimals),
                against.clips.map_or_else(String::new, |c| interval(c, decimals)),
                verdict(against)
            );
        }
    }
    for note in notes(table) {
        let _ = write!(text, "\n{}\n", plain(&note));
    }
    text
}

/// Text that is no markup.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => plain.push(' '),
            '\\' | '|' | '*' | '_' | '`' | '<' | '>' | '[' | ']' | '#' => plain.extend(['\\', c]),
            c => plain.push(c),
        }
    }
    plain
}

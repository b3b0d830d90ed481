//! For terminals: a block a metric, so that it fits into 80 columns.

use textwrap::Options;
use unicode_width::UnicodeWidthStr;

use super::form::Form;
use super::words::{decimals_of, difference, heading, interval, mean, notes, runs, verdict};
use crate::report::study::table::{Table, TableRow, decimals};

pub const TEXT: Form =
    Form { name: "text", about: "for terminals", render: |table| lines(table, 80).join("\n") + "\n" };

/// Columns of a variant's name at most.
const LONGEST: usize = 36;

/// The table in lines of at most `width` columns, where names and numbers allow it.
pub fn lines(table: &Table, width: usize) -> Vec<String> {
    let mut lines = wrapped(&format!("{}: {}", table.name, table.question), width);
    let seeds: Vec<String> = table.seeds.iter().map(u64::to_string).collect();
    lines.extend(wrapped(&format!("seeds {}", seeds.join(", ")), width));
    let names = table.rows.iter().map(|r| shown(r).width()).max().unwrap_or(0);
    for (column, metric) in table.columns.iter().enumerate() {
        lines.push(String::new());
        lines.push(heading(&metric.name, metric.lower_is_better));
        let decimals = decimals(table, column);
        let means: Vec<String> = table.rows.iter().map(|r| mean(&r.entries[column], decimals, "±")).collect();
        let wide = means.iter().map(|m| m.width()).max().unwrap_or(0);
        for (row, mean) in table.rows.iter().zip(&means) {
            let entry = &row.entries[column];
            let mark = if entry.best { '*' } else { ' ' };
            let name = shown(row);
            let pad = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.width()));
            let mut line = format!("{mark} {name}{}  {mean}{}", pad(&name, names), pad(mean, wide));
            let parts = match &entry.against {
                Some(against) => {
                    let decimals = decimals_of(against, decimals);
                    let clips = against.clips.map(|c| format!("clips {}", interval(c, decimals)));
                    [Some(difference(against, decimals)), Some(verdict(against)), clips]
                }
                None => [row.is_reference.then(|| "reference".to_owned()), None, None],
            };
            // What does not fit stands below, where the values begin.
            for part in parts.into_iter().flatten() {
                if line.width() + 2 + part.width() > width {
                    lines.push(std::mem::replace(&mut line, " ".repeat(4)));
                }
                line = format!("{line}  {part}");
            }
            lines.push(line.trim_end().to_owned());
        }
    }
    lines.push(String::new());
    let not_whole = |r: &&TableRow| r.failed + r.open > 0;
    for row in table.rows.iter().filter(not_whole) {
        lines.extend(wrapped(&format!("{}: runs {}", row.label, runs(row)), width));
    }
    if table.rows.iter().flat_map(|r| &r.entries).any(|e| e.best) {
        lines.push("* best".into());
    }
    lines.extend(notes(table).iter().flat_map(|note| wrapped(note, width)));
    lines
}

fn shown(row: &TableRow) -> String {
    if row.label.width() <= LONGEST {
        return row.label.clone();
    }
    row.label.chars().take(LONGEST - 1).chain(['…']).collect()
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    textwrap::wrap(text, Options::new(width.max(20)).subsequent_indent("  ")).into_iter().map(Into::into).collect()
}

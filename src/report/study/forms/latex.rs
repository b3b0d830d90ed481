//! Two tables of LaTeX with the rules of booktabs.

use std::fmt::Write;

use super::form::Form;
use super::words::{Difference, difference, differences, interval, mean, notes, runs, verdict};
use crate::report::study::table::{Table, decimals};

pub const LATEX: Form = Form { name: "latex", about: "tables of LaTeX; needs \\usepackage{booktabs}", render };

fn render(table: &Table) -> String {
    let mut text = format!("% {}\n% needs \\usepackage{{booktabs}}\n", table.question.replace('\n', " "));
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|c| {
            let arrow = match c.lower_is_better {
                None => "",
                Some(true) => " $\\downarrow$",
                Some(false) => " $\\uparrow$",
            };
            format!("{}{arrow}", plain(&c.name))
        })
        .collect();
    let _ = writeln!(text, "\\begin{{tabular}}{{lr{}}}\n\\toprule", "r".repeat(names.len()));
    let _ = writeln!(text, "Variant & Runs & {} \\\\\n\\midrule", names.join(" & "));
    for row in &table.rows {
        let cells: Vec<String> = (row.entries.iter().enumerate())
            .map(|(column, entry)| {
                let mean = mean(entry, decimals(table, column), "$\\pm$").replace('–', "--");
                if entry.best { format!("\\textbf{{{mean}}}") } else { mean }
            })
            .collect();
        let _ = writeln!(text, "{} & {} & {} \\\\", plain(&row.label), runs(row), cells.join(" & "));
    }
    text.push_str("\\bottomrule\n\\end{tabular}\n");
    if differences(table).next().is_some() {
        text.push_str("\n\\begin{tabular}{lllrrl}\n\\toprule\n");
        text.push_str("Variant & Against & Metric & Difference & Clips & \\\\\n\\midrule\n");
        for Difference { row, metric, against, decimals } in differences(table) {
            let _ = writeln!(
                text,
                "{} & {} & {} & {} & {} & {} \\\\",
                plain(&row.label),
                plain(&against.reference),
                plain(&metric.name),
                math(&difference(against, decimals)),
                against.clips.map_or_else(String::new, |c| math(&interval(c, decimals))),
                plain(&verdict(against))
            );
        }
        text.push_str("\\bottomrule\n\\end{tabular}\n");
    }
    for note in notes(table) {
        let _ = writeln!(text, "% {}", note.replace('\n', " "));
    }
    text
}

/// Numbers with their signs as LaTeX sets them. A bracket after a line's end would be taken for its option.
fn math(text: &str) -> String {
    format!("${}$", text.replace(' ', "\\ "))
}

/// Text that is no markup.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => plain.push(' '),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => plain.extend(['\\', c]),
            '\\' => plain.push_str("\\textbackslash{}"),
            '~' => plain.push_str("\\textasciitilde{}"),
            '^' => plain.push_str("\\textasciicircum{}"),
            '<' => plain.push_str("$<$"),
            '>' => plain.push_str("$>$"),
            c => plain.push(c),
        }
    }
    plain
}

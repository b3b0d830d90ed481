//! Comma-separated values: a line for each variant and metric, numbers in full.

use super::form::Form;
use crate::report::study::table::Table;

pub const CSV: Form = Form { name: "csv", about: "a line for each variant and metric", render };

const COLUMNS: [&str; 21] = [
    "variant",
    "axes",
    "metric",
    "finished",
    "failed",
    "open",
    "undefined",
    "n",
    "mean",
    "deviation",
    "best",
    "reference",
    "pairs",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "verdict",
    "clips_low",
    "clips_high",
];

fn render(table: &Table) -> String {
    let mut out = ::csv::Writer::from_writer(Vec::new());
    // Written to memory, which refuses nothing.
    let _ = out.write_record(COLUMNS);
    let number = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
    for row in &table.rows {
        let axes: Vec<String> = row.axes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        for (entry, metric) in row.entries.iter().zip(&table.columns) {
            let sample = entry.sample;
            let against = entry.against.as_ref();
            let interval = against.and_then(|a| a.paired.interval);
            let clips = against.and_then(|a| a.clips);
            let _ = out.write_record([
                row.variant.clone(),
                axes.join(" "),
                metric.key.clone(),
                row.finished.to_string(),
                row.failed.to_string(),
                row.open.to_string(),
                entry.undefined.to_string(),
                sample.map_or(0, |s| s.n).to_string(),
                number(sample.map(|s| s.mean)),
                number(sample.and_then(|s| s.deviation)),
                entry.best.to_string(),
                against.map_or_else(String::new, |a| a.reference.clone()),
                against.map_or_else(String::new, |a| a.paired.sample.n.to_string()),
                number(against.map(|a| a.paired.sample.mean)),
                number(interval.map(|i| i.0)),
                number(interval.map(|i| i.1)),
                number(against.and_then(|a| a.paired.p)),
                number(against.and_then(|a| a.corrected)),
                against.map_or_else(String::new, |a| a.verdict.words().to_owned()),
                number(clips.map(|c| c[0])),
                number(clips.map(|c| c[1])),
            ]);
        }
    }
    out.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

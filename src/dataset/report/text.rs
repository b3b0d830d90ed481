//! A [`Report`] as text for a terminal of 80 columns or a log. Text from a file is cleaned of control characters first.

use std::fmt;

use super::content::{ModalityReport, Report};
use super::labels::LabelReport;
use crate::config::MetricSet;
use crate::dataset::flaw::Severity;
use crate::modality::Modality;
use crate::sanitise::clean;
use crate::split::Split;

const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metrics = match self.metrics {
            MetricSet::Mosi => "CMU-MOSI's",
            MetricSet::Sims => "CH-SIMS's",
        };
        match &self.path {
            Some(path) => writeln!(f, "{}  {} ({})", clean(&self.name), clean(path), size(self.bytes))?,
            None => writeln!(f, "{}  built in", self.name)?,
        }
        if let Some(what) = self.published {
            writeln!(f, "this is {what}, as published")?;
        }
        let judged: Vec<&str> =
            self.splits.iter().filter(|(_, report)| report.unimodal.is_some()).map(|(split, _)| split.name()).collect();
        let human = match judged.len() {
            0 => "no".to_owned(),
            3 => "yes".to_owned(),
            _ => format!("in {} only", judged.join(" and ")),
        };
        writeln!(
            f,
            "labels in [-{h}, {h}], {metrics} metrics, unimodal labels to judge by: {human}",
            h = self.label_range
        )?;
        for (split, report) in self.splits.iter() {
            writeln!(f, "\n{split}  {} clips", report.samples)?;
            for (m, modality) in report.features.iter() {
                writeln!(f, "  {:<7} {}", m.name(), Line(modality))?;
            }
            writeln!(f, "  {:<7} {}", "label", Labels(&report.labels, report.samples))?;
            for (m, labels) in report.unimodal.iter().flat_map(|u| u.iter()) {
                writeln!(f, "  {:<7} {}", unimodal_name(m), Labels(labels, report.samples))?;
            }
            // All splits usually have the same keys; they are shown once.
            if !report.keys.is_empty() && (split == Split::Train || report.keys != self.splits.train.keys) {
                writeln!(f, "  keys    {}", clean(&report.keys))?;
            }
        }
        let example = self.splits.train.examples.first();
        if let Some(e) = example {
            let text: String = clean(&e.transcript).chars().take(60).collect();
            writeln!(f, "\nfirst clip  {}  {:+}  {text}", clean(&e.id), e.label)?;
        }
        if self.flaws.is_empty() {
            return writeln!(f, "\nnothing odd found");
        }
        for (severity, heading) in [(Severity::Warning, "odd, but usable:"), (Severity::Note, "noted:")] {
            let mut flaws = self.flaws.iter().filter(|flaw| flaw.severity() == severity).peekable();
            if flaws.peek().is_some() {
                writeln!(f, "\n{heading}")?;
            }
            flaws.try_for_each(|flaw| writeln!(f, "  {}", clean(&flaw.to_string())))?;
        }
        Ok(())
    }
}

fn unimodal_name(m: Modality) -> String {
    format!("  {}", m.letter())
}

/// A modality in one line.
struct Line<'a>(&'a ModalityReport);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let r = self.0;
        let shape = format!("{} x {}", r.steps, r.dim);
        write!(f, "{shape:<11} {:<5} steps {}..{}", r.dtype, r.lengths.min, r.lengths.max)?;
        write!(f, ", mean {:.1}, {}", r.lengths.mean, r.lengths.origin)?;
        if r.not_finite > 0 {
            write!(f, "; {} not finite", r.not_finite)?;
        }
        if r.constant_columns > 0 {
            write!(f, "; {} constant", r.constant_columns)?;
        }
        Ok(())
    }
}

/// Labels in one line, histogram included, of so many clips.
struct Labels<'a>(&'a LabelReport, usize);

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let r = self.0;
        if r.labelled == 0 {
            return f.write_str("none");
        }
        let tallest = r.histogram.counts.iter().copied().max().unwrap_or(0).max(1);
        // Even a bin with a single label shows a bar.
        let bar = |&n: &usize| BARS[(n * 8).div_ceil(tallest).min(8)];
        let bars: String = r.histogram.counts.iter().map(bar).collect();
        write!(f, "|{bars}| {:+.2}..{:+.2}, mean {:+.3}, sd {:.3}", r.min, r.max, r.mean, r.deviation)?;
        write!(f, "; {} < 0, {} = 0, {} > 0", r.negative, r.neutral, r.positive)?;
        if r.labelled < self.1 { write!(f, "; {} of {} clips", r.labelled, self.1) } else { Ok(()) }
    }
}

fn size(bytes: u64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{value:.1} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1_263_486_152), "1.3 GB");
    }
}

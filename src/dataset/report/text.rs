//! A [`Report`] as text for a terminal of 80 columns or a log. Text from a file is cleaned of control characters first.

use std::fmt;

use super::content::{ModalityReport, Report};
use super::labels::LabelReport;
use crate::config::MetricSet;
use crate::dataset::flaw::{Flaw, Severity};
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
            for line in lines(flaws) {
                writeln!(f, "  {}", clean(&line))?;
            }
        }
        Ok(())
    }
}

/// A line for each finding; one where the same is found in several splits.
fn lines<'a>(flaws: impl Iterator<Item = &'a Flaw>) -> Vec<String> {
    let mut found: Vec<(&Flaw, Vec<Split>)> = Vec::new();
    for flaw in flaws {
        let same =
            |of: &&mut (&Flaw, Vec<Split>)| of.0.split.is_some() && (&of.0.key, &of.0.kind) == (&flaw.key, &flaw.kind);
        match (found.iter_mut().find(same), flaw.split) {
            (Some((_, splits)), Some(split)) => splits.push(split),
            _ => found.push((flaw, flaw.split.into_iter().collect())),
        }
    }
    let line = |(flaw, splits): &(&Flaw, Vec<Split>)| match splits.as_slice() {
        [] | [_] => flaw.to_string(),
        [..] if splits.len() == Split::ALL.len() => format!("{}: {}", flaw.key, flaw.kind),
        [..] => format!(
            "{}: {}",
            splits.iter().map(|split| format!("{split}.{}", flaw.key)).collect::<Vec<_>>().join(", "),
            flaw.kind
        ),
    };
    found.iter().map(line).collect()
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
    use crate::dataset::flaw::FlawKind;

    #[test]
    fn what_splits_have_in_common_is_said_once() {
        let flaw = |split, key: &str, clips| Flaw::new(split, key, FlawKind::ZeroLength { clips });
        let flaws = [
            flaw(Some(Split::Train), "audio", 1),
            flaw(Some(Split::Valid), "audio", 1),
            flaw(Some(Split::Test), "audio", 1),
            flaw(Some(Split::Train), "text", 1),
            flaw(Some(Split::Test), "text", 1),
            flaw(Some(Split::Valid), "text", 2),
            flaw(None, "audio", 1),
        ];
        let said: Vec<String> =
            lines(flaws.iter()).iter().map(|line| line.split(" without").next().unwrap().to_owned()).collect();
        assert_eq!(said, ["audio: 1 clip", "train.text, test.text: 1 clip", "valid.text: 2 clips", "audio: 1 clip"]);
    }

    #[test]
    fn sizes_read_well() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1_263_486_152), "1.3 GB");
    }
}

//! What is in a dataset: the report of `mug data check` and of the console's dataset pane.

use serde::Serialize;

use super::error::DatasetError;
use super::flaw::Flaw;
use super::layout::Layout;
use super::open::zero_lengths;
use super::parts::Parts;
use super::scan::{self, Job, Scanned};
use super::source::Source;
use crate::config::{DataSettings, MetricSet};
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

/// Bins of a label histogram: CH-SIMS's labels, multiples of 0.2, fall into one each.
pub const BINS: usize = 11;
/// Clips shown as examples.
const EXAMPLES: usize = 5;

/// What a dataset holds. `Display` prints it for people, serde for programs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub name: String,
    /// The file; `None` for the demo.
    pub path: Option<String>,
    /// Length of the file; 0 for the demo.
    pub bytes: u64,
    pub fingerprint: String,
    /// H.
    pub label_range: f32,
    pub metrics: MetricSet,
    /// True where some split has human (in the demo: true) unimodal labels.
    pub unimodal_labels: bool,
    pub splits: PerSplit<SplitReport>,
    /// What was found or assumed; all splits were looked through.
    pub flaws: Vec<Flaw>,
}

/// One split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SplitReport {
    pub samples: usize,
    /// The keys found, separated by commas; empty for the demo.
    pub keys: String,
    pub features: PerModality<ModalityReport>,
    pub labels: LabelReport,
    pub unimodal: Option<PerModality<LabelReport>>,
    /// The first clips.
    pub examples: Vec<Example>,
}

/// One modality of one split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModalityReport {
    /// T, the steps that each clip has room for.
    pub steps: usize,
    /// D, the columns.
    pub dim: usize,
    /// Element type in the file.
    pub dtype: String,
    pub lengths: LengthReport,
    /// Values in valid steps that are NaN or infinite.
    pub not_finite: u64,
    /// Columns with the same value throughout this split.
    pub constant_columns: usize,
}

/// Valid steps of the clips of a split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LengthReport {
    /// How they are known.
    pub origin: String,
    pub min: usize,
    pub mean: f64,
    pub max: usize,
}

/// Labels of a split. Without a label the figures are NaN, null in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelReport {
    /// Clips that have one.
    pub labelled: usize,
    pub min: f32,
    pub mean: f64,
    /// Population standard deviation.
    pub deviation: f64,
    pub max: f32,
    /// Labels below, at and above 0.
    pub negative: usize,
    pub neutral: usize,
    pub positive: usize,
    pub histogram: Histogram,
}

/// Labels counted in bins of equal width over [-H, H]; the outermost bins take what lies outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Histogram {
    /// H.
    pub range: f32,
    pub counts: [usize; BINS],
}

/// A clip as it stands in the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Example {
    pub id: String,
    pub transcript: String,
    pub label: f32,
}

impl Report {
    /// Looks through a dataset: all labels, and every value of every feature array once.
    ///
    /// # Errors
    /// The dataset cannot be used; the error says why.
    pub fn of(source: &Source) -> Result<Report, DatasetError> {
        Self::with_settings(source, &DataSettings::default())
    }

    /// As [`of`](Self::of), with the label range and the metrics of some settings.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn with_settings(source: &Source, settings: &DataSettings) -> Result<Report, DatasetError> {
        let path = match source {
            Source::File(path) => Some(path.display().to_string()),
            Source::Demo { .. } => None,
        };
        Self::from_layout(source.display_name(), path, source.layout(settings)?)
    }

    fn from_layout(name: String, path: Option<String>, layout: Layout) -> Result<Report, DatasetError> {
        let Layout { splits, padding, label_range, metrics, fingerprint, mut flaws, bytes } = layout;
        let places: Vec<(Split, Modality)> =
            Split::ALL.into_iter().flat_map(|split| Modality::ALL.map(|m| (split, m))).collect();
        let jobs: Vec<Job<'_>> = places
            .iter()
            .map(|&(split, m)| Job { feature: &splits[split].features[m], padding: padding[m], thorough: true })
            .collect();
        let scanned = scan::scan(&jobs)?;
        for (&(split, m), found) in places.iter().zip(&scanned) {
            flaws.extend(found.flaws(split, m));
        }
        // Three results for each split, in the order of the splits.
        let of = |split: Split| &scanned[3 * split as usize..3 * split as usize + 3];
        let reports = PerSplit::from_fn(|split| split_report(&splits[split], of(split), label_range));
        for split in Split::ALL {
            flaws.extend(zero_lengths(split, &PerModality::from_fn(|m| of(split)[m as usize].lengths.clone())));
        }
        Ok(Report {
            name,
            path,
            bytes,
            fingerprint,
            label_range,
            metrics,
            unimodal_labels: splits.iter().any(|(_, parts)| parts.unimodal.is_some()),
            splits: reports,
            flaws,
        })
    }
}

fn split_report(parts: &Parts, scanned: &[Scanned], range: f32) -> SplitReport {
    let features = parts.features.map(|m, feature| {
        let Scanned { lengths, moments, not_finite, .. } = &scanned[m as usize];
        ModalityReport {
            steps: feature.rows.max_steps(),
            dim: feature.rows.dim(),
            dtype: feature.dtype.clone(),
            lengths: LengthReport {
                origin: feature.lengths.origin(),
                min: lengths.iter().copied().min().unwrap_or(0),
                mean: lengths.iter().sum::<usize>() as f64 / lengths.len().max(1) as f64,
                max: lengths.iter().copied().max().unwrap_or(0),
            },
            not_finite: not_finite.0,
            constant_columns: moments.constant_columns().0,
        }
    });
    let clips = parts.ids.iter().zip(&parts.transcripts).zip(&parts.labels).take(EXAMPLES);
    let examples = clips
        .map(|((id, transcript), &label)| Example { id: id.clone(), transcript: transcript.clone(), label })
        .collect();
    SplitReport {
        samples: parts.labels.len(),
        keys: parts.keys.clone(),
        features,
        labels: LabelReport::of(&parts.labels, range),
        unimodal: parts.unimodal.as_ref().map(|u| u.map(|_, values| LabelReport::of(values, range))),
        examples,
    }
}

impl LabelReport {
    /// Counts and measures labels; NaN is none.
    fn of(labels: &[f32], range: f32) -> LabelReport {
        let labels: Vec<f32> = labels.iter().copied().filter(|y| !y.is_nan()).collect();
        let n = labels.len() as f64;
        let mean = labels.iter().map(|&y| f64::from(y)).sum::<f64>() / n;
        let variance = labels.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum::<f64>() / n;
        LabelReport {
            labelled: labels.len(),
            min: labels.iter().copied().fold(f32::NAN, f32::min),
            mean,
            deviation: variance.sqrt(),
            max: labels.iter().copied().fold(f32::NAN, f32::max),
            negative: labels.iter().filter(|&&y| y < 0.0).count(),
            neutral: labels.iter().filter(|&&y| y == 0.0).count(),
            positive: labels.iter().filter(|&&y| y > 0.0).count(),
            histogram: Histogram::of(&labels, range),
        }
    }
}

impl Histogram {
    /// Counts labels; each bin holds its lower edge, the last one its upper edge, too.
    pub fn of(labels: &[f32], range: f32) -> Histogram {
        let mut counts = [0; BINS];
        for &y in labels {
            let share = (f64::from(y) + f64::from(range)) / (2.0 * f64::from(range));
            // Casting saturates, below 0 as well as for what is not a number.
            counts[((share * BINS as f64) as usize).min(BINS - 1)] += 1;
        }
        Histogram { range, counts }
    }

    /// Lower and upper edge of a bin.
    pub fn edges(&self, bin: usize) -> (f32, f32) {
        let edge = |i: usize| (2.0 * i as f32 / BINS as f32 - 1.0) * self.range;
        (edge(bin), edge(bin + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_count_every_label_once() {
        let h = Histogram::of(&[-3.0, -2.9, 0.0, 2.9, 3.0, 7.0, -7.0], 3.0);
        assert_eq!(h.counts[0], 3);
        assert_eq!(h.counts[BINS / 2], 1);
        assert_eq!(h.counts[BINS - 1], 3);
        assert_eq!(h.counts.iter().sum::<usize>(), 7);
        assert_eq!(h.edges(0).0, -3.0);
        assert!((h.edges(BINS - 1).1 - 3.0).abs() < 1e-6);
    }

    #[test]
    fn label_figures_by_hand() {
        let r = LabelReport::of(&[-1.0, 0.0, 0.5, 0.5], 1.0);
        assert_eq!((r.min, r.max, r.negative, r.neutral, r.positive), (-1.0, 0.5, 1, 1, 2));
        assert!((r.mean - 0.0).abs() < 1e-9 && (r.deviation - 0.375f64.sqrt()).abs() < 1e-9);
        let some = LabelReport::of(&[f32::NAN, -1.0, 0.5, f32::NAN], 1.0);
        assert_eq!((some.labelled, some.min, some.max, some.mean), (2, -1.0, 0.5, -0.25));
        assert_eq!(some.histogram.counts.iter().sum::<usize>(), 2);
        let none = LabelReport::of(&[f32::NAN], 1.0);
        assert!(none.labelled == 0 && none.min.is_nan() && none.mean.is_nan());
    }
}

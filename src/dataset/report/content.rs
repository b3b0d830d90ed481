//! What is in a dataset: the report of `mug data check` and of the console's dataset pane.

use std::path::Path;

use serde::Serialize;

use super::labels::LabelReport;
use crate::config::{DataSettings, MetricSet};
use crate::dataset::catalogue::source::Source;
use crate::dataset::contents::Contents;
use crate::dataset::error::DatasetError;
use crate::dataset::flaw::Flaw;
use crate::dataset::known;
use crate::dataset::prepare::look;
use crate::dataset::prepare::parts::Parts;
use crate::dataset::prepare::scan::Scanned;
use crate::digest::sha256;
use crate::modality::PerModality;
use crate::split::PerSplit;

/// Clips shown as examples.
const EXAMPLES: usize = 5;

/// What a dataset holds. `Display` prints it for people, serde for programs.
///
/// ```
/// use mug::dataset::{Report, Source};
///
/// let report = Report::of(&Source::File("tests/fixtures/numpy2_p4.pkl".into()))?;
/// assert_eq!(report.splits.train.samples, 6);
/// assert_eq!((report.splits.train.labels.min, report.splits.train.labels.max), (-3.0, 3.0));
/// println!("{report}"); // as `mug data check` prints it
/// # Ok::<(), mug::dataset::DatasetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub name: String,
    /// The file; `None` for the demo.
    pub path: Option<String>,
    /// Length of the file; 0 for the demo.
    pub bytes: u64,
    pub fingerprint: String,
    /// Which of MMSA's published files it is, by its SHA-256; `None` for any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<&'static str>,
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
        Self::from_contents(source.display_name(), path, source.contents(settings)?)
    }

    fn from_contents(name: String, path: Option<String>, contents: Contents) -> Result<Report, DatasetError> {
        let Contents { splits, label_range, metrics, fingerprint, mut flaws, bytes } = contents;
        let scanned = look::look(&splits, &mut flaws)?;
        let reports = PerSplit::from_fn(|split| split_report(&splits[split], &scanned[split], label_range));
        Ok(Report {
            name,
            bytes,
            published: path.as_deref().and_then(|path| published(path, splits.train.labels.len())),
            path,
            fingerprint,
            label_range,
            metrics,
            unimodal_labels: splits.iter().any(|(_, parts)| parts.unimodal.is_some()),
            splits: reports,
            flaws,
        })
    }
}

/// The published file that lies at a path. Its bytes are looked at only where it has as many clips as one of those.
fn published(path: &str, train: usize) -> Option<&'static str> {
    if !known::PUBLISHED.iter().any(|file| file.train == train) {
        return None;
    }
    let digest = sha256(Path::new(path), || true).ok().flatten()?;
    known::published(&digest).map(|file| file.what)
}

fn split_report(parts: &Parts, scanned: &PerModality<Scanned>, range: f32) -> SplitReport {
    let features = parts.features.map(|m, feature| {
        let Scanned { lengths, moments, not_finite, .. } = &scanned[m];
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
        keys: parts.found.clone(),
        features,
        labels: LabelReport::of(&parts.labels, range),
        unimodal: parts.unimodal.as_ref().map(|u| u.map(|_, values| LabelReport::of(values, range))),
        examples,
    }
}

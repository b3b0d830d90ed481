//! What a study's cells came to: numbers only, whatever they were read from.

pub use crate::run::study::{CellState, LineAsked};

/// A study as its table and figure see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcomes {
    /// The study's name.
    pub name: String,
    /// The question it answers.
    pub question: String,
    /// The metrics that count, in the order of the table.
    pub metrics: Vec<StudyMetric>,
    /// Rows of the table: a variant at one place of the axes each.
    pub variants: Vec<Variant>,
    /// Which of `variants` the others are set against; `None`: the study compares nothing.
    pub reference: Option<usize>,
    /// In ascending order.
    pub seeds: Vec<u64>,
    /// Variants × seeds, variant by variant.
    pub cells: Vec<Outcome>,
    /// To be fitted through the finished ones.
    pub lines: Vec<LineAsked>,
}

/// A metric that counts.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct StudyMetric {
    /// As in a study's file, for example `test.mae`, `labels.text.mae`, `seconds.denoising`.
    pub key: String,
    /// As a table's heading shows it.
    pub name: String,
    /// `None`: neither way is better.
    pub lower_is_better: Option<bool>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The variant's name.
    pub name: String,
    /// Its place on the axes: key of the setting and value as written, for example `("data.label_noise", "0.2")`.
    pub axes: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub state: CellState,
    /// One a metric; `None`: undefined, or not there (yet).
    pub values: Vec<Option<f64>>,
    /// ŷ and y of the test clips, for the paired bootstrap; `None` where they are not there.
    pub test: Option<TestClips>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TestClips {
    pub ids: std::sync::Arc<[String]>,
    pub predicted: Vec<f32>,
    pub labels: Vec<f32>,
}

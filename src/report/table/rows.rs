//! What the table holds: every row of the data with everything that its columns are read from.

use std::sync::Arc;

use crate::config::MetricSet;
use crate::modality::{Modality, PerModality};
use crate::run::marks::{Mark, Marks};
use crate::run::predictions::PredictionValues;
use crate::run::rows::LabelRows;
use crate::split::Split;
use crate::training::metrics::error;

/// One value a row for each modality.
pub type Values = PerModality<Vec<f32>>;

/// Every row of a dataset without its features; all columns are equally long.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub split: Vec<Split>,
    pub id: Vec<String>,
    pub transcript: Vec<String>,
    /// The multimodal label.
    pub y: Vec<f32>,
    /// The multimodal label before noise; `None` where the run has none in its labels.
    pub clean: Option<Vec<f32>>,
    /// Human (or the demo's true) unimodal labels.
    pub human: Option<Values>,
    /// For searching.
    lower: Vec<Lower>,
}

/// A row's texts in lower case; `None` where they are in lower case already.
#[derive(Clone, Debug, Default)]
struct Lower {
    id: Option<Box<str>>,
    transcript: Option<Box<str>>,
}

impl From<LabelRows> for Rows {
    fn from(rows: LabelRows) -> Self {
        let clean = rows.clean;
        Self { clean, ..Self::new(rows.split, rows.id, rows.transcript, rows.y, rows.human) }
    }
}

impl Rows {
    /// Rows from columns; columns that are too short are filled up, so that every row has every value.
    pub fn new(
        split: Vec<Split>,
        mut id: Vec<String>,
        mut transcript: Vec<String>,
        mut y: Vec<f32>,
        human: Option<Values>,
    ) -> Self {
        let n = split.len();
        id.resize(n, String::new());
        transcript.resize(n, String::new());
        y.resize(n, f32::NAN);
        let human = human.map(|h| {
            h.map(|_, v| {
                let mut v = v.clone();
                v.resize(n, f32::NAN);
                v
            })
        });
        let lower = id.iter().zip(&transcript).map(|(i, t)| Lower { id: lowered(i), transcript: lowered(t) }).collect();
        Self { split, id, transcript, y, clean: None, human, lower }
    }

    /// A row's name in lower case.
    fn lower_id(&self, row: usize) -> Option<&str> {
        self.lower.get(row)?.id.as_deref()
    }

    /// A row's transcript in lower case.
    fn lower_transcript(&self, row: usize) -> Option<&str> {
        self.lower.get(row)?.transcript.as_deref()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.split.len()
    }

    pub fn is_empty(&self) -> bool {
        self.split.is_empty()
    }
}

/// The text in lower case where it is not already.
fn lowered(text: &str) -> Option<Box<str>> {
    let lower = text.to_lowercase();
    (lower != text).then(|| lower.into())
}

/// Everything that a row's columns are read from. Cheap to clone: a thread sorts one while the screen shows another.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub rows: Arc<Rows>,
    /// Corrected labels of one refresh; `None` before the first.
    pub corrected: Option<Arc<Values>>,
    /// The spread of these between the members; `None` where there is a single one.
    pub spread: Option<Arc<Values>>,
    /// What each row counts in the task of each modality; `None` where all count the same.
    pub weights: Option<Arc<Values>>,
    /// What the network predicts for every row.
    pub predictions: Option<Arc<PredictionValues>>,
    pub marks: Arc<Marks>,
    /// How the run's metrics count an error; `None` before that is known: then ŷ is not clipped.
    pub metrics: Option<MetricSet>,
    /// Modalities that the network has no encoder of: nothing that it would say of them is there.
    pub absent: PerModality<bool>,
}

impl Table {
    /// One row; reading beyond the last gives missing values.
    pub fn row(&self, row: usize) -> RowRef<'_> {
        RowRef { table: self, row }
    }
}

/// One row of a table.
#[derive(Clone, Copy)]
pub struct RowRef<'a> {
    pub table: &'a Table,
    pub row: usize,
}

impl<'a> RowRef<'a> {
    pub fn id(&self) -> &'a str {
        self.table.rows.id.get(self.row).map_or("", String::as_str)
    }

    pub fn transcript(&self) -> &'a str {
        self.table.rows.transcript.get(self.row).map_or("", String::as_str)
    }

    /// [`id`](Self::id) in lower case.
    pub fn lower_id(&self) -> &'a str {
        self.table.rows.lower_id(self.row).unwrap_or(self.id())
    }

    /// [`transcript`](Self::transcript) in lower case.
    pub fn lower_transcript(&self) -> &'a str {
        self.table.rows.lower_transcript(self.row).unwrap_or(self.transcript())
    }

    pub fn split(&self) -> Split {
        self.table.rows.split.get(self.row).copied().unwrap_or(Split::Train)
    }

    /// The multimodal label.
    pub fn label(&self) -> f32 {
        at(&self.table.rows.y, self.row)
    }

    /// The multimodal label before noise; NaN where the run has none in its labels.
    pub fn clean(&self) -> f32 {
        self.table.rows.clean.as_ref().map_or(f32::NAN, |clean| at(clean, self.row))
    }

    /// y_m; NaN before the first refresh, and where the clip lacks the modality.
    pub fn corrected(&self, m: Modality) -> f32 {
        self.table.corrected.as_ref().map_or(f32::NAN, |v| at(&v[m], self.row))
    }

    /// True where there are corrected labels and this clip has none of this modality: it lacks it.
    pub fn lacks(&self, m: Modality) -> bool {
        self.table.corrected.is_some() && self.corrected(m).is_nan()
    }

    /// The standard deviation of y_m between the members; NaN where there is a single one.
    pub fn spread(&self, m: Modality) -> f32 {
        self.table.spread.as_ref().map_or(f32::NAN, |v| at(&v[m], self.row))
    }

    /// What the row counts in the task of a modality; NaN where nothing is weighed.
    pub fn weight(&self, m: Modality) -> f32 {
        self.table.weights.as_ref().map_or(f32::NAN, |v| at(&v[m], self.row))
    }

    /// Δ = y_m - y.
    pub fn change(&self, m: Modality) -> f32 {
        self.corrected(m) - self.label()
    }

    /// True where y_m and y differ in sign; zero has none.
    pub fn flips(&self, m: Modality) -> bool {
        self.corrected(m) * self.label() < 0.0
    }

    /// The human label; NaN where there is none.
    pub fn human(&self, m: Modality) -> f32 {
        self.table.rows.human.as_ref().map_or(f32::NAN, |h| at(&h[m], self.row))
    }

    /// ŷ; NaN where nothing was predicted yet.
    pub fn predicted(&self) -> f32 {
        self.table.predictions.as_ref().map_or(f32::NAN, |p| at(&p.multimodal, self.row))
    }

    /// ŷ_m; NaN where nothing was predicted yet.
    pub fn predicted_by(&self, m: Modality) -> f32 {
        self.table.predictions.as_ref().map_or(f32::NAN, |p| at(&p.unimodal[m], self.row))
    }

    /// |ŷ - y| as the run's MAE counts it; NaN where nothing was predicted yet.
    pub fn error(&self) -> f32 {
        error(self.table.metrics.unwrap_or(MetricSet::Mosi), self.predicted(), self.label()) as f32
    }

    /// True where somebody reviewed the row.
    pub fn reviewed(&self) -> bool {
        self.mark().is_some_and(|m| m.reviewed)
    }

    /// What somebody noted; empty where nobody did.
    pub fn note(&self) -> &'a str {
        self.mark().map_or("", |m| &m.note)
    }

    /// The greatest |Δ| of the three modalities; NaN before the first refresh.
    pub fn largest_change(&self) -> f32 {
        Modality::ALL.into_iter().map(|m| self.change(m).abs()).fold(f32::NAN, f32::max)
    }

    /// What somebody marked and noted.
    pub fn mark(&self) -> Option<&'a Mark> {
        self.table.marks.get(u32::try_from(self.row).ok()?)
    }

    /// The letters of the modalities whose label changed its sign, for example `TV`.
    pub fn flip_letters(&self) -> String {
        Modality::ALL.into_iter().filter(|m| self.flips(*m)).map(Modality::letter).collect()
    }
}

fn at(values: &[f32], row: usize) -> f32 {
    values.get(row).copied().unwrap_or(f32::NAN)
}

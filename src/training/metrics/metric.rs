//! What a metric is made of.

use serde::Serialize;

/// A metric of predictions of y, as the field's tables have it.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The name in files, for example `acc2_non0`.
    pub key: &'static str,
    /// As the field writes it.
    pub name: &'static str,
    /// What it measures, a sentence.
    pub meaning: &'static str,
    pub better: Better,
    pub unit: Unit,
    /// The metric of predictions and as many true values, all finite; `None` where it is undefined.
    pub value: fn(&[f32], &[f32]) -> Option<f64>,
}

/// What a metric is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// In units of y.
    Label,
    /// A share of the clips, from 0 to 1; figures show it in per cent.
    Share,
    /// A number without a unit.
    Number,
}

/// Which end of a measure is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    Lower,
    Higher,
}

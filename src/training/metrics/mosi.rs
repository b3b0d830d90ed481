//! The metrics of the CMU-MOSI and CMU-MOSEI tables.

use super::measures::{accuracy, mae, pearson, weighted_f1};
use super::metric::{Better, Metric, Unit};

/// In the order of the tables.
pub const METRICS: &[Metric] = &[
    Metric {
        key: "mae",
        name: "MAE",
        meaning: "Mean absolute error |ŷ - y|, in units of y.",
        better: Better::Lower,
        unit: Unit::Label,
        value: mae,
    },
    Metric {
        key: "pearson",
        name: "Pearson r",
        meaning: "Correlation of ŷ with y.",
        better: Better::Higher,
        unit: Unit::Number,
        value: pearson,
    },
    Metric {
        key: "acc7",
        name: "Acc7",
        meaning: "Accuracy of seven classes: values clipped to ±3 and rounded, halves to even.",
        better: Better::Higher,
        unit: Unit::Share,
        value: |p, t| accuracy(&rounded(p, 3.0), &rounded(t, 3.0)),
    },
    Metric {
        key: "acc5",
        name: "Acc5",
        meaning: "Accuracy of five classes: values clipped to ±2 and rounded, halves to even.",
        better: Better::Higher,
        unit: Unit::Share,
        value: |p, t| accuracy(&rounded(p, 2.0), &rounded(t, 2.0)),
    },
    Metric {
        key: "acc2_has0",
        name: "Acc2 (has0)",
        meaning: "Accuracy of negative against the rest, on all clips.",
        better: Better::Higher,
        unit: Unit::Share,
        value: |p, t| accuracy(&not_negative(p), &not_negative(t)),
    },
    Metric {
        key: "f1_has0",
        name: "F1 (has0)",
        meaning: "F1 of the classes of Acc2 (has0), weighted by their support.",
        better: Better::Higher,
        unit: Unit::Share,
        value: |p, t| weighted_f1(&not_negative(p), &not_negative(t)),
    },
    Metric {
        key: "acc2_non0",
        name: "Acc2 (non0)",
        meaning: "Accuracy of positive against the rest, on the clips whose y is not 0.",
        better: Better::Higher,
        unit: Unit::Share,
        value: |p, t| accuracy(&positive(p, t), &positive(t, t)),
    },
    Metric {
        key: "f1_non0",
        name: "F1 (non0)",
        meaning: "F1 of the classes of Acc2 (non0), weighted by their support.",
        better: Better::Higher,
        unit: Unit::Share,
        value: |p, t| weighted_f1(&positive(p, t), &positive(t, t)),
    },
];

fn rounded(values: &[f32], limit: f32) -> Vec<i8> {
    values.iter().map(|v| v.clamp(-limit, limit).round_ties_even() as i8).collect()
}

fn not_negative(values: &[f32]) -> Vec<i8> {
    values.iter().map(|v| i8::from(*v >= 0.0)).collect()
}

/// 1 for each positive value; only where the truth is not 0.
fn positive(values: &[f32], truth: &[f32]) -> Vec<i8> {
    values.iter().zip(truth).filter(|(_, t)| **t != 0.0).map(|(v, _)| i8::from(*v > 0.0)).collect()
}

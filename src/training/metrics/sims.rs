//! The metrics of the CH-SIMS tables: all of values that are clipped to the labels' range first.

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
        value: |p, t| mae(&clipped(p), &clipped(t)),
    },
    Metric {
        key: "pearson",
        name: "Pearson r",
        meaning: "Correlation of ŷ with y.",
        better: Better::Higher,
        unit: Unit::Number,
        value: |p, t| pearson(&clipped(p), &clipped(t)),
    },
    Metric {
        key: "acc2",
        name: "Acc2",
        meaning: "Accuracy of positive against the rest.",
        better: Better::Higher,
        unit: Unit::Share,
        value: |p, t| accuracy(&binned(p, &EDGES_2), &binned(t, &EDGES_2)),
    },
    Metric {
        key: "f1",
        name: "F1",
        meaning: "F1 of the classes of Acc2, weighted by their support.",
        better: Better::Higher,
        unit: Unit::Share,
        value: |p, t| weighted_f1(&binned(p, &EDGES_2), &binned(t, &EDGES_2)),
    },
    Metric {
        key: "acc3",
        name: "Acc3",
        meaning: "Accuracy of three classes, with edges at ±0.1.",
        better: Better::Higher,
        unit: Unit::Share,
        value: |p, t| accuracy(&binned(p, &EDGES_3), &binned(t, &EDGES_3)),
    },
    Metric {
        key: "acc5",
        name: "Acc5",
        meaning: "Accuracy of five classes, with edges at ±0.1 and ±0.7.",
        better: Better::Higher,
        unit: Unit::Share,
        value: |p, t| accuracy(&binned(p, &EDGES_5), &binned(t, &EDGES_5)),
    },
];

/// Labels lie in ± this.
const RANGE: f32 = 1.0;

/// Upper edges of the bins but the last, which holds the rest: the field's outer edges of ±1.01 lie outside of what
/// values are clipped to.
const EDGES_2: [f32; 1] = [0.0];
const EDGES_3: [f32; 2] = [-0.1, 0.1];
pub(super) const EDGES_5: [f32; 4] = [-0.7, -0.1, 0.1, 0.7];

/// A value as the tables count it.
pub(super) fn clip(value: f32) -> f32 {
    value.clamp(-RANGE, RANGE)
}

fn clipped(values: &[f32]) -> Vec<f32> {
    values.iter().copied().map(clip).collect()
}

/// The bin of each value; bins are open on the left and closed on the right, so a value on an edge falls below it.
fn binned(values: &[f32], edges: &[f32]) -> Vec<i8> {
    values.iter().map(|v| edges.iter().filter(|edge| clip(*v) > **edge).count() as i8).collect()
}

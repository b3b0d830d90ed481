//! What correction did to the labels of a whole dataset, split by split.

use super::agreement::summarise_values;
use super::events::{LabelSummaries, LabelValues};
use crate::dataset::Dataset;
use crate::split::{PerSplit, Split};

/// Summaries of labels of every row, rows in the order train, valid, test. The human labels of rows that are `left_out`
/// (in order) judge nothing. Rows are drawn `resamples` times for the intervals.
pub fn summaries(dataset: &Dataset, labels: &LabelValues, left_out: &[usize], resamples: usize) -> LabelSummaries {
    let mut start = 0;
    PerSplit::from_fn(|split: Split| {
        let rows = start..start + dataset.len(split);
        start = rows.end;
        let human = dataset.unimodal_labels(split).map(|human| {
            human.map(|_, human| {
                let known = |(row, y): (usize, &f32)| match left_out.binary_search(&(rows.start + row)) {
                    Ok(_) => f32::NAN,
                    Err(_) => *y,
                };
                human.iter().enumerate().map(known).collect()
            })
        });
        let values = labels.of(|column| column[rows.clone()].to_vec());
        summarise_values(dataset.labels(split), &values, human.as_ref(), dataset.label_range, resamples)
    })
}

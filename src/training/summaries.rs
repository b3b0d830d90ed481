//! What correction did to the labels of a whole dataset, split by split.

use super::agreement::{summarise, weigh_moves};
use super::events::{LabelSummaries, LabelValues};
use crate::dataset::Dataset;
use crate::modality::PerModality;
use crate::split::{PerSplit, Split};

/// Summaries of labels of every row, rows in the order train, valid, test. The human labels of rows that are `left_out`
/// (in order) judge nothing. Rows are drawn `resamples` times for the intervals.
pub fn summaries(dataset: &Dataset, labels: &LabelValues, left_out: &[usize], resamples: usize) -> LabelSummaries {
    let mut start = 0;
    PerSplit::from_fn(|split: Split| {
        let rows = start..start + dataset.len(split);
        start = rows.end;
        let of = |all: &PerModality<Vec<f32>>| all.map(|_, all| all[rows.clone()].to_vec());
        let corrected = of(&labels.corrected);
        let human = dataset.unimodal_labels(split).map(|human| {
            human.map(|_, human| {
                let known = |(row, y): (usize, &f32)| match left_out.binary_search(&(rows.start + row)) {
                    Ok(_) => f32::NAN,
                    Err(_) => *y,
                };
                human.iter().enumerate().map(known).collect()
            })
        });
        let (y, range) = (dataset.labels(split), dataset.label_range);
        let mut found = summarise(y, &corrected, human.as_ref(), range, resamples);
        if let Some(spread) = &labels.spread {
            weigh_moves(&mut found, y, &corrected, &of(spread), range);
        }
        found
    })
}

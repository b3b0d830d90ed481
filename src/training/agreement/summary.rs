//! What correction did to the labels of a split.

use super::judge::judge;
use super::signs::{MOVED, grid};
use crate::modality::{Modality, PerModality};
use crate::training::events::{LabelSummary, LabelValues};
use crate::training::metrics::{mae, pearson};

/// Compares the corrected labels of one split with the multimodal labels y and, where there are such, with human (or the
/// demo's true) unimodal labels; copies of y are judged by the same ones, as the floor.
///
/// `labels` and each vector of `corrected` and `human` hold one value a row; `label_range` is H, and rows are drawn
/// `resamples` times for the intervals. Rows whose human label is not finite (never annotated) are left out of the
/// agreement of both. What cannot be computed (no row, vectors of unequal length, a corrected label that is not finite) is
/// undefined.
///
/// ```
/// use mug::modality::PerModality;
/// use mug::training::agreement::summarise;
///
/// let y = [0.6, -0.4, 0.2, -0.8];
/// let corrected = PerModality::from_fn(|_| vec![0.4, 0.1, 0.2, -0.8]);
/// // Nobody annotated the last clip.
/// let human = PerModality::from_fn(|_| vec![0.4, 0.2, 0.0, f32::NAN]);
/// let text = summarise(&y, &corrected, Some(&human), 1.0, 200).text;
///
/// assert_eq!((text.annotated, text.share_moved), (Some(3), Some(0.5)));
/// // Copies of y are off by 0.2, 0.6 and 0.2, corrected labels by 0, 0.1 and 0.2.
/// let gain = text.gain.and_then(|gain| gain.mae).unwrap();
/// assert!((gain - (1.0 - 0.3) / 3.0).abs() < 1e-6);
/// ```
pub fn summarise(
    labels: &[f32],
    corrected: &PerModality<Vec<f32>>,
    human: Option<&PerModality<Vec<f32>>>,
    label_range: f32,
    resamples: usize,
) -> PerModality<LabelSummary> {
    let all = labels.len();
    corrected.map(|m, corrected| {
        let rows = known_rows(corrected, labels);
        let of = |values: &[f32]| {
            rows.as_ref().map(|rows| rows.iter().filter_map(|&row| values.get(row).copied()).collect())
        };
        let (own, y): (Option<Vec<f32>>, Option<Vec<f32>>) = (of(corrected), of(labels));
        let (corrected, labels) = (own.as_deref().unwrap_or(corrected), y.as_deref().unwrap_or(labels));
        let mut summary = LabelSummary {
            mean_abs_change: mae(corrected, labels),
            share_moved: share_moved(corrected, labels, label_range),
            correlation: pearson(corrected, labels),
            variance_ratio: variance(corrected).zip(variance(labels)).and_then(|(c, y)| (y > 0.0).then(|| c / y)),
            copied_corrected: grid(labels, corrected, label_range),
            ..LabelSummary::default()
        };
        if let Some(human) = human {
            let human =
                if human[m].len() == all { of(&human[m]).unwrap_or_else(|| human[m].clone()) } else { Vec::new() };
            judge(labels, corrected, &human, label_range, resamples, &mut summary);
        }
        summary
    })
}

/// The same of labels as they are read from members: with what their spread says of the moves, where there is one.
pub fn summarise_values(
    labels: &[f32],
    values: &LabelValues,
    human: Option<&PerModality<Vec<f32>>>,
    label_range: f32,
    resamples: usize,
) -> PerModality<LabelSummary> {
    let mut summaries = summarise(labels, &values.corrected, human, label_range, resamples);
    if let Some(spread) = &values.spread {
        weigh_moves(&mut summaries, labels, &values.corrected, spread, label_range);
    }
    summaries
}

/// Adds what the spread between members says of the moves; `spread` holds one value a row, as `corrected` does. What
/// cannot be computed (vectors of unequal length, no row, none that moved) is left undefined.
pub(super) fn weigh_moves(
    summaries: &mut PerModality<LabelSummary>,
    labels: &[f32],
    corrected: &PerModality<Vec<f32>>,
    spread: &PerModality<Vec<f32>>,
    label_range: f32,
) {
    for m in Modality::ALL {
        let (corrected, spread) = (&corrected[m], &spread[m]);
        if labels.is_empty() || corrected.len() != labels.len() || spread.len() != labels.len() {
            continue;
        }
        let moves = corrected.iter().zip(labels).map(|(c, y)| (c - y).abs()).zip(spread);
        let moved: Vec<(f32, &f32)> = moves.filter(|(by, _)| *by > MOVED * label_range).collect();
        let share = |count: usize, of: usize| (of > 0).then(|| count as f64 / of as f64);
        let known = corrected.iter().filter(|c| c.is_finite()).count();
        summaries[m].share_clear = share(moved.iter().filter(|(by, s)| by > *s).count(), known);
        summaries[m].share_uncertain = share(moved.iter().filter(|(by, s)| *by < 2.0 * **s).count(), moved.len());
    }
}

/// The rows that have a corrected label, where some have and some have none: a clip that lacks the modality has none.
fn known_rows(corrected: &[f32], labels: &[f32]) -> Option<Vec<usize>> {
    let unknown = corrected.len() == labels.len() && corrected.iter().any(|y| !y.is_finite());
    unknown.then(|| (0..corrected.len()).filter(|&row| corrected[row].is_finite()).collect())
}

fn variance(values: &[f32]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    Some(values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n)
}

fn share_moved(corrected: &[f32], labels: &[f32], label_range: f32) -> Option<f64> {
    let finite = corrected.iter().chain(labels).all(|v| v.is_finite());
    if corrected.len() != labels.len() || labels.is_empty() || !finite {
        return None;
    }
    let moved = corrected.iter().zip(labels).filter(|(c, y)| (*c - *y).abs() > MOVED * label_range).count();
    Some(moved as f64 / labels.len() as f64)
}

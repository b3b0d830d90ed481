//! What correction did to the labels, and whether it brought them closer to human or known ones (METHOD.md, "What must
//! be visible").

use crate::modality::PerModality;
use crate::training::events::{Agreement, LabelSummary};
use crate::training::metrics::{mae, pearson};

/// A label counts as moved when it changed by more than this share of H.
pub const MOVED: f32 = 0.05;

/// Compares the corrected labels of one split with the multimodal labels y and, where there are such, with human (or the
/// demo's true) unimodal labels; copies of y are judged by the same ones, as the floor.
///
/// `labels` and each vector of `corrected` and `human` hold one value a row; `label_range` is H. Rows whose human label
/// is not finite (never annotated) are left out of the agreement of both. What cannot be computed (no row, vectors of
/// unequal length, a corrected label that is not finite) is undefined.
pub fn summarise(
    labels: &[f32],
    corrected: &PerModality<Vec<f32>>,
    human: Option<&PerModality<Vec<f32>>>,
    label_range: f32,
) -> PerModality<LabelSummary> {
    corrected.map(|m, corrected| {
        let human = human.map(|h| h[m].as_slice());
        LabelSummary {
            mean_abs_change: mae(corrected, labels),
            share_moved: share_moved(corrected, labels, label_range),
            corrected: human.map(|h| agreement(corrected, h)),
            copied: human.map(|h| agreement(labels, h)),
        }
    })
}

/// MAE and Pearson r of `values` against `human`, over the rows that have a human label.
fn agreement(values: &[f32], human: &[f32]) -> Agreement {
    if values.len() != human.len() {
        return Agreement::default();
    }
    let (values, human): (Vec<f32>, Vec<f32>) =
        values.iter().zip(human).filter(|(_, h)| h.is_finite()).map(|(v, h)| (*v, *h)).unzip();
    Agreement { mae: mae(&values, &human), pearson: pearson(&values, &human) }
}

fn share_moved(corrected: &[f32], labels: &[f32], label_range: f32) -> Option<f64> {
    let finite = corrected.iter().chain(labels).all(|v| v.is_finite());
    if corrected.len() != labels.len() || labels.is_empty() || !finite {
        return None;
    }
    let moved = corrected.iter().zip(labels).filter(|(c, y)| (*c - *y).abs() > MOVED * label_range).count();
    Some(moved as f64 / labels.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modality::Modality;

    fn each(text: &[f32], audio: &[f32], vision: &[f32]) -> PerModality<Vec<f32>> {
        PerModality { text: text.to_vec(), audio: audio.to_vec(), vision: vision.to_vec() }
    }

    fn near(found: Option<f64>, expected: f64) {
        assert!(found.is_some_and(|f| (f - expected).abs() < 1e-6), "{found:?}, expected {expected}");
    }

    #[test]
    fn change_and_agreement() {
        let y = [1.0, -1.0, 0.5, 0.0];
        let corrected = each(&y, &[0.5, -1.0, 0.5, 0.25], &[-1.0, 1.0, -0.5, 0.0]);
        let human = each(&[1.0, -1.0, 0.5, 0.5], &[0.5, -1.0, 0.5, 0.25], &[1.0, -1.0, 0.5, 0.0]);
        let found = summarise(&y, &corrected, Some(&human), 1.0);

        // Text: copies, so both agreements are the same.
        near(found.text.mean_abs_change, 0.0);
        near(found.text.share_moved, 0.0);
        assert_eq!(found.text.corrected, found.text.copied);
        near(found.text.copied.unwrap().mae, 0.125);
        // Audio: two of four rows moved, to the truth.
        near(found.audio.mean_abs_change, 0.1875);
        near(found.audio.share_moved, 0.5);
        near(found.audio.corrected.unwrap().mae, 0.0);
        near(found.audio.corrected.unwrap().pearson, 1.0);
        near(found.audio.copied.unwrap().mae, 0.1875);
        // Vision: everything moved away from a truth that copies meet.
        near(found.vision.corrected.unwrap().pearson, -1.0);
        near(found.vision.copied.unwrap().pearson, 1.0);
        near(found.vision.mean_abs_change, 1.25);
    }

    #[test]
    fn moved_is_relative_to_the_range() {
        let corrected = PerModality::from_fn(|_| vec![0.1, 0.2]);
        near(summarise(&[0.0, 0.0], &corrected, None, 1.0)[Modality::Audio].share_moved, 1.0);
        near(summarise(&[0.0, 0.0], &corrected, None, 3.0)[Modality::Audio].share_moved, 0.5);
        near(summarise(&[0.0, 0.0], &corrected, None, 4.5)[Modality::Audio].share_moved, 0.0);
    }

    #[test]
    fn without_human_labels_there_is_no_agreement() {
        let found = summarise(&[0.5], &each(&[0.0], &[0.0], &[0.0]), None, 1.0);
        assert_eq!((found.text.corrected, found.text.copied), (None, None));
        near(found.text.mean_abs_change, 0.5);
    }

    #[test]
    fn rows_without_annotation_are_left_out_of_both() {
        let human = PerModality::from_fn(|_| vec![f32::NAN, 0.0, 1.0]);
        let found = summarise(&[9.0, 0.5, 1.0], &each(&[9.0, 0.25, 1.0], &[0.0; 3], &[0.0; 3]), Some(&human), 1.0);
        near(found.text.copied.unwrap().mae, 0.25);
        near(found.text.corrected.unwrap().mae, 0.125);
        near(found.text.copied.unwrap().pearson, 1.0);
    }

    #[test]
    fn undefined_stays_undefined() {
        let empty = PerModality::<Vec<f32>>::default();
        let found = summarise(&[], &empty, Some(&empty), 1.0).text;
        assert_eq!((found.mean_abs_change, found.share_moved), (None, None));
        assert_eq!(found.corrected, Some(Agreement::default()));

        let human = PerModality::from_fn(|_| vec![0.0, 1.0]);
        let found = summarise(&[0.0, 1.0], &each(&[f32::NAN, 1.0], &[0.5, 0.5], &[0.5]), Some(&human), 1.0);
        assert_eq!((found.text.share_moved, found.text.corrected), (None, Some(Agreement::default())));
        // Constant: r is undefined, MAE is not.
        assert_eq!(found.audio.corrected, Some(Agreement { mae: Some(0.5), pearson: None }));
        // A row too few: undefined, not a panic.
        assert_eq!((found.vision.mean_abs_change, found.vision.corrected), (None, Some(Agreement::default())));
    }
}

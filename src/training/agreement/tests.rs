//! Tests of what is said of labels.

use super::summary::weigh_moves;
use super::*;
use crate::modality::{Modality, PerModality};
use crate::training::bootstrap::{RESAMPLES, intervals};
use crate::training::events::{Agreement, LabelSummary};
use crate::training::metrics::pearson;

fn each(text: &[f32], audio: &[f32], vision: &[f32]) -> PerModality<Vec<f32>> {
    PerModality { text: text.to_vec(), audio: audio.to_vec(), vision: vision.to_vec() }
}

fn near(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|f| (f - expected).abs() < 1e-6), "{found:?}, expected {expected}");
}

#[test]
fn moves_are_weighed_by_the_spread() {
    let y = [0.0, 0.0, 0.0, 0.0, 0.0];
    // Text: two moves beyond their spread, one of them twice, one within it, and one too small to be a move.
    let corrected = each(&[0.4, 0.3, -0.2, 0.04, 0.0], &y, &[0.5; 4]);
    let spread = each(&[0.1, 0.2, 0.3, 0.0, 0.0], &[0.1; 5], &[0.1; 4]);
    let mut found = PerModality::<LabelSummary>::default();
    weigh_moves(&mut found, &y, &corrected, &spread, 1.0);
    assert_eq!((found.text.share_clear, found.text.share_uncertain), (Some(0.4), Some(2.0 / 3.0)));
    // Nothing moved; vectors of unequal length.
    assert_eq!((found.audio.share_clear, found.audio.share_uncertain), (Some(0.0), None));
    assert_eq!(found.vision, LabelSummary::default());
}

#[test]
fn change_and_agreement() {
    let y = [1.0, -1.0, 0.5, 0.0];
    let corrected = each(&y, &[0.5, -1.0, 0.5, 0.25], &[-1.0, 1.0, -0.5, 0.0]);
    let human = each(&[1.0, -1.0, 0.5, 0.5], &[0.5, -1.0, 0.5, 0.25], &[1.0, -1.0, 0.5, 0.0]);
    let found = summarise(&y, &corrected, Some(&human), 1.0, RESAMPLES);

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
    near(summarise(&[0.0, 0.0], &corrected, None, 1.0, RESAMPLES)[Modality::Audio].share_moved, 1.0);
    near(summarise(&[0.0, 0.0], &corrected, None, 3.0, RESAMPLES)[Modality::Audio].share_moved, 0.5);
    near(summarise(&[0.0, 0.0], &corrected, None, 4.5, RESAMPLES)[Modality::Audio].share_moved, 0.0);
}

#[test]
fn without_human_labels_there_is_no_agreement() {
    let found = summarise(&[0.5], &each(&[0.0], &[0.0], &[0.0]), None, 1.0, RESAMPLES);
    assert_eq!((found.text.corrected, found.text.copied), (None, None));
    near(found.text.mean_abs_change, 0.5);
}

#[test]
fn rows_without_annotation_are_left_out_of_both() {
    let human = PerModality::from_fn(|_| vec![f32::NAN, 0.0, 1.0]);
    let found =
        summarise(&[9.0, 0.5, 1.0], &each(&[9.0, 0.25, 1.0], &[0.0; 3], &[0.0; 3]), Some(&human), 1.0, RESAMPLES);
    near(found.text.copied.unwrap().mae, 0.25);
    near(found.text.corrected.unwrap().mae, 0.125);
    near(found.text.copied.unwrap().pearson, 1.0);
}

#[test]
fn undefined_stays_undefined() {
    let empty = PerModality::<Vec<f32>>::default();
    let found = summarise(&[], &empty, Some(&empty), 1.0, RESAMPLES).text;
    assert_eq!((found.mean_abs_change, found.share_moved), (None, None));
    assert_eq!(found.corrected, Some(Agreement::default()));

    let human = PerModality::from_fn(|_| vec![0.0, 1.0]);
    let found = summarise(&[0.0, 1.0], &each(&[f32::NAN, 1.0], &[0.5, 0.5], &[0.5]), Some(&human), 1.0, RESAMPLES);
    // No corrected label (the clip lacks the modality): left out of everything, copies included.
    assert_eq!((found.text.share_moved, found.text.annotated), (Some(0.0), Some(1)));
    assert_eq!((found.text.corrected.unwrap().mae, found.text.copied.unwrap().mae), (Some(0.0), Some(0.0)));
    // Constant: r is undefined, MAE is not.
    let audio = found.audio.corrected.unwrap();
    assert_eq!((audio.mae, audio.pearson, audio.pearson_interval), (Some(0.5), None, None));
    // A row too few: undefined, not a panic.
    assert_eq!((found.vision.mean_abs_change, found.vision.corrected), (None, Some(Agreement::default())));
}

/// A fixed input: copies, corrected and human labels of 200 rows, H = 1.
fn fixed() -> [Vec<f32>; 3] {
    let of = |f: &dyn Fn(f64) -> f64| -> Vec<f32> { (0..200).map(|k| f(f64::from(k)) as f32).collect() };
    let human = of(&|k| (k * 53.0 % 61.0 - 30.0) / 30.0);
    let mixed = |share: f32, noise: Vec<f32>| human.iter().zip(noise).map(|(h, n)| h * share + n).collect();
    let copied = mixed(0.6, of(&|k| (k * 37.0 % 41.0 - 20.0) / 40.0));
    let corrected = mixed(0.8, of(&|k| (k * 29.0 % 43.0 - 21.0) / 60.0));
    [copied, corrected, human]
}

// Copies' and corrected labels' MAE, sign agreement and r, then the gains in MAE and r, with intervals from scipy
// 1.17.1 on numpy 2.4.6:
//
//   scipy.stats.bootstrap((label, human), statistic, paired=True, vectorized=True, method="percentile",
//                         confidence_level=.95, n_resamples=100000, rng=numpy.random.default_rng(1))
//
// and for the gains the same of (copied, corrected, human). The grids are numpy.add.at of the signs.
const SCIPY: [(f64, [f64; 2]); 8] = [
    (0.30414999, [0.27482500, 0.33393333]),
    (0.19641667, [0.17861667, 0.21448333]),
    (0.67, [0.605, 0.735]),
    (0.795, [0.74, 0.85]),
    (0.77757640, [0.72844631, 0.82025458]),
    (0.91791520, [0.90119518, 0.93263800]),
    (0.10773333, [0.07539166, 0.13980854]),
    (0.14033880, [0.10122137, 0.18469504]),
];

#[test]
fn intervals_are_scipys() {
    let [copied, corrected, human] = fixed();
    let terms = terms(&copied, &corrected, &human, 1.0);
    let found = intervals(&terms, 20_000, |sums| measures(sums, 200.0));
    for (k, (found, (_, expected))) in found.into_iter().zip(SCIPY).enumerate() {
        // What 20,000 resamples leave to chance: four standard errors of a percentile. Shares step by 1/200.
        let slack = 0.04 * (expected[1] - expected[0]) + if k == 2 || k == 3 { 0.005 } else { 0.0 };
        for (found, expected) in found.unwrap().into_iter().zip(expected) {
            assert!((found - expected).abs() <= slack, "{k}: {found}, scipy has {expected}");
        }
    }
}

#[test]
fn a_summary_holds_values_intervals_and_grids() {
    let [copied, corrected, human] = fixed();
    let all = |v: &[f32]| PerModality::from_fn(|_| v.to_vec());
    let found = summarise(&copied, &all(&corrected), Some(&all(&human)), 1.0, RESAMPLES).text;
    let (y, c, gain) = (found.copied.unwrap(), found.corrected.unwrap(), found.gain.unwrap());
    let values = [y.mae, c.mae, y.sign, c.sign, y.pearson, c.pearson, gain.mae, gain.pearson];
    let ends = [y.mae_interval, c.mae_interval, y.sign_interval, c.sign_interval, y.pearson_interval]
        .into_iter()
        .chain([c.pearson_interval, gain.mae_interval, gain.pearson_interval]);
    for (k, ((value, end), (expected, interval))) in values.into_iter().zip(ends).zip(SCIPY).enumerate() {
        near(value, expected);
        let (end, width) = (end.unwrap(), interval[1] - interval[0]);
        assert!((0..2).all(|i| (end[i] - interval[i]).abs() < 0.2 * width), "{k}: {end:?}, scipy has {interval:?}");
    }
    assert_eq!(found.annotated, Some(200));
    assert_eq!(found.copied_human, Some([[66, 6, 10], [15, 4, 15], [11, 9, 64]]));
    assert_eq!(found.corrected_human, Some([[79, 7, 2], [11, 4, 11], [2, 8, 76]]));
    assert_eq!(found.copied_corrected.unwrap().iter().flatten().sum::<u32>(), 200);
    near(found.correlation, pearson(&corrected, &copied).unwrap());
    let scaled =
        summarise(&copied, &all(&copied.iter().map(|v| v * 0.5).collect::<Vec<_>>()), None, 1.0, RESAMPLES).text;
    near(scaled.variance_ratio, 0.25);
    assert_eq!((scaled.copied_human, scaled.gain), (None, None));
}

#[test]
fn neutral_is_closed_above_and_open_below() {
    let signs = [-1.0, -0.1, -0.099, 0.0, 0.1, 0.101, 1.0].map(|v| sign(v, 1.0));
    assert_eq!(signs, [0, 0, 1, 1, 1, 2, 2]);
    assert_eq!([sign(0.3, 3.0), sign(0.31, 3.0)], [1, 2]);
}

//! What correction did to the labels, and whether it brought them closer to human or known ones ([the method](crate::book::method), what can fail).

use crate::modality::{Modality, PerModality};
use crate::training::bootstrap::intervals;
use crate::training::events::{Agreement, Apart, Gain, Grid, LabelSummary, LabelValues, Part};
use crate::training::metrics::{mae, pearson};

/// A label counts as moved when it changed by more than this share of H.
pub const MOVED: f32 = 0.05;

/// A modality differs from its clip where its own label is further than this share of H from y. Labels .2 H apart agree,
/// whatever their difference rounds to.
pub const DIFFERS: f32 = 0.2 + 1e-4;

/// A label is neutral within this share of H around 0, as in [the method](crate::book::method)'s Acc3: closed above, open below.
pub const NEUTRAL: f32 = 0.1;

/// The sign of a label: 0 negative, 1 neutral, 2 positive.
pub fn sign(label: f32, label_range: f32) -> usize {
    let edge = NEUTRAL * label_range;
    usize::from(label > -edge) + usize::from(label > edge)
}

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
fn weigh_moves(
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

/// Judges copies and corrected labels by the rows that have a human label.
fn judge(
    copied: &[f32],
    corrected: &[f32],
    human: &[f32],
    label_range: f32,
    resamples: usize,
    summary: &mut LabelSummary,
) {
    if copied.len() != human.len() || corrected.len() != human.len() {
        (summary.corrected, summary.copied) = (Some(Agreement::default()), Some(Agreement::default()));
        return;
    }
    let known = |values: &[f32]| -> Vec<f32> {
        values.iter().zip(human).filter(|(_, h)| h.is_finite()).map(|(v, _)| *v).collect()
    };
    let (copied, corrected, human) = (known(copied), known(corrected), known(human));
    let agreement = |values: &[f32]| Agreement {
        mae: mae(values, &human),
        pearson: pearson(values, &human),
        sign: grid(values, &human, label_range).and_then(|g| share_equal(&g)),
        ..Agreement::default()
    };
    let (mut c, mut y) = (agreement(&corrected), agreement(&copied));
    let mut gain = Gain {
        mae: y.mae.zip(c.mae).map(|(y, c)| y - c),
        pearson: c.pearson.zip(y.pearson).map(|(c, y)| c - y),
        ..Gain::default()
    };
    // Nothing to draw intervals around where the values themselves are undefined.
    if c.mae.is_some() && y.mae.is_some() {
        let terms = terms(&copied, &corrected, &human, label_range);
        let count = terms.len() as f64;
        let found = intervals(&terms, resamples, |sums| measures(sums, count));
        [y.mae_interval, c.mae_interval, y.sign_interval, c.sign_interval, ..] = found;
        [.., y.pearson_interval, c.pearson_interval, gain.mae_interval, gain.pearson_interval] = found;
    }
    let differs = |i: &usize| (human[*i] - copied[*i]).abs() > DIFFERS * label_range;
    let (differing, agreeing): (Vec<usize>, Vec<usize>) = (0..human.len()).partition(differs);
    let part = |rows: &[usize]| part(rows, &copied, &corrected, &human, resamples);
    summary.apart = Some(Apart { agreeing: part(&agreeing), differing: part(&differing) });
    summary.annotated = Some(human.len());
    summary.copied_human = grid(&copied, &human, label_range);
    summary.corrected_human = grid(&corrected, &human, label_range);
    (summary.corrected, summary.copied, summary.gain) = (Some(c), Some(y), Some(gain));
}

/// Copies and corrected labels on some rows.
fn part(rows: &[usize], copied: &[f32], corrected: &[f32], human: &[f32], resamples: usize) -> Part {
    let of = |values: &[f32]| -> Vec<f32> { rows.iter().map(|i| values[*i]).collect() };
    let (copied, corrected, human) = (of(copied), of(corrected), of(human));
    let (y, c) = (mae(&copied, &human), mae(&corrected, &human));
    let gain = y.zip(c).map(|(y, c)| y - c);
    let error = |value: f32, human: f32| (f64::from(value) - f64::from(human)).abs();
    let terms: Vec<[f64; 1]> = (0..human.len())
        .filter(|_| gain.is_some())
        .map(|i| [error(copied[i], human[i]) - error(corrected[i], human[i])])
        .collect();
    let count = terms.len() as f64;
    let [gain_interval] = intervals(&terms, resamples, |[sum]| [sum / count]);
    Part { rows: rows.len(), copied: y, corrected: c, gain, gain_interval }
}

/// What each row adds to the sums that [`measures`] are made of: errors and equal signs of copies and corrected labels,
/// then first and second moments of (copied, corrected, human), taken around the means.
pub(super) fn terms(copied: &[f32], corrected: &[f32], human: &[f32], label_range: f32) -> Vec<[f64; 12]> {
    let mean = |values: &[f32]| values.iter().map(|v| f64::from(*v)).sum::<f64>() / values.len() as f64;
    let (my, mc, mh) = (mean(copied), mean(corrected), mean(human));
    let same = |a: f32, b: f32| f64::from(u8::from(sign(a, label_range) == sign(b, label_range)));
    let row = |((y, c), h): ((&f32, &f32), &f32)| {
        let (error_y, error_c) = (f64::from(*y) - f64::from(*h), f64::from(*c) - f64::from(*h));
        let (sign_y, sign_c) = (same(*y, *h), same(*c, *h));
        let (y, c, h) = (f64::from(*y) - my, f64::from(*c) - mc, f64::from(*h) - mh);
        [error_y.abs(), error_c.abs(), sign_y, sign_c, y, c, h, y * y, c * c, h * h, y * h, c * h]
    };
    copied.iter().zip(corrected).zip(human).map(row).collect()
}

/// MAE, sign agreement and r, of copies and of corrected labels each, then the gains in MAE and in r.
pub(super) fn measures(sums: &[f64; 12], count: f64) -> [f64; 8] {
    let [error_y, error_c, sign_y, sign_c, y, c, h, yy, cc, hh, yh, ch] = sums.map(|sum| sum / count);
    let r = |a: f64, aa: f64, ah: f64| {
        let (var_a, var_h) = (aa - a * a, hh - h * h);
        // What is left of a variance of 0 after rounding is no variance.
        let varies = var_a > 1e-12 * aa && var_h > 1e-12 * hh;
        if varies { ((ah - a * h) / (var_a.sqrt() * var_h.sqrt())).clamp(-1.0, 1.0) } else { f64::NAN }
    };
    let (r_y, r_c) = (r(y, yy, yh), r(c, cc, ch));
    [error_y, error_c, sign_y, sign_c, r_y, r_c, error_y - error_c, r_c - r_y]
}

/// Rows by the signs of two labels; `None` where there is no row, or none to compare.
fn grid(down: &[f32], across: &[f32], label_range: f32) -> Option<Grid> {
    if down.is_empty() || down.len() != across.len() || down.iter().chain(across).any(|v| !v.is_finite()) {
        return None;
    }
    let mut counts = Grid::default();
    for (a, b) in down.iter().zip(across) {
        counts[sign(*a, label_range)][sign(*b, label_range)] += 1;
    }
    Some(counts)
}

/// The share of rows on a grid's diagonal.
fn share_equal(grid: &Grid) -> Option<f64> {
    let total: u32 = grid.iter().flatten().sum();
    (total > 0).then(|| f64::from(grid[0][0] + grid[1][1] + grid[2][2]) / f64::from(total))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::bootstrap::RESAMPLES;

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
}

//! Copies and corrected labels judged by human ones.

use super::signs::{DIFFERS, grid, share_equal, sign};
use crate::training::bootstrap::intervals;
use crate::training::events::{Agreement, Apart, Gain, LabelSummary, Part};
use crate::training::metrics::{mae, pearson};

/// Judges copies and corrected labels by the rows that have a human label.
pub(super) fn judge(
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
pub(in crate::training) fn terms(copied: &[f32], corrected: &[f32], human: &[f32], label_range: f32) -> Vec<[f64; 12]> {
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
pub(in crate::training) fn measures(sums: &[f64; 12], count: f64) -> [f64; 8] {
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

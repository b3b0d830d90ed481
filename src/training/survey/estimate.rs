//! What judged clips say of all clips: each counts for as many as it stands for.

use serde::{Deserialize, Serialize};

use crate::training::agreement::{measures, terms};
use crate::training::bootstrap::{Sampled, stratified_intervals};
use crate::training::calibration::more;
use crate::training::events::{Agreement, Gain};

/// A clip that somebody judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    pub stratum: usize,
    /// y
    pub copied: f32,
    /// y_m
    pub corrected: f32,
    /// What the person said.
    pub human: f32,
}

/// Corrected labels and copies of one modality by people's labels, for all clips of the strata. `None`: undefined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Clips judged.
    pub clips: usize,
    /// Clips that they stand for.
    pub rows: usize,
    /// Clips of splits where fewer than two were judged: nothing is said of them.
    pub uncovered: usize,
    /// Strata with fewer than two judged clips, which count as one with a neighbour.
    pub joined: usize,
    pub corrected: Agreement,
    pub copied: Agreement,
    pub gain: Gain,
    /// Of the gain in MAE.
    pub standard_error: Option<f64>,
    /// Judged clips that are missing, drawn as the others were, until the gain's interval excludes 0, if it stays as it is;
    /// `None`: no number would do, or nothing is known.
    pub more: Option<u64>,
}

/// Strata that count as one, with the clips judged in them.
#[derive(Default)]
struct Group {
    rows: usize,
    judged: Vec<Judged>,
}

/// Estimates agreement over all clips of the strata: `groups` holds, split by split, each stratum's number and its clips.
///
/// A clip judged in a stratum of N with n judged ones counts N/n times (Horvitz and Thompson, JASA 47, 1952). What somebody
/// skipped is taken for missing at random within its stratum. Intervals draw clips within strata, rescaled so that their
/// spread is that of the estimate (Rao and Wu, JASA 83, 1988). A stratum with fewer than two judged clips counts as one
/// with its neighbour in the order of moves.
pub fn estimate(groups: &[Vec<(usize, usize)>], judged: &[Judged], label_range: f32, resamples: usize) -> Estimate {
    let mut found = Estimate::default();
    let mut all: Vec<Group> = Vec::new();
    for split in groups {
        let strata: Vec<Group> = split.iter().map(|(stratum, rows)| of(*stratum, *rows, judged)).collect();
        let count: usize = strata.iter().map(|g| g.judged.len()).sum();
        if count < 2 {
            found.uncovered += strata.iter().map(|g| g.rows).sum::<usize>();
            continue;
        }
        let before = strata.len();
        let joined = join(strata);
        found.joined += before - joined.len();
        all.extend(joined);
    }
    found.clips = all.iter().map(|g| g.judged.len()).sum();
    found.rows = all.iter().map(|g| g.rows).sum();
    if found.clips == 0 {
        return found;
    }
    let column = |of: fn(&Judged) -> f32| -> Vec<f32> { all.iter().flat_map(|g| g.judged.iter().map(of)).collect() };
    let terms = terms(&column(|j| j.copied), &column(|j| j.corrected), &column(|j| j.human), label_range);
    let mut rest = terms.as_slice();
    let sampled: Vec<Sampled<'_, 12>> = all
        .iter()
        .map(|group| {
            let (own, others) = rest.split_at(group.judged.len());
            rest = others;
            Sampled { size: group.rows as f64, terms: own }
        })
        .collect();
    let size = found.rows as f64;
    let measured = measures(&Sampled::total(&sampled), size);
    let [error_y, error_c, sign_y, sign_c, r_y, r_c, gain, gain_r] = measured.map(|v| v.is_finite().then_some(v));
    let intervals = stratified_intervals(&sampled, resamples, |sums| measures(sums, size));
    let [y_mae, c_mae, y_sign, c_sign, y_r, c_r, gain_mae, gain_pearson] = intervals;
    let agreement = |mae, pearson, sign, mae_interval, pearson_interval, sign_interval| Agreement {
        mae,
        pearson,
        sign,
        mae_interval,
        pearson_interval,
        sign_interval,
    };
    found.copied = agreement(error_y, r_y, sign_y, y_mae, y_r, y_sign);
    found.corrected = agreement(error_c, r_c, sign_c, c_mae, c_r, c_sign);
    found.gain = Gain {
        mae: gain,
        pearson: gain_r,
        mae_interval: gain_mae,
        pearson_interval: gain_pearson.filter(|_| gain_r.is_some()),
    };
    let error = Sampled::standard_error(&sampled, |terms| terms[0] - terms[1]);
    found.standard_error = Some(error);
    found.more = gain.and_then(|gain| more(found.clips, gain, error));
    found
}

fn of(stratum: usize, rows: usize, judged: &[Judged]) -> Group {
    Group { rows, judged: judged.iter().filter(|j| j.stratum == stratum).copied().collect() }
}

/// Strata of one split in the order of their moves, joined with the next until each has two judged clips; what is left at
/// the end goes to the last.
fn join(strata: Vec<Group>) -> Vec<Group> {
    let mut all: Vec<Group> = Vec::new();
    let mut open = Group::default();
    for stratum in strata {
        open.rows += stratum.rows;
        open.judged.extend(stratum.judged);
        if open.judged.len() >= 2 {
            all.push(std::mem::take(&mut open));
        }
    }
    if let Some(last) = all.last_mut() {
        last.rows += open.rows;
        last.judged.extend(open.judged);
    }
    all
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::super::strata::Population;
    use super::*;
    use crate::modality::{Modality, PerModality};
    use crate::split::Split;
    use crate::training::bootstrap::RESAMPLES;

    fn judged(stratum: usize, copied: f32, corrected: f32, human: f32) -> Judged {
        Judged { stratum, copied, corrected, human }
    }

    fn near(found: Option<f64>, expected: f64) {
        assert!(found.is_some_and(|f| (f - expected).abs() < 1e-6), "{found:?}, expected {expected}");
    }

    #[test]
    fn clips_count_for_as_many_as_they_stand_for() {
        // 90 clips that stayed, three of them judged; 10 that moved, two of them judged: 30 and 5 times.
        let groups = [vec![(0, 90), (1, 10)]];
        let clips = [
            judged(0, 0.5, 0.5, 0.4),
            judged(0, -0.5, -0.5, -0.5),
            judged(0, 0.0, 0.0, 0.5),
            judged(1, 1.0, 0.0, 0.0),
            judged(1, -1.0, 0.0, -0.5),
        ];
        let found = estimate(&groups, &clips, 1.0, RESAMPLES);
        assert_eq!((found.clips, found.rows, found.uncovered, found.joined), (5, 100, 0, 0));
        near(found.copied.mae, (30.0 * (0.1 + 0.0 + 0.5) + 5.0 * (1.0 + 0.5)) / 100.0);
        near(found.corrected.mae, (30.0 * (0.1 + 0.0 + 0.5) + 5.0 * (0.0 + 0.5)) / 100.0);
        near(found.gain.mae, 0.05);
        // Signs: the third clip's is missed, and of the moved ones each has one right.
        near(found.copied.sign, (30.0 * 2.0 + 5.0) / 100.0);
        near(found.corrected.sign, (30.0 * 2.0 + 5.0) / 100.0);
        // Gains within strata: 0, 0, 0 and 1, 0. 0.1² · 0.5 / 2.
        near(found.standard_error, (0.01f64 * 0.5 / 2.0).sqrt());
        // 5 (1.96 · 0.05 / 0.05)² = 19.2.
        assert_eq!(found.more, Some(15));
    }

    #[test]
    fn strata_with_too_few_clips_are_joined_and_splits_without_any_are_left_out() {
        let groups = [vec![(0, 10), (1, 20), (2, 30)], vec![(3, 40)], vec![(4, 7), (5, 8)]];
        let clips =
            [judged(0, 0.0, 0.0, 1.0), judged(1, 0.0, 0.0, 0.0), judged(2, 0.0, 0.0, 0.5), judged(3, 0.0, 0.0, 0.0)];
        let found = estimate(&groups, &clips, 1.0, 10);
        assert_eq!((found.clips, found.rows, found.uncovered, found.joined), (3, 60, 55, 2));
        near(found.copied.mae, 0.5);
        assert_eq!(estimate(&groups, &[], 1.0, 10), Estimate { uncovered: 115, ..Estimate::default() });
    }

    /// A population whose labels are known: how often the interval of a drawn sample holds the truth, and how far the
    /// estimates are off on average.
    #[test]
    fn estimates_of_a_known_population_are_unbiased_and_intervals_hold_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let rows = 2000;
        let mut draw = |by: f32| -> Vec<f32> { (0..rows).map(|_| rng.random_range(-by..=by)).collect() };
        let (y, noise, moves, rare) = (draw(0.8), draw(0.3), draw(0.5), draw(1.0));
        // Most labels hardly move, and what moves goes towards what people say.
        let human: Vec<f32> = (0..rows).map(|i| y[i] + noise[i] + if rare[i] > 0.8 { moves[i] } else { 0.0 }).collect();
        let corrected: Vec<f32> =
            (0..rows).map(|i| y[i] + if rare[i] > 0.8 { 0.7 * moves[i] } else { 0.02 * moves[i] }).collect();
        let of_row: Vec<Split> = (0..rows).map(|i| if i % 5 == 0 { Split::Test } else { Split::Train }).collect();
        let all = PerModality::from_fn(|_| corrected.clone());
        let population = Population::new(&of_row, &y, &all, &Split::ALL, &Modality::ALL);
        let groups: Vec<Vec<(usize, usize)>> = Split::ALL
            .map(|split| {
                let own = population.strata.iter().enumerate().filter(|(_, s)| s.split == split);
                own.map(|(i, s)| (i, s.rows)).collect()
            })
            .to_vec();
        let mean = |of: &dyn Fn(usize) -> f32| (0..rows).map(|i| f64::from(of(i))).sum::<f64>() / rows as f64;
        let copied = |i: usize| (y[i] - human[i]).abs();
        let truth = mean(&|i| copied(i) - (corrected[i] - human[i]).abs());
        let (truth_copied, samples) = (mean(&copied), 200);
        let (mut sum, mut squares, mut sum_copied, mut held, mut unweighted) = (0.0, 0.0, 0.0, 0, 0.0);
        for seed in 0..samples {
            let clips: Vec<Judged> = population
                .draw(80, seed)
                .into_iter()
                .map(|(row, stratum)| judged(stratum, y[row], corrected[row], human[row]))
                .collect();
            let found = estimate(&groups, &clips, 1.0, 200);
            assert_eq!((found.clips, found.rows), (80, rows));
            let gain = found.gain.mae.unwrap();
            (sum, squares) = (sum + gain, squares + gain * gain);
            sum_copied += found.copied.mae.unwrap();
            held += usize::from(found.gain.mae_interval.is_some_and(|[low, high]| low <= truth && truth <= high));
            let plain = |j: &Judged| f64::from((j.copied - j.human).abs() - (j.corrected - j.human).abs());
            unweighted += clips.iter().map(plain).sum::<f64>() / 80.0;
        }
        let n = samples as f64;
        let (average, error) = (sum / n, ((squares / n - (sum / n).powi(2)) / n).sqrt());
        assert!((average - truth).abs() < 3.0 * error, "{average} against {truth}, standard error {error}");
        assert!((sum_copied / n - truth_copied).abs() < 0.01, "{} against {truth_copied}", sum_copied / n);
        // Clips that moved are drawn more often: without their weights the gain would look larger.
        assert!(unweighted / n > truth + 5.0 * error, "{} against {truth}", unweighted / n);
        assert!(held >= 176, "{held} of {samples} intervals hold the gain");
    }
}

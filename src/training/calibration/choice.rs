//! Which candidate labels fit people's best, by the clips that people judged: copies, unless a candidate is clearly better.

use serde::{Deserialize, Serialize};

use super::expectation::{Expected, expected};
use crate::training::bootstrap::{RESAMPLES, intervals};
use crate::training::events::Interval;

/// Judged clips of a modality that there have to be.
pub const LEAST: usize = 10;
/// Gains up to this, in label units, are rounding of labels in f32.
const ROUNDING: f64 = 1e-6;
/// Standard errors on either side of a mean that hold 95 % of a normal distribution.
const Z: f64 = 1.96;

/// What was chosen for one modality, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Clips that people judged in this modality.
    pub labelled: usize,
    /// The candidate whose labels the modality has now.
    pub chosen: String,
    /// Copies first; none where there are fewer than [`LEAST`] clips, and the run's own corruption stays.
    pub candidates: Vec<Tried>,
    /// `None` as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
    /// The best corrected labels against copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_copies: Option<Settling>,
    /// The best corrected labels against the second best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_runner_up: Option<Settling>,
}

/// One candidate on the judged clips.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    pub name: String,
    /// Mean absolute error to people's labels.
    pub mae: f64,
    /// Copies' MAE less this one's.
    pub gain: f64,
    /// Of the gain: the differences are paired.
    pub standard_error: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

/// How far two candidates are told apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settling {
    pub best: String,
    pub other: String,
    /// The other's MAE less the best one's.
    pub gain: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Judged clips that are missing until the gain's interval excludes 0, if it stays as it is; `None`: no number would do.
    pub more: Option<u64>,
}

/// Mean and its standard error; 0 for less than two values.
fn mean_and_error(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n.max(1.0);
    let squares: f64 = values.map(|v| (v - mean).powi(2)).sum();
    if n < 2.0 { (mean, 0.0) } else { (mean, (squares / (n - 1.0) / n).sqrt()) }
}

/// The candidate to take, by these clips alone: of those whose gain over copies exceeds its standard error the one with
/// the largest gain, of equal ones the first; else 0, copies.
///
/// `errors` holds |label - people's label| of each candidate and clip, copies first.
pub fn choose(errors: &[Vec<f64>], clips: &[usize]) -> usize {
    let Some(copies) = errors.first() else { return 0 };
    let (mut best, mut largest) = (0, 0.0);
    for (candidate, own) in errors.iter().enumerate().skip(1) {
        let (gain, error) = mean_and_error(clips.iter().map(|&i| copies[i] - own[i]));
        if gain > error + ROUNDING && gain > largest + ROUNDING {
            (best, largest) = (candidate, gain);
        }
    }
    best
}

/// Judged clips beyond the `n` there are until a gain's interval excludes 0: n (z se / |gain|)² in all.
pub fn more(n: usize, gain: f64, error: f64) -> Option<u64> {
    if gain.abs() <= ROUNDING {
        return None;
    }
    let all = (n as f64 * (Z * error / gain).powi(2)).ceil();
    // A number beyond u64 becomes its largest.
    Some((all as u64).saturating_sub(n as u64))
}

fn interval(gains: &[f64]) -> Option<Interval> {
    let terms: Vec<[f64; 1]> = gains.iter().map(|gain| [*gain]).collect();
    let count = terms.len() as f64;
    let [found] = intervals(&terms, RESAMPLES, |[sum]| [sum / count]);
    found
}

fn gains(from: &[f64], to: &[f64]) -> Vec<f64> {
    from.iter().zip(to).map(|(from, to)| from - to).collect()
}

/// The choice by all clips, with what is to be expected of it. `names` and `errors` (see [`choose`]) are of the candidates,
/// copies first; every candidate has an error for every clip. The number of the chosen one comes with it.
pub fn judge(names: &[String], errors: &[Vec<f64>]) -> (usize, Choice) {
    let n = errors.first().map_or(0, Vec::len);
    let all: Vec<usize> = (0..n).collect();
    let chosen = choose(errors, &all);
    let copies = errors.first().map_or(&[][..], Vec::as_slice);
    let candidates: Vec<Tried> = names
        .iter()
        .zip(errors)
        .map(|(name, own)| {
            let differences = gains(copies, own);
            let (gain, standard_error) = mean_and_error(differences.iter().copied());
            let (mae, _) = mean_and_error(own.iter().copied());
            Tried { name: name.clone(), mae, gain, standard_error, interval: interval(&differences) }
        })
        .collect();
    let settling = |best: usize, other: usize| {
        let differences = gains(&errors[other], &errors[best]);
        let (gain, error) = mean_and_error(differences.iter().copied());
        let (best, other) = (names[best].clone(), names[other].clone());
        Settling { best, other, gain, interval: interval(&differences), more: more(n, gain, error) }
    };
    // By gain, of equal ones the first.
    let mut order: Vec<usize> = (1..candidates.len()).collect();
    order.sort_by(|a, b| candidates[*b].gain.total_cmp(&candidates[*a].gain));
    let choice = Choice {
        labelled: n,
        chosen: names.get(chosen).cloned().unwrap_or_default(),
        expected: Some(expected(errors, choose)),
        against_copies: order.first().map(|&best| settling(best, 0)),
        against_runner_up: order.get(1).map(|&second| settling(order[0], second)),
        candidates,
    };
    (chosen, choice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Errors of copies and of candidates with these gains on each clip.
    fn errors(gains: &[&[f64]]) -> Vec<Vec<f64>> {
        let copies = vec![0.5; gains[0].len()];
        let own = gains.iter().map(|gains| copies.iter().zip(*gains).map(|(y, gain)| y - gain).collect());
        std::iter::once(copies.clone()).chain(own).collect()
    }

    fn chosen(gains: &[&[f64]]) -> usize {
        choose(&errors(gains), &(0..gains[0].len()).collect::<Vec<_>>())
    }

    #[test]
    fn a_change_is_taken_where_its_gain_exceeds_one_standard_error() {
        // Four clips, mean 0.1. Deviations of ±0.1: se = sqrt(4 · 0.01 / 3 / 4) = 0.0577.
        assert_eq!(chosen(&[&[0.2, 0.0, 0.2, 0.0]]), 1);
        // Deviations of ±0.18: se = 0.1039 > 0.1.
        assert_eq!(chosen(&[&[0.28, -0.08, 0.28, -0.08]]), 0);
        // Worse, however surely.
        assert_eq!(chosen(&[&[-0.1, -0.1, -0.1, -0.1]]), 0);
    }

    #[test]
    fn the_largest_gain_among_those_that_count_is_taken_and_of_equal_ones_the_first() {
        let (sure, more, unsure) = ([0.1; 4], [0.2, 0.1, 0.2, 0.1], [0.9, -0.3, 0.9, -0.5]);
        assert_eq!(chosen(&[&sure, &more, &unsure]), 2);
        assert_eq!(chosen(&[&unsure, &sure]), 2);
        assert_eq!(chosen(&[&sure, &sure]), 1);
        assert_eq!(chosen(&[&more, &sure, &more]), 1);
        // Rounding of f32 is no gain.
        assert_eq!(chosen(&[&[1e-8; 4]]), 0);
        assert_eq!((choose(&[], &[]), choose(&errors(&[&sure]), &[])), (0, 0));
    }

    #[test]
    fn labels_that_are_missing_by_hand() {
        // 100 (1.96 · 0.01 / 0.01)² = 384.16, so 385 in all.
        assert_eq!(more(100, 0.01, 0.01), Some(285));
        assert_eq!(more(100, -0.01, 0.01), Some(285));
        // 100 (1.96 · 0.005 / 0.01)² = 96.04: it is settled.
        assert_eq!(more(100, 0.01, 0.005), Some(0));
        assert_eq!((more(100, 0.0, 0.01), more(100, 1e-9, 0.01)), (None, None));
        assert!(more(1000, 1.1e-6, 3.0).is_some_and(|n| n > 1_000_000_000));
    }

    #[test]
    fn the_report_compares_the_best_with_copies_and_with_the_second() {
        let names = ["copies", "a", "b", "c"].map(str::to_owned);
        let wave = |mean: f64| -> Vec<f64> { (0..40).map(|i| mean + 0.1 * f64::from(i % 3 - 1)).collect() };
        let of = [wave(0.02), wave(0.1), vec![0.0; 40]];
        let (index, choice) = judge(&names, &errors(&[&of[0], &of[1], &of[2]]));
        assert_eq!((index, &*choice.chosen, choice.labelled, choice.candidates.len()), (2, "b", 40, 4));
        let b = &choice.candidates[2];
        let mean = of[1].iter().sum::<f64>() / 40.0;
        assert!((b.gain - mean).abs() < 1e-12 && (b.mae - (0.5 - mean)).abs() < 1e-12);
        assert!(b.interval.is_some_and(|[low, high]| 0.0 < low && low < b.gain && b.gain < high));
        assert_eq!(choice.candidates[0].gain, 0.0);
        let (copies, second) = (choice.against_copies.unwrap(), choice.against_runner_up.unwrap());
        assert_eq!((&*copies.best, &*copies.other, copies.more), ("b", "copies", Some(0)));
        // The two differ by the same on every clip.
        assert_eq!((&*second.best, &*second.other, second.more), ("b", "a", Some(0)));
        // Labels that are copies: there is nothing to settle.
        let (index, same) = judge(&names[..2], &errors(&[&of[2]]));
        assert_eq!((index, same.against_copies.unwrap().more, same.against_runner_up), (0, None, None));
        assert_eq!(same.expected.unwrap().gain, 0.0);
    }

    proptest! {
        #[test]
        fn with_the_number_that_is_missing_the_interval_excludes_0(
            n in 10usize..500, gain in 0.001f64..0.1, error in 0.0001f64..0.1,
        ) {
            let all = n + more(n, gain, error).unwrap() as usize;
            // The error goes down with the root of the number.
            let with = |all: usize| Z * error * (n as f64 / all as f64).sqrt();
            prop_assert!(with(all) <= gain + 1e-12);
            prop_assert!(all == n || with(all - 1) > gain - 1e-12);
        }
    }
}

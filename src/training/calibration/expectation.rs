//! What a choice is to be expected to gain on clips that it was not made by.
//!
//! The largest of several measured gains is larger than it will be again. So the whole choice is made anew without a fifth
//! of the clips, and what it takes is judged by that fifth; this for every fifth, and for many ways of dividing.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::training::bootstrap::{RESAMPLES, intervals};
use crate::training::events::Interval;

/// Parts that the clips are divided into.
const PARTS: usize = 5;
/// How often they are divided.
const DIVISIONS: u64 = 40;
const SEED: u64 = 0x6d75_675f_666f_6c64;

/// The gain of a choice, by cross-validation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// Copies' MAE less that of the labels that were chosen without the clip.
    pub gain: f64,
    /// Over the clips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Share of these choices that took what is taken by all clips.
    pub same_choice: f64,
}

/// Cross-validates `choose`, which says which candidate some clips take; `errors` as there, copies first.
pub fn expected(errors: &[Vec<f64>], choose: impl Fn(&[Vec<f64>], &[usize]) -> usize) -> Expected {
    let n = errors.first().map_or(0, Vec::len);
    let mut clips: Vec<usize> = (0..n).collect();
    let taken = choose(errors, &clips);
    let mut gains = vec![[0.0]; n];
    let (mut same, mut choices) = (0, 0);
    for division in 0..DIVISIONS {
        clips.shuffle(&mut ChaCha8Rng::seed_from_u64(SEED.wrapping_add(division)));
        for part in 0..PARTS.min(n) {
            let others = clips.iter().enumerate().filter(|(place, _)| place % PARTS != part);
            let rest: Vec<usize> = others.map(|(_, clip)| *clip).collect();
            let own = choose(errors, &rest);
            choices += 1;
            same += usize::from(own == taken);
            for &clip in clips.iter().skip(part).step_by(PARTS) {
                gains[clip][0] += (errors[0][clip] - errors[own][clip]) / DIVISIONS as f64;
            }
        }
    }
    let count = n as f64;
    let gain = gains.iter().map(|[gain]| gain).sum::<f64>() / count.max(1.0);
    let [interval] = intervals(&gains, RESAMPLES, |[sum]| [sum / count]);
    Expected {
        gain,
        interval,
        same_choice: if choices == 0 { 0.0 } else { f64::from(same as u32) / f64::from(choices) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::calibration::choice::choose;
    use rand::RngExt;

    #[test]
    fn a_gain_on_every_clip_is_expected_in_full() {
        let errors = [vec![0.5; 20], vec![0.4; 20]];
        let found = expected(&errors, choose);
        assert!((found.gain - 0.1).abs() < 1e-12 && found.same_choice == 1.0);
        assert!(found.interval.is_some_and(|[low, high]| (low - 0.1).abs() < 1e-9 && (high - 0.1).abs() < 1e-9));
    }

    #[test]
    fn what_a_clip_decides_is_not_counted_for_it() {
        // One clip of ten makes the candidate look good; without it copies are taken.
        let mut other = vec![0.55; 10];
        other[3] = -4.0;
        let greedy = |errors: &[Vec<f64>], clips: &[usize]| {
            let sum = |own: &Vec<f64>| clips.iter().map(|&i| own[i]).sum::<f64>();
            usize::from(sum(&errors[1]) < sum(&errors[0]))
        };
        let found = expected(&[vec![0.5; 10], other], greedy);
        // By all clips the gain would be 0.405. Eight clips are held out without it, and lose 0.05 each.
        assert!(found.gain < 0.0, "{found:?}");
        assert!((found.same_choice - 0.8).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn of_many_candidates_that_gain_nothing_nothing_is_expected() {
        let (mut chosen, mut promised) = (0.0, 0.0);
        for seed in 0..30 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut draw = || -> Vec<f64> { (0..60).map(|_| rng.random_range(0.0..1.0)).collect() };
            let errors: Vec<Vec<f64>> = (0..7).map(|_| draw()).collect();
            let mean = |own: &Vec<f64>| own.iter().sum::<f64>() / 60.0;
            let taken = choose(&errors, &(0..60).collect::<Vec<_>>());
            chosen += (mean(&errors[0]) - mean(&errors[taken])) / 30.0;
            promised += expected(&errors, choose).gain / 30.0;
        }
        assert!(chosen > 0.02 && promised < 0.5 * chosen, "{chosen} {promised}");
    }

    #[test]
    fn no_clip_has_no_interval() {
        assert_eq!(expected(&[vec![], vec![]], choose), Expected::default());
    }
}

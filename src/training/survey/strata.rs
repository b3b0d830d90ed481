//! Strata of clips, and the order in which clips are drawn from them.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::modality::{Modality, PerModality};
use crate::split::Split;

/// Bands of |Δ| in each split: quarters of its clips.
pub const BANDS: usize = 4;
/// Clips of each stratum that come before all others: an error can be told from no less.
const FIRST: usize = 2;
const SEED: u64 = 0x6d75_675f_7375_7276;

/// Clips of one split whose labels were moved by about as much.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    pub split: Split,
    /// Least and largest move of its clips, in label units: the largest |y_m - y| of the modalities that are judged.
    pub moves: [f32; 2],
    /// Clips that it has.
    pub rows: usize,
    /// The mean of the moves.
    pub mean: f32,
}

/// All clips that can be drawn, in strata.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Population {
    /// By split, then by move. None is empty.
    pub strata: Vec<Stratum>,
    /// The rows of each stratum.
    rows: Vec<Vec<usize>>,
}

impl Population {
    /// Groups the rows of these splits by the quarters of each split's moves. Rows with equal moves come into the same
    /// stratum, and a row without a label, or without any corrected one of these modalities, into none. `splits`, `y` and
    /// each vector of `corrected` hold one value a row.
    pub fn new(
        of_row: &[Split],
        y: &[f32],
        corrected: &PerModality<Vec<f32>>,
        splits: &[Split],
        modalities: &[Modality],
    ) -> Population {
        let mut population = Population::default();
        for split in Split::ALL.into_iter().filter(|s| splits.contains(s)) {
            let moved = |row: usize| {
                let by = modalities.iter().map(|&m| Some((corrected[m].get(row)? - y.get(row)?).abs()));
                by.flatten().filter(|by: &f32| by.is_finite()).reduce(f32::max)
            };
            let rows = (0..of_row.len()).filter(|row| of_row[*row] == split);
            let mut rows: Vec<(f32, usize)> = rows.filter_map(|row| Some((moved(row)?, row))).collect();
            rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let edges: Vec<f32> =
                (1..BANDS).filter_map(|band| rows.get(rows.len() * band / BANDS).map(|(by, _)| *by)).collect();
            let band = |by: f32| edges.iter().filter(|edge| by >= **edge).count();
            for own in rows.chunk_by(|a, b| band(a.0) == band(b.0)) {
                let sum: f64 = own.iter().map(|(by, _)| f64::from(*by)).sum();
                population.strata.push(Stratum {
                    split,
                    moves: [own[0].0, own[own.len() - 1].0],
                    rows: own.len(),
                    mean: (sum / own.len() as f64) as f32,
                });
                population.rows.push(own.iter().map(|(_, row)| *row).collect());
            }
        }
        population
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.strata.iter().map(|s| s.rows).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.strata.is_empty()
    }

    /// The rows of a stratum.
    pub fn rows(&self, stratum: usize) -> &[usize] {
        self.rows.get(stratum).map_or(&[], Vec::as_slice)
    }

    /// The first `count` clips of the seed's sequence, each its row and its stratum.
    ///
    /// Whatever its length, the rows of a stratum in a sequence are a simple random sample of the stratum, and a longer
    /// sequence begins with the shorter one: whoever stops early, or goes on later, has drawn as if that had been asked for.
    /// Two clips of each stratum come first; after them half of the clips go evenly to the strata, and half in proportion
    /// to how far the labels of a stratum were moved in all, where corrected labels and copies can differ most.
    pub fn draw(&self, count: usize, seed: u64) -> Vec<(usize, usize)> {
        let mut left: Vec<Vec<usize>> = (0..self.strata.len()).map(|s| self.shuffled(s, seed)).collect();
        let shares = self.shares();
        let mut taken = vec![0usize; left.len()];
        let mut drawn = Vec::new();
        while drawn.len() < count {
            let open = || (0..left.len()).filter(|s| !left[*s].is_empty());
            let first = open().filter(|s| taken[*s] < FIRST).min_by_key(|s| taken[*s]);
            // Webster's method: no stratum ever has fewer clips in a longer sequence.
            let claim = |s: &usize| shares[*s] / (taken[*s] as f64 + 0.5);
            let next = first.or_else(|| open().max_by(|a, b| claim(a).total_cmp(&claim(b)).then(b.cmp(a))));
            let Some(stratum) = next else { break };
            drawn.extend(left[stratum].pop().map(|row| (row, stratum)));
            taken[stratum] += 1;
        }
        drawn
    }

    fn shuffled(&self, stratum: usize, seed: u64) -> Vec<usize> {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED ^ seed);
        rng.set_stream(stratum as u64);
        let mut rows = self.rows[stratum].clone();
        rows.shuffle(&mut rng);
        rows
    }

    /// What part of the clips each stratum is to have.
    fn shares(&self) -> Vec<f64> {
        let weight = |s: &Stratum| s.rows as f64 * f64::from(s.mean);
        let all: f64 = self.strata.iter().map(weight).sum();
        // Where nothing moved, in proportion to the rows.
        let part = |s: &Stratum| if all > 0.0 { weight(s) / all } else { s.rows as f64 / self.len() as f64 };
        self.strata.iter().map(|s| 0.5 / self.strata.len() as f64 + 0.5 * part(s)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn population(moves: &[f32], split: &[Split]) -> Population {
        let y = vec![0.0; moves.len()];
        let corrected = PerModality { text: y.clone(), audio: moves.to_vec(), vision: vec![f32::NAN; moves.len()] };
        Population::new(split, &y, &corrected, &Split::ALL, &Modality::ALL)
    }

    #[test]
    fn a_split_is_cut_into_quarters_of_its_moves() {
        let moves: Vec<f32> = (0..40).map(|i| i as f32 / 10.0).collect();
        let split: Vec<Split> = (0..40).map(|i| if i < 32 { Split::Train } else { Split::Test }).collect();
        let found = population(&moves, &split);
        let of = |s: &Stratum| (s.split, s.rows, s.moves);
        assert_eq!(of(&found.strata[0]), (Split::Train, 8, [0.0, 0.7]));
        assert_eq!(of(&found.strata[3]), (Split::Train, 8, [2.4, 3.1]));
        assert_eq!(of(&found.strata[4]), (Split::Test, 2, [3.2, 3.3]));
        assert_eq!((found.strata.len(), found.len()), (8, 40));
        assert!((found.strata[0].mean - 0.35).abs() < 1e-6);
    }

    #[test]
    fn equal_moves_stay_together_and_what_has_no_label_is_not_drawn() {
        let moves = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
        let found = population(&moves, &[Split::Train; 8]);
        assert_eq!(found.strata.iter().map(|s| s.rows).collect::<Vec<_>>(), [6, 2]);
        let corrected = PerModality::from_fn(|_| vec![f32::NAN, 0.5, 0.5]);
        let y = [0.0, 0.0, f32::NAN];
        let one = Population::new(&[Split::Valid; 3], &y, &corrected, &Split::ALL, &Modality::ALL);
        assert_eq!((one.len(), one.rows(0)), (1, &[1][..]));
        let none = Population::new(&[Split::Valid; 3], &y, &corrected, &[Split::Train], &Modality::ALL);
        assert!(none.is_empty() && none.draw(5, 1).is_empty());
    }

    #[test]
    fn each_clip_of_a_stratum_is_drawn_equally_often() {
        let moves: Vec<f32> = (0..40).map(|i| (i / 10) as f32).collect();
        let found = population(&moves, &[Split::Train; 40]);
        let mut times = [0u32; 40];
        let seeds = 2000u32;
        for seed in 0..seeds {
            found.draw(12, u64::from(seed)).iter().for_each(|(row, _)| times[*row] += 1);
        }
        for own in times.chunks(10) {
            let expected = f64::from(own.iter().sum::<u32>()) / 10.0;
            // Four standard deviations of a binomial.
            let room = 4.0 * (expected * (1.0 - expected / f64::from(seeds))).sqrt();
            assert!(own.iter().all(|n| (f64::from(*n) - expected).abs() < room), "{own:?}");
        }
    }

    proptest! {
        #[test]
        fn a_longer_sequence_begins_with_the_shorter_one(
            moves in proptest::collection::vec(prop_oneof![Just(0.0f32), 0.0f32..2.0], 1..80),
            count in 0usize..90,
            seed: u64,
        ) {
            let split: Vec<Split> = (0..moves.len()).map(|i| Split::ALL[i % 3]).collect();
            let found = population(&moves, &split);
            let all = found.draw(moves.len(), seed);
            prop_assert_eq!(all.len(), moves.len());
            prop_assert_eq!(all.iter().map(|(row, _)| row).collect::<HashSet<_>>().len(), moves.len());
            prop_assert!(all.iter().all(|(row, s)| found.rows(*s).contains(row)));
            prop_assert_eq!(&found.draw(count, seed)[..], &all[..count.min(all.len())]);
            // Two of each come first.
            let strata = found.strata.len();
            let first: HashSet<usize> = all.iter().take(strata).map(|(_, s)| *s).collect();
            prop_assert_eq!(first.len(), strata);
        }
    }
}

//! Takes modalities away from clips, as the settings ask: such a clip has no valid step of it, as a clip whose file has none.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::config::Missing;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::files;
use crate::modality::{Modality, PerModality};
use crate::split::{PerSplit, Split};

/// What was taken away.
#[derive(Debug, Default, PartialEq)]
pub struct Taken {
    /// What tells data of other clips apart, a checksum of which they are; `None` where none lost anything.
    pub sum: Option<String>,
    /// The clips that lost their text.
    pub text: PerSplit<Vec<usize>>,
}

/// Sets the lengths of clips that lose a modality to 0 and says how many did.
///
/// Each modality of each split has random numbers of its own, so one share changes nothing about another.
pub fn apply(lengths: &mut PerSplit<PerModality<Vec<usize>>>, settings: &Missing, flaws: &mut Vec<Flaw>) -> Taken {
    let (mut taken, mut text) = (Vec::new(), PerSplit::<Vec<usize>>::default());
    for split in Split::ALL {
        for m in Modality::ALL {
            let lengths = &mut lengths[split][m];
            let of = lengths.len();
            let clips = (f64::from(settings.share(split, m)) * of as f64).round() as usize;
            if clips == 0 {
                continue;
            }
            let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
            rng.set_stream((split as u64) * Modality::ALL.len() as u64 + m as u64);
            let mut rows: Vec<usize> = (0..of).collect();
            rows.shuffle(&mut rng);
            rows.truncate(clips);
            for &row in &rows {
                lengths[row] = 0;
                taken.extend([split as u64, m as u64, row as u64].into_iter().flat_map(u64::to_le_bytes));
            }
            flaws.push(Flaw::new(Some(split), m.name(), FlawKind::TakenAway { clips, of, seed: settings.seed }));
            if m == Modality::Text {
                text[split] = rows;
            }
        }
    }
    Taken { sum: (!taken.is_empty()).then(|| files::checksum(&taken)), text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MissingAt;

    fn taken(settings: Missing) -> (PerSplit<PerModality<Vec<usize>>>, Vec<String>, Option<String>) {
        let mut lengths = PerSplit::from_fn(|_| PerModality::from_fn(|_| vec![4; 50]));
        let mut flaws = Vec::new();
        let sum = apply(&mut lengths, &settings, &mut flaws);
        // What the settings ask for is nothing to warn of.
        for split in Split::ALL {
            let mut lost = sum.text[split].clone();
            lost.sort_unstable();
            assert_eq!(lost, rows(&lengths[split].text));
        }
        (lengths, flaws.iter().map(ToString::to_string).collect(), sum.sum)
    }

    fn rows(lengths: &[usize]) -> Vec<usize> {
        (0..lengths.len()).filter(|&row| lengths[row] == 0).collect()
    }

    #[test]
    fn as_many_clips_as_asked_lose_a_modality_by_the_seed() {
        let asked = Missing { text: 0.2, audio: 0.5, seed: 3, ..Missing::default() };
        let (lengths, said, sum) = taken(asked);
        for split in Split::ALL {
            let of = lengths[split].map(|_, l| rows(l).len());
            assert_eq!(of, PerModality { text: 10, audio: 25, vision: 0 });
        }
        assert_ne!(rows(&lengths.train.text), rows(&lengths.test.text));
        assert_eq!(said.len(), 6);
        assert!(said[0].contains("10 of 50 clips"), "{}", said[0]);
        assert_eq!(taken(asked), (lengths.clone(), said, sum.clone()));
        let (other, _, other_sum) = taken(Missing { seed: 4, ..asked });
        assert!(other != lengths && other_sum != sum);
        // More of one modality: the same clips and others, and another modality's stay as they are.
        let more = taken(Missing { text: 0.4, ..asked }).0;
        assert!(rows(&lengths.train.text).iter().all(|row| more.train.text[*row] == 0));
        assert_eq!(more.train.audio, lengths.train.audio);
    }

    #[test]
    fn splits_that_are_not_asked_for_keep_everything() {
        let of = |at| {
            let lengths = taken(Missing { vision: 1.0, at, ..Missing::default() }).0;
            Split::ALL.map(|split| rows(&lengths[split].vision).len())
        };
        assert_eq!(of(MissingAt::Train), [50, 50, 0]);
        assert_eq!(of(MissingAt::Test), [0, 0, 50]);
        assert_eq!(of(MissingAt::Both), [50; 3]);
        let (lengths, said, sum) = taken(Missing::default());
        assert!(said.is_empty() && sum.is_none() && lengths.train.text == [4; 50]);
    }
}

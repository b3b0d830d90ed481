//! Every random number of a run, from its seed and from what it is for.
//!
//! There is no generator whose state would have to be saved: step 17 of a stage draws the same numbers whether it was
//! reached in one go or after a resume, on whichever device.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::events::Stage;

/// What random numbers are for.
#[derive(Clone, Copy)]
pub enum Purpose {
    /// The network's first weights.
    Network,
    /// The corrector's first weights.
    Corrector,
    /// Order of the training rows in an epoch.
    Order(Stage, u32),
    /// Dropout and corruption of one step, counted over the stage.
    Step(Stage, u64),
    /// Corruption of the validation labels: the same in every epoch, so that epochs compare.
    Validation,
    /// The clips whose human labels calibrate a run.
    Calibration,
    /// Which human labels are copies all the same, and the noise on the others.
    Mixture,
    /// Corruption of the labels by which restoring is judged.
    Restoration,
}

/// The generator for one purpose.
pub fn generator(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let (kind, a) = match purpose {
        Purpose::Network => (0, 0),
        Purpose::Corrector => (1, 0),
        Purpose::Order(stage, epoch) => (10 + stage as u64, u64::from(epoch)),
        Purpose::Step(stage, step) => (20 + stage as u64, step),
        Purpose::Validation => (30, 0),
        Purpose::Calibration => (31, 0),
        Purpose::Mixture => (32, 0),
        Purpose::Restoration => (33, 0),
    };
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&u64::to_le_bytes(kind));
    key[16..24].copy_from_slice(&a.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// The generator of one member's network for the same purpose; the first has the numbers that it would have alone.
pub fn of_member(mut rng: ChaCha8Rng, member: usize) -> ChaCha8Rng {
    rng.set_stream(rng.get_stream() + member as u64);
    rng
}

/// The generator of one part of a batch for the same purpose; the first has the numbers that a whole batch would have.
pub fn of_part(mut rng: ChaCha8Rng, part: usize) -> ChaCha8Rng {
    rng.set_stream((part as u64) << 32);
    rng
}

/// The rows 0..n in the order in which an epoch (from 1) visits them.
pub fn order(seed: u64, stage: Stage, epoch: u32, n: usize) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..n).collect();
    rows.shuffle(&mut generator(seed, Purpose::Order(stage, epoch)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn every_purpose_has_its_own_numbers() {
        let stage = Stage::Joint;
        let first = |p| generator(7, p).random::<u64>();
        let purposes = [
            Purpose::Network,
            Purpose::Corrector,
            Purpose::Order(stage, 1),
            Purpose::Order(stage, 2),
            Purpose::Order(Stage::Denoising, 1),
            Purpose::Step(stage, 1),
            Purpose::Step(stage, 2),
            Purpose::Validation,
            Purpose::Calibration,
            Purpose::Mixture,
            Purpose::Restoration,
        ];
        let numbers: std::collections::BTreeSet<u64> = purposes.into_iter().map(first).collect();
        assert_eq!(numbers.len(), purposes.len());
        assert_eq!(first(Purpose::Network), first(Purpose::Network));
        assert_ne!(generator(8, Purpose::Network).random::<u64>(), first(Purpose::Network));
        let of = |member| of_member(generator(7, Purpose::Network), member).random::<u64>();
        assert!(of(0) == first(Purpose::Network) && of(1) != of(0) && of(2) != of(1));
        let of = |part, member| of_member(of_part(generator(7, Purpose::Network), part), member).random::<u64>();
        let numbers: std::collections::BTreeSet<u64> = [of(0, 0), of(0, 1), of(1, 0), of(1, 1)].into();
        assert!(numbers.len() == 4 && of(0, 0) == first(Purpose::Network));
    }

    #[test]
    fn an_epoch_visits_every_row_once() {
        let mut rows = order(1, Stage::Contrastive, 3, 100);
        assert_ne!(rows, (0..100).collect::<Vec<_>>());
        rows.sort_unstable();
        assert_eq!(rows, (0..100).collect::<Vec<_>>());
    }
}

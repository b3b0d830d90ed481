//! BERT's dropout: on states and on the weights of attention, with masks that are drawn on the host from a seed a place.
//!
//! A mask is not kept for the backward pass but drawn again: it costs less than to hold it.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::weights::BertConfig;

/// Drops units of all layers while training; passes everything through in inference mode.
pub struct BertDropout(Option<Training>);

struct Training {
    hidden: f64,
    attention: f64,
    rng: ChaCha8Rng,
}

impl BertDropout {
    /// The shares that the configuration says, with its own random numbers.
    pub fn training(config: &BertConfig, rng: ChaCha8Rng) -> Self {
        let (hidden, attention) = (config.hidden_dropout_prob, config.attention_probs_dropout_prob);
        Self(Some(Training { hidden, attention, rng }))
    }

    /// Inference mode.
    pub fn inference() -> Self {
        Self(None)
    }

    /// The mask of the next place that drops states.
    pub(super) fn hidden(&mut self) -> Mask {
        self.next(|training| training.hidden)
    }

    /// The mask of the next place that drops weights of attention.
    pub(super) fn attention(&mut self) -> Mask {
        self.next(|training| training.attention)
    }

    fn next(&mut self, share: impl Fn(&Training) -> f64) -> Mask {
        let Some(training) = &mut self.0 else { return Mask::default() };
        let limit = (share(training) * STEPS).round().clamp(0.0, STEPS - 1.0);
        Mask { seed: training.rng.random(), limit: limit as u16 }
    }
}

/// Shares are rounded to one of so many.
const STEPS: f64 = 65_536.0;

/// Which units one place drops.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mask {
    seed: u64,
    /// The share that is dropped, of [`STEPS`].
    limit: u16,
}

impl Mask {
    /// True where something is dropped.
    pub fn drops(&self) -> bool {
        self.limit > 0
    }

    /// The factors of one part of the place (a row of states; a head of a clip): 0 where a unit is dropped, else what keeps
    /// the expected value.
    pub fn fill(&self, part: usize, factors: &mut [f32]) {
        if !self.drops() {
            return factors.fill(1.0);
        }
        let kept = (STEPS / (STEPS - f64::from(self.limit))) as f32;
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(part as u64);
        let mut drawn = [0u8; 512];
        for factors in factors.chunks_mut(drawn.len() / 2) {
            let drawn = &mut drawn[..2 * factors.len()];
            rng.fill_bytes(drawn);
            for (factor, drawn) in factors.iter_mut().zip(drawn.as_chunks::<2>().0) {
                *factor = if u16::from_le_bytes(*drawn) < self.limit { 0.0 } else { kept };
            }
        }
    }

    /// The factors of one part of this size.
    pub fn of_part(&self, part: usize, size: usize) -> Vec<f32> {
        let mut factors = vec![0.0; size];
        self.fill(part, &mut factors);
        factors
    }

    /// The factors of this many parts of equal size.
    pub fn of_parts(&self, parts: usize, size: usize) -> Vec<f32> {
        let mut factors = vec![0.0; parts * size];
        for (part, factors) in factors.chunks_mut(size.max(1)).enumerate() {
            self.fill(part, factors);
        }
        factors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_the_share_and_keeps_the_mean_and_differs_from_part_to_part() {
        let mask = Mask { seed: 3, limit: (0.1 * STEPS) as u16 };
        let factors = mask.of_parts(100, 500);
        let dropped = factors.iter().filter(|f| **f == 0.0).count() as f64 / 5e4;
        let mean = factors.iter().sum::<f32>() / 5e4;
        assert!((dropped - 0.1).abs() < 5e-3 && (mean - 1.0).abs() < 5e-3, "{dropped} {mean}");
        assert_ne!(factors[..500], factors[500..1000]);
        // A part is the same wherever it stands.
        assert_eq!(mask.of_part(2, 500), factors[1000..1500]);
    }

    #[test]
    fn every_place_has_its_own_mask_and_inference_has_none() {
        let mut config = crate::model::bert::tests::tiny();
        (config.hidden_dropout_prob, config.attention_probs_dropout_prob) = (0.5, 0.0);
        let mut dropout = BertDropout::training(&config, ChaCha8Rng::seed_from_u64(1));
        assert_ne!(dropout.hidden().of_parts(1, 64), dropout.hidden().of_parts(1, 64));
        assert!(!dropout.attention().drops());
        assert_eq!(BertDropout::inference().hidden().of_parts(1, 3), [1.0; 3]);
    }
}

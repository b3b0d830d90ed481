//! What training takes of a device's memory, and what would fit where it is too much.

use crate::files::bytes_in_words;

/// Bytes of a number in single precision.
const SINGLE: u64 = 4;

/// How large a network is while it is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Parameters that are trained: each is there with its gradient and AdamW's two estimates of it.
    pub trained: u64,
    /// Parameters that stay as they are.
    pub frozen: u64,
    /// What the tape keeps of one clip for the way back, in bytes.
    pub activations: u64,
}

/// Settings that need less memory and train the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Clips that go through the network together.
    pub batch: usize,
    /// Parts of a batch whose gradients make one step.
    pub accumulate: usize,
}

impl Demand {
    /// Bytes of weights, gradients and the optimiser's state.
    pub fn fixed(&self) -> u64 {
        let values = self.trained.saturating_mul(4).saturating_add(self.frozen);
        values.saturating_mul(SINGLE)
    }

    /// Bytes that training takes, about, with so many clips together.
    pub fn bytes(&self, batch: usize) -> u64 {
        self.activations.saturating_mul(batch as u64).saturating_add(self.fixed())
    }

    /// The largest batches of a half, a quarter, ... of `batch` clips that fit into `free` bytes, with a tenth to spare;
    /// as many of them make a step as hold at least `batch` clips. `None` where not even one clip fits.
    pub fn fit(&self, batch: usize, free: u64) -> Option<Fit> {
        let room = free - free / 10;
        let mut halves = std::iter::successors(Some(batch.max(1)), |n| (*n > 1).then(|| n.div_ceil(2)));
        let fits = halves.find(|n| self.bytes(*n) <= room)?;
        Some(Fit { batch: fits, accumulate: batch.max(1).div_ceil(fits) })
    }

    /// What to say where a device has too little memory for batches of so many clips: what is needed, what for, and what
    /// would fit. `free`: bytes that training may have of the device; `None` where nobody knows.
    pub fn advice(&self, batch: usize, free: Option<u64>) -> String {
        let mut words = format!(
            "training with training.batch_size = {batch} takes about {}: {} of weights, gradients and optimiser, {} of \
             activations a clip",
            bytes_in_words(self.bytes(batch)),
            bytes_in_words(self.fixed()),
            bytes_in_words(self.activations)
        );
        if let Some(free) = free {
            words += &format!("; {} are free", bytes_in_words(free));
        }
        let fit = match free {
            Some(free) => self.fit(batch, free),
            // Half of it is the least that could help.
            None => Some(Fit { batch: batch.div_ceil(2).max(1), accumulate: 2.min(batch.max(1)) }),
        };
        words + &match fit {
            Some(Fit { batch: fits, .. }) if fits == batch.max(1) => {
                ". By this estimate it fits: other programs may have taken memory meanwhile; try again, or --device cpu"
                    .into()
            }
            Some(Fit { batch, accumulate }) => format!(
                ". {} with --set training.accumulate={accumulate}, which computes batches in parts of {batch} clips",
                if free.is_some() { "It fits" } else { "Try it" }
            ),
            None => ". Not even single clips fit: train fewer layers, or with --device cpu".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// About BERT-base, with 100 MB of activations a clip.
    const BASE: Demand = Demand { trained: 110_000_000, frozen: 0, activations: 100_000_000 };

    #[test]
    fn batches_are_halved_until_they_fit() {
        assert_eq!((BASE.fixed(), BASE.bytes(32)), (1_760_000_000, 4_960_000_000));
        let gigabytes = |n: u64| n * 1_000_000_000;
        assert_eq!(BASE.fit(32, gigabytes(8)), Some(Fit { batch: 32, accumulate: 1 }));
        assert_eq!(BASE.fit(32, gigabytes(4)), Some(Fit { batch: 16, accumulate: 2 }));
        assert_eq!(BASE.fit(24, gigabytes(3)), Some(Fit { batch: 6, accumulate: 4 }));
        assert_eq!(BASE.fit(33, gigabytes(4)), Some(Fit { batch: 17, accumulate: 2 }));
        assert_eq!(BASE.fit(32, gigabytes(2)), None, "1.86 GB and a tenth to spare");
        assert_eq!(Demand { trained: 0, frozen: 110_000_000, ..BASE }.fixed(), 440_000_000);
        assert_eq!(Demand { trained: u64::MAX, ..BASE }.fit(32, u64::MAX), None);
    }

    #[test]
    fn the_advice_says_what_is_needed_and_what_would_fit() {
        let fits = BASE.advice(32, Some(4_000_000_000));
        assert_eq!(
            fits,
            "training with training.batch_size = 32 takes about 5.0 GB: 1.8 GB of weights, gradients and optimiser, 100 MB of \
             activations a clip; 4.0 GB are free. It fits with --set training.accumulate=2, which computes batches in parts of 16 \
             clips"
        );
        assert!(BASE.advice(32, None).contains("Try it with --set training.accumulate=2"));
        assert!(BASE.advice(32, Some(1_000_000_000)).contains("Not even single clips fit"));
        assert!(BASE.advice(8, Some(u64::MAX)).contains("By this estimate it fits"));
    }
}

//! The demo's randomness: the same bits on every machine.
//!
//! Only ChaCha8's output, integer arithmetic and the IEEE operations + - * / sqrt (exactly rounded everywhere) are used.
//! `sin`, `exp` or `ln` would differ from one C library to the next, and rand's own distributions may change with its
//! versions.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A seeded stream of draws.
pub(super) struct Source(ChaCha8Rng);

impl Source {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Uniform in [0, 1), a multiple of 2^-24.
    pub(super) fn uniform(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    /// Uniform in [from, to).
    pub(super) fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.uniform()
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.uniform() < probability
    }

    /// A whole number from `from` to `to`, both included.
    pub(super) fn whole(&mut self, from: usize, to: usize) -> usize {
        from + ((u64::from(self.0.next_u32()) * (to - from + 1) as u64) >> 32) as usize
    }

    /// One of the choices, which must not be empty.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.whole(0, choices.len() - 1)]
    }

    /// Nearly normal, mean 0 and variance 1: the sum of four uniform numbers, within ±3.47.
    pub(super) fn normal(&mut self) -> f32 {
        let bits = self.0.next_u64();
        let sum: i64 = (0..4).map(|i| ((bits >> (16 * i)) & 0xffff) as i64).sum();
        // Four times 16 bits, centred; each uniform number has the variance 1/12.
        ((sum - 2 * 0xffff) as f32 / 65536.0) * 3.0_f32.sqrt()
    }

    /// `n` nearly normal numbers times `scale`.
    pub(super) fn normals(&mut self, n: usize, scale: f32) -> Vec<f32> {
        (0..n).map(|_| scale * self.normal()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_moments_they_promise() {
        let mut source = Source::new(5);
        let n = 40_000;
        let mean = |v: &[f32]| v.iter().sum::<f32>() / v.len() as f32;
        let normals = source.normals(n, 1.0);
        let squares: Vec<f32> = normals.iter().map(|v| v * v).collect();
        assert!(mean(&normals).abs() < 0.02 && (mean(&squares) - 1.0).abs() < 0.02);
        assert!(normals.iter().all(|v| v.abs() < 3.5));
        let uniform: Vec<f32> = (0..n).map(|_| source.between(-1.0, 3.0)).collect();
        assert!((mean(&uniform) - 1.0).abs() < 0.03 && uniform.iter().all(|v| (-1.0..3.0).contains(v)));
        let mut seen = [0_usize; 4];
        (0..n).for_each(|_| seen[source.whole(2, 5) - 2] += 1);
        assert!(seen.iter().all(|s| s.abs_diff(n / 4) < n / 40), "{seen:?}");
    }
}

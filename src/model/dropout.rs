//! Dropout with masks drawn on the host, so that a run has the same masks on every device and after a resume.

use burn::tensor::{Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Drops units while training; passes everything through in inference mode.
pub struct Dropout(Option<Training>);

struct Training {
    rate: f32,
    rng: ChaCha8Rng,
}

impl Dropout {
    /// Dropout with this share of dropped units, in [0, 1), and its own random numbers.
    pub fn training(rate: f32, rng: ChaCha8Rng) -> Self {
        Self(Some(Training { rate, rng }))
    }

    /// Inference mode.
    pub fn inference() -> Self {
        Self(None)
    }

    /// Random numbers for another kind of dropout beside this one; `None` in inference mode.
    pub fn fork(&mut self) -> Option<ChaCha8Rng> {
        self.0.as_mut().map(|training| ChaCha8Rng::from_seed(training.rng.random()))
    }

    /// Drops units of x, (B, n), and scales the others so that the expected value stays.
    pub fn apply(&mut self, x: Tensor<2>) -> Tensor<2> {
        let Some(Training { rate, rng }) = &mut self.0 else { return x };
        if *rate <= 0.0 {
            return x;
        }
        let [rows, columns] = x.dims();
        let scale = (1.0 - *rate).recip();
        let mask: Vec<f32> =
            (0..rows * columns).map(|_| if rng.random::<f32>() < *rate { 0.0 } else { scale }).collect();
        let mask = Tensor::<2>::from_data(TensorData::new(mask, [rows, columns]), &x.device().inner());
        x * mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn keeps_the_mean_and_drops_the_share() {
        let x = Tensor::<2>::ones([100, 100], &Device::flex());
        let mut dropout = Dropout::training(0.25, ChaCha8Rng::seed_from_u64(1));
        let y: Vec<f32> = dropout.apply(x.clone()).into_data().try_into_vec().unwrap();
        let dropped = y.iter().filter(|&&v| v == 0.0).count() as f32 / 1e4;
        let mean = y.iter().sum::<f32>() / 1e4;
        assert!((dropped - 0.25).abs() < 0.02 && (mean - 1.0).abs() < 0.03, "{dropped} {mean}");
        assert_eq!(Dropout::inference().apply(x.clone()).into_data(), x.into_data());
    }
}

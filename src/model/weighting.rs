//! V(l), the weighting network of Meta-Weight-Net (Shu et al., NeurIPS 2019): what a clip counts, by its loss.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, activation};
use rand_chacha::ChaCha8Rng;

use super::init;
use crate::modality::{Modality, PerModality};

/// Units of the hidden layer, as in the paper.
pub const WIDTH: usize = 100;

/// V of one modality.
#[derive(Module, Debug)]
struct Curve {
    inner: Linear,
    outer: Linear,
}

/// V(l) = sigmoid(W2 relu(W1 l)), with biases as its authors' code has them: one for each modality, since losses of another
/// modality are of another size.
#[derive(Module, Debug)]
pub struct Weighting {
    /// In the order of [`Modality::ALL`].
    curves: Vec<Curve>,
}

impl Weighting {
    /// Networks whose weights are drawn from `rng`.
    pub fn new(rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let curve = |_: &Modality| Curve {
            inner: init::linear(1, WIDTH, rng, device),
            outer: init::linear(WIDTH, 1, rng, device),
        };
        Self { curves: Modality::ALL.iter().map(curve).collect() }
    }

    /// Weights in (0, 1), (B) each, of losses in units of H, (B) each.
    pub fn weigh(&self, losses: &PerModality<Option<Tensor<1>>>) -> PerModality<Option<Tensor<1>>> {
        losses.map(|m, loss| {
            let loss = loss.as_ref()?;
            let Curve { inner, outer } = &self.curves[m as usize];
            let hidden = activation::relu(inner.forward(loss.clone().unsqueeze_dim::<2>(1)));
            Some(activation::sigmoid(outer.forward(hidden)).squeeze_dim::<1>(1))
        })
    }
}

//! What learners that train encoders share: the network, how it moves, and the loss on what is taken for clean.
//!
//! θ is encoders and unimodal heads. It moves by gradient descent, θ - η∇L, as both papers write it. Fusion and multimodal
//! head stay as stage 1 left them: the loss L has no gradient there.
//!
//! The papers' clean set is a small set of clips with labels that are known to be right. Nothing here is known of single
//! modalities, so the multimodal pairs (h_f, y) of the same batch stand for it (**ours**): L_clean(θ) = mean|ŷ - y|.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use rand_chacha::ChaCha8Rng;

use crate::dataset::Batch;
use crate::modality::{Modality, PerModality};
use crate::model::dropout::Dropout;
use crate::model::network::Network;
use crate::training::bilevel::{counts, label_tensor};
use crate::training::events::PartSize;
use crate::training::losses::mean_abs;
use crate::training::randomness::of_member;
use crate::training::sizes::of_networks;

/// A network and what both learners are asked with.
pub struct Setting<'a> {
    pub batch: &'a Batch,
    /// y, (B)
    pub labels: &'a Tensor<1>,
    /// Share of dropped units.
    pub dropout: f32,
    pub rng: ChaCha8Rng,
    /// η
    pub rate: f32,
}

impl Setting<'_> {
    /// Of L: the same masks each time.
    pub fn dropout(&self) -> Dropout {
        Dropout::training(self.dropout, self.rng.clone())
    }

    /// Values of a modality's clips, (B), 0 for those that lack it; their mean over the batch is that over the clips that have
    /// it.
    pub fn counted(&self, m: Modality, values: Tensor<1>) -> Tensor<1> {
        let has: Vec<bool> = self.batch.sequences[m].lengths.iter().map(|&n| n > 0).collect();
        match has.contains(&false) {
            true => values * label_tensor(&counts(&has), &self.labels.device()),
            false => values,
        }
    }

    /// L_clean at θ, (1), and its gradient. It has dropout masks of its own.
    pub fn clean(&self, network: &Network) -> (Tensor<1>, GradientsParams) {
        let mut dropout = Dropout::training(self.dropout, of_member(self.rng.clone(), 1));
        let loss = mean_abs(network.forward(self.batch, &mut dropout).multimodal, &self.batch.labels);
        let gradients = GradientsParams::from_grads(loss.backward(), network);
        (loss.inner(), gradients)
    }

    /// <∇ŷ_m, v> of each clip, (B), for the gradient v of [`clean`](Self::clean): what a step down ŷ_m's own gradient would
    /// do to L_clean, but for its sign.
    pub fn influence(&self, network: &Network, gradients: &GradientsParams) -> PerModality<Option<Tensor<1>>> {
        let network = network.valid();
        let change = network.clone().map(&mut Gradient(gradients));
        network.predictions_along(&change, self.batch, || self.dropout())
    }
}

/// Numbers of parameters of the network, of which encoders and unimodal heads move.
pub fn of_encoders(network: &Network) -> Vec<PartSize> {
    of_networks(std::slice::from_ref(network), |part| part != "fusion" && part != "projections")
}

/// The sum of the modalities' terms, (1).
pub fn sum(terms: impl Iterator<Item = Tensor<1>>, setting: &Setting<'_>) -> Tensor<1> {
    terms.reduce(|a, b| a + b).unwrap_or_else(|| Tensor::zeros([1], &setting.labels.device()))
}

/// θ - η∇L, with leaves of a tape of its own.
pub fn descended(network: &Network, gradients: &GradientsParams, rate: f32) -> Network {
    network.clone().map(&mut Descent { gradients, rate })
}

/// <a, b> over the parameters that `theta` has a gradient of.
pub fn dot(network: &Network, theta: &GradientsParams, a: &GradientsParams, b: &GradientsParams) -> Option<Tensor<1>> {
    let mut dot = Dot { theta, a, b, sum: None };
    network.visit(&mut dot);
    dot.sum
}

struct Descent<'a> {
    gradients: &'a GradientsParams,
    rate: f32,
}

impl ModuleMapper for Descent<'_> {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.gradients.get::<D>(parameter.id) {
            Some(gradient) => parameter.map(|w| (w.detach() - gradient.mul_scalar(self.rate)).detach().require_grad()),
            None => parameter,
        }
    }
}

/// Puts the gradient in each parameter's place; zeros where there is none.
struct Gradient<'a>(&'a GradientsParams);

impl ModuleMapper for Gradient<'_> {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let gradient = self.0.get::<D>(parameter.id);
        parameter.map(|w| gradient.unwrap_or_else(|| w.zeros_like()))
    }
}

struct Dot<'a> {
    theta: &'a GradientsParams,
    a: &'a GradientsParams,
    b: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Dot<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let of = |gradients: &GradientsParams| gradients.get::<D>(parameter.id);
        let (Some(_), Some(a), Some(b)) = (of(self.theta), of(self.a), of(self.b)) else { return };
        let part = (a * b).sum();
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + part,
            None => part,
        });
    }
}

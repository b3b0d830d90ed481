//! The multimodal network: encoders F_m, fusion F_f, heads C_m and C_f, contrastive projections P_m ([the method](crate::book::method),
//! modules).

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, activation};
use rand_chacha::ChaCha8Rng;

use super::dropout::Dropout;
use super::encoder::{Encoder, linear_along};
use super::init;
use super::recurrent;
use crate::config::ModelSettings;
use crate::dataset::Batch;
use crate::modality::{Modality, PerModality};

/// Contrastive projection module (CPM) of one modality: a two-layer MLP, d_f → d.
#[derive(Module, Debug)]
struct Projection {
    inner: Linear,
    outer: Linear,
}

/// Everything that predicts sentiment; the corrector is apart, see [`super::corrector`].
#[derive(Module, Debug)]
pub struct Network {
    /// In the order of [`Modality::ALL`], as both below.
    encoders: Vec<Encoder>,
    heads: Vec<Linear>,
    /// Empty without contrastive projection modules.
    projections: Vec<Projection>,
    fusion: Linear,
    head: Linear,
    /// H: heads predict in units of it.
    #[module(skip)]
    label_range: f32,
}

/// Networks that differ in nothing but their random numbers; the first is the one that predicts.
#[derive(Module, Debug)]
pub struct Networks {
    pub all: Vec<Network>,
}

/// Rows of x, (B, d), scaled to length 1; a row of zeros stays as it is.
pub fn unit_rows(x: Tensor<2>) -> Tensor<2> {
    let length = x.clone().square().sum_dim(1).add_scalar(1e-12).sqrt();
    x / length
}

/// What the network says of a batch.
pub struct Output {
    /// h_m, (B, d)
    pub representations: PerModality<Tensor<2>>,
    /// h_f, (B, d_f)
    pub fused: Tensor<2>,
    /// ŷ_m, (B)
    pub unimodal: PerModality<Tensor<1>>,
    /// ŷ, (B)
    pub multimodal: Tensor<1>,
}

impl Network {
    /// A network for inputs of these sizes (D_m), its weights drawn from `rng`.
    pub fn new(
        dims: &PerModality<usize>,
        label_range: f32,
        settings: &ModelSettings,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        let (d, d_f) = (settings.representation, settings.fused);
        let encoders = Modality::ALL.iter().map(|&m| Encoder::new(dims[m], settings.hidden, d, rng, device)).collect();
        let heads = Modality::ALL.iter().map(|_| init::linear(d, 1, rng, device)).collect();
        // Drawn even where they are not used: everything else begins with the same weights then.
        let mut projections: Vec<Projection> = Modality::ALL
            .iter()
            .map(|_| Projection {
                inner: init::linear(d_f, d_f, rng, device),
                outer: init::linear(d_f, d, rng, device),
            })
            .collect();
        projections.retain(|_| settings.projection);
        Self {
            encoders,
            heads,
            projections,
            fusion: init::linear(3 * d, d_f, rng, device),
            head: init::linear(d_f, 1, rng, device),
            label_range,
        }
    }

    /// Runs encoders, fusion and heads.
    pub fn forward(&self, batch: &Batch, dropout: &mut Dropout) -> Output {
        let recurrences = PerModality::from_fn(|m| self.encoders[m as usize].recurrence());
        let last_hidden = recurrent::last_hidden(recurrences, &batch.sequences);
        let representations = last_hidden.map(|m, last| self.encoders[m as usize].represent(last.clone(), dropout));
        let joined = Tensor::cat(representations.iter().map(|(_, h)| h.clone()).collect(), 1);
        let fused = activation::relu(self.fusion.forward(dropout.apply(joined)));
        let unimodal = representations.map(|m, h| self.predict(&self.heads[m as usize], h.clone()));
        let multimodal = self.predict(&self.head, fused.clone());
        Output { representations, fused, unimodal, multimodal }
    }

    /// How each ŷ_m, (B), changes along a change of the weights, to first order: its directional derivative. For a network
    /// without a tape; `change` holds the change, parameter by parameter. `dropout` makes the same dropout again for each
    /// time that it is asked.
    ///
    /// Burn's tape is first order only, so a gradient through a step of gradient descent is taken in two parts: backward
    /// for the loss after the step, and this, forward, for the loss that the step descends.
    pub fn predictions_along(
        &self,
        change: &Network,
        batch: &Batch,
        dropout: impl Fn() -> Dropout,
    ) -> PerModality<Tensor<1>> {
        let (mut own, mut again) = (dropout(), dropout());
        PerModality::from_fn(|m| {
            let of = m as usize;
            let (encoder, moved) = (&self.encoders[of], &change.encoders[of]);
            let last = recurrent::last_hidden_along(&encoder.recurrence(), &moved.recurrence(), &batch.sequences[m]);
            let h = encoder.represent_along(moved, last, [&mut own, &mut again]);
            let [_, along] = linear_along(&self.heads[of], &change.heads[of], h);
            along.squeeze_dim::<1>(1).mul_scalar(self.label_range)
        })
    }

    /// z_m, (B, d) each: made of h_f by the projection module of m; without such modules h_m, scaled to length 1.
    pub fn project(&self, output: &Output) -> PerModality<Tensor<2>> {
        PerModality::from_fn(|m| match self.projections.get(m as usize) {
            Some(Projection { inner, outer }) => outer.forward(activation::relu(inner.forward(output.fused.clone()))),
            None => unit_rows(output.representations[m].clone()),
        })
    }

    fn predict(&self, head: &Linear, h: Tensor<2>) -> Tensor<1> {
        head.forward(h).squeeze_dim::<1>(1).mul_scalar(self.label_range)
    }
}

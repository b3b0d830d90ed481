//! MUCN, the meta uni-label correction network g_φ(h, ỹ): a representation and a corrupted label to a label ([the method](crate::book::method),
//! modules), with its parameter gradient written as tensor operations.
//!
//! Burn's autodiff is first order only. Stage 2 needs the gradient *through* a gradient step, so the inner gradient is
//! spelled out here with operations that the tape records: what is computed from it can be differentiated exactly.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use super::activation::tanh;
use super::init;
use crate::config::ModelSettings;
use crate::modality::{Modality, PerModality};

/// One small MLP: tanh inside, linear out.
#[derive(Module, Debug)]
struct Mlp {
    layers: Vec<Linear>,
}

/// The correctors of all modalities: one each, or one shared.
#[derive(Module, Debug)]
pub struct Corrector {
    networks: Vec<Mlp>,
    /// H: labels are read and written in units of it.
    #[module(skip)]
    label_range: f32,
}

/// The parameters of one corrector as values, to be used or moved: weights (in, out) and biases (1, out) by layer.
#[derive(Clone)]
pub struct Weights(pub Vec<(Tensor<2>, Tensor<2>)>);

impl Weights {
    /// φ - α·g, layer by layer.
    pub fn step(&self, gradient: &Weights, alpha: f32) -> Weights {
        let moved = self.0.iter().zip(&gradient.0);
        Weights(
            moved
                .map(|((w, b), (dw, db))| {
                    (w.clone() - dw.clone().mul_scalar(alpha), b.clone() - db.clone().mul_scalar(alpha))
                })
                .collect(),
        )
    }

    /// The same values as constants: nothing is differentiated through them.
    pub fn detach(self) -> Weights {
        Weights(self.0.into_iter().map(|(w, b)| (w.detach(), b.detach())).collect())
    }

    /// g(input) in units of H, (B, 1), with the activations after each tanh layer, (B, width).
    fn run(&self, input: Tensor<2>) -> (Tensor<2>, Vec<Tensor<2>>) {
        let mut activations = vec![input];
        let last = self.0.len() - 1;
        let mut out = None;
        for (k, (w, b)) in self.0.iter().enumerate() {
            let x = activations[k].clone().matmul(w.clone()) + b.clone();
            if k < last {
                activations.push(tanh(x));
            } else {
                out = Some(x);
            }
        }
        // There is always an output layer, see `Corrector::new`.
        (out.unwrap_or_else(|| activations[0].clone()), activations)
    }
}

impl Corrector {
    /// Correctors whose weights are drawn from `rng`.
    pub fn new(settings: &ModelSettings, label_range: f32, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let count = if settings.corrector_shared { 1 } else { Modality::ALL.len() };
        let width = settings.corrector_hidden;
        let networks = (0..count)
            .map(|_| {
                let mut inputs = settings.representation + 1;
                let mut layers = Vec::new();
                for _ in 0..settings.corrector_layers {
                    layers.push(init::linear(inputs, width, rng, device));
                    inputs = width;
                }
                layers.push(init::linear(inputs, 1, rng, device));
                Mlp { layers }
            })
            .collect();
        Self { networks, label_range }
    }

    /// The correctors and the modalities that each serves.
    pub fn parts(&self) -> Vec<(Weights, Vec<Modality>)> {
        let served = |k: usize| if self.networks.len() == 1 { Modality::ALL.to_vec() } else { vec![Modality::ALL[k]] };
        self.networks.iter().enumerate().map(|(k, mlp)| (mlp.weights(), served(k))).collect()
    }

    /// H
    pub fn label_range(&self) -> f32 {
        self.label_range
    }

    /// y_m = clip(g(h_m, y), -H, H), (B) each: labels as they are read, never as they are trained on.
    pub fn correct(&self, representations: &PerModality<Tensor<2>>, labels: &Tensor<1>) -> PerModality<Tensor<1>> {
        let h = self.label_range;
        representations.map(|m, representation| {
            let mlp = &self.networks[if self.networks.len() == 1 { 0 } else { m as usize }];
            let input = join(representation.clone(), labels.clone(), h);
            mlp.weights().run(input).0.squeeze_dim::<1>(1).mul_scalar(h).clamp(-h, h)
        })
    }
}

impl Mlp {
    fn weights(&self) -> Weights {
        let layer = |l: &Linear| {
            let weight = l.weight.val();
            let [_, outputs] = weight.dims();
            let bias = match &l.bias {
                Some(bias) => bias.val().unsqueeze_dim::<2>(0),
                None => Tensor::zeros([1, outputs], &weight.device()),
            };
            (weight, bias)
        };
        Weights(self.layers.iter().map(layer).collect())
    }
}

/// [h ; y/H], (B, d + 1), from h (B, d) and y (B).
pub fn join(representation: Tensor<2>, labels: Tensor<1>, label_range: f32) -> Tensor<2> {
    Tensor::cat(vec![representation, labels.unsqueeze_dim::<2>(1).div_scalar(label_range)], 1)
}

/// mean|g_φ(input) - target|, (1), for input (B, d + 1) from [`join`] and target (B).
pub fn loss(weights: &Weights, input: Tensor<2>, target: &Tensor<1>, label_range: f32) -> Tensor<1> {
    let out = weights.run(input).0.mul_scalar(label_range);
    (out - target.clone().unsqueeze_dim::<2>(1)).abs().mean()
}

/// [`loss`] and its gradient with respect to the weights, both on the tape.
///
/// The derivative of |x| is taken as sign(x), a constant: its own derivative is zero almost everywhere.
pub fn loss_and_gradient(
    weights: &Weights,
    input: Tensor<2>,
    target: &Tensor<1>,
    label_range: f32,
) -> (Tensor<1>, Weights) {
    let [batch, _] = input.dims();
    let (out, activations) = weights.run(input);
    let error = out.mul_scalar(label_range) - target.clone().unsqueeze_dim::<2>(1);
    let mut delta = error.clone().detach().sign().mul_scalar(label_range / batch as f32);
    let mut gradient = Vec::with_capacity(weights.0.len());
    for (k, (w, _)) in weights.0.iter().enumerate().rev() {
        let x = activations[k].clone();
        gradient.push((x.clone().transpose().matmul(delta.clone()), delta.clone().sum_dim(0)));
        if k > 0 {
            // x is the tanh of this layer's input: its derivative is 1 - x².
            let slope = x.square().neg().add_scalar(1.0);
            delta = delta.matmul(w.clone().transpose()) * slope;
        }
    }
    gradient.reverse();
    (error.abs().mean(), Weights(gradient))
}

//! MUCN, the meta uni-label correction network g_φ(h, ỹ): a representation and a corrupted label to a label ([the method](crate::book::method),
//! modules), with its parameter gradient written as tensor operations.
//!
//! Several members, networks that differ in nothing but their random numbers, are computed as one: every layer holds the
//! weights of all networks, a slice each, and one batched product serves them all.
//!
//! Burn's autodiff is first order only. Stage 2 needs the gradient *through* a gradient step, so the inner gradient is
//! spelled out here with operations that the tape records: what is computed from it can be differentiated exactly.

mod cpu;
mod member;

use burn::module::{Module, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::activation::{tanh, through_tanh};
use super::host::values;
use super::tasks::largest_first;
use crate::config::ModelSettings;
use crate::modality::{Modality, PerModality};

pub use cpu::Factors;
pub use member::Member;

/// One layer of all networks. The network of part p and member k is slice p·K + k.
#[derive(Module, Debug)]
struct Layer {
    /// (G, in, out)
    weight: Param<Tensor<3>>,
    /// (G, 1, out)
    bias: Param<Tensor<3>>,
}

/// The correctors of all modalities and members. A part serves one modality, or all where one corrector is shared; G networks
/// are parts times members.
#[derive(Module, Debug)]
pub struct Corrector {
    layers: Vec<Layer>,
    /// K
    #[module(skip)]
    members: usize,
    /// Those that are corrected, in the order of [`Modality::ALL`].
    #[module(skip)]
    modalities: Vec<Modality>,
    /// H: labels are read and written in units of it.
    #[module(skip)]
    label_range: f32,
    /// g = ỹ + the network, in place of the network alone.
    #[module(skip)]
    residual: bool,
}

/// What was computed on the CPU.
pub struct Found {
    /// The sum over the networks of each one's mean|g_φ(h, ỹ) - y|.
    pub unimodal: f32,
    /// The same of mean|g_φ'(z, ỹ') - y|.
    pub multimodal: f32,
    /// The gradient by parameter, without a tape.
    pub gradients: Vec<(ParamId, Tensor<3>)>,
}

/// What the networks shall give, and what each row counts in a network's mean.
pub struct Target {
    /// (1, rows, 1)
    labels: Tensor<3>,
    /// (G, rows, 1); `None` where every row counts 1.
    counts: Option<Tensor<3>>,
}

/// The parameters of all networks as values, to be used or moved.
#[derive(Clone)]
pub struct Weights {
    /// Weights (G, in, out) and biases (G, 1, out) by layer.
    layers: Vec<(Tensor<3>, Tensor<3>)>,
    /// The label among the inputs is added to what the layers make.
    residual: bool,
}

impl Weights {
    /// φ + step, layer by layer.
    pub fn moved(&self, step: Weights) -> Weights {
        let moved = self.layers.iter().zip(step.layers);
        Weights { layers: moved.map(|((w, b), (dw, db))| (w.clone() + dw, b.clone() + db)).collect(), ..*self }
    }

    /// The same values as constants: nothing is differentiated through them.
    pub fn detach(self) -> Weights {
        Weights { layers: self.layers.into_iter().map(|(w, b)| (w.detach(), b.detach())).collect(), ..self }
    }

    /// g(input) in units of H, (G, rows, 1), with the activations after each tanh layer, (G, rows, width).
    fn run(&self, input: Tensor<3>) -> (Tensor<3>, Vec<Tensor<3>>) {
        let mut activations = vec![input];
        let last = self.layers.len() - 1;
        let mut out = None;
        for (k, (w, b)) in self.layers.iter().enumerate() {
            let x = activations[k].clone().matmul(w.clone()) + b.clone();
            if k < last {
                activations.push(tanh(x));
            } else {
                out = Some(x);
            }
        }
        // There is always an output layer, see `Member::new`.
        let mut out = out.unwrap_or_else(|| activations[0].clone());
        if self.residual {
            let label = activations[0].dims()[2] - 1;
            out = out + activations[0].clone().narrow(2, label, 1);
        }
        (out, activations)
    }
}

impl Corrector {
    /// `members` correctors whose weights are drawn from `rng`, one member after the other: the first has the weights that
    /// it would have alone.
    pub fn new(
        settings: &ModelSettings,
        members: usize,
        label_range: f32,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        Self::of(&(0..members).map(|_| Member::new(settings, rng, device)).collect::<Vec<_>>(), label_range)
    }

    /// The same networks in one; parameters are named (see [`Param`]) as the first network's are.
    pub fn of(members: &[Member], label_range: f32) -> Self {
        let layer = |(l, first): (usize, &member::Layer)| {
            let parts = members[0].networks.len();
            let slices = || (0..parts).flat_map(|p| members.iter().map(move |m| &m.networks[p].layers[l]));
            let stack = |tensors| Tensor::stack::<3>(tensors, 0).detach().require_grad();
            Layer {
                weight: Param::initialized(first.weight.id, stack(slices().map(|s| s.weight.val()).collect())),
                bias: Param::initialized(first.bias.id, stack(slices().map(|s| s.bias.val().unsqueeze()).collect())),
            }
        };
        let first = members.iter().flat_map(|m| &m.networks).next();
        let layers = first.iter().flat_map(|n| n.layers.iter().enumerate()).map(layer).collect();
        let residual = members.iter().any(|m| m.residual);
        let modalities = members.first().map_or_else(Vec::new, |m| m.modalities.clone());
        Self { layers, members: members.len(), modalities, label_range, residual }
    }

    /// The parameters as values.
    pub fn weights(&self) -> Weights {
        let layers = self.layers.iter().map(|l| (l.weight.val(), l.bias.val())).collect();
        Weights { layers, residual: self.residual }
    }

    /// The modalities that each part serves.
    pub fn parts(&self) -> Vec<Vec<Modality>> {
        let networks = self.layers.first().map_or(0, |l| l.weight.dims()[0]);
        match networks / self.members {
            1 => vec![self.modalities.clone()],
            _ => self.modalities.iter().map(|&m| vec![m]).collect(),
        }
    }

    /// The modalities that are corrected, in the order of [`Modality::ALL`].
    pub fn modalities(&self) -> &[Modality] {
        &self.modalities
    }

    /// K
    pub fn members(&self) -> usize {
        self.members
    }

    /// H
    pub fn label_range(&self) -> f32 {
        self.label_range
    }

    /// What the networks are given, (G, rows, d + 1): [h ; y/H] with the representations (B, d) of the modalities that each
    /// serves, below each other, and each member's own labels, (K, B). As many members after each other share a set of
    /// representations as there are members for each set.
    pub fn input(&self, representations: &[PerModality<Option<Tensor<2>>>], labels: &Tensor<2>) -> Tensor<3> {
        let labels = labels.clone().div_scalar(self.label_range).unsqueeze_dim::<3>(2);
        let join = |m: &Modality| {
            let each = self.members / representations.len();
            let sets = representations.iter().filter_map(|h| h[*m].as_ref()).map(|h| {
                let [batch, width] = h.dims();
                h.clone().unsqueeze_dim::<3>(0).expand([each, batch, width])
            });
            Tensor::cat(vec![Tensor::cat(sets.collect(), 0), labels.clone()], 2)
        };
        let parts = self.parts();
        Tensor::cat(parts.iter().map(|part| Tensor::cat(part.iter().map(join).collect(), 1)).collect(), 0)
    }

    /// The labels (B) that the networks shall give. `counts`: what each clip counts in the mean of each modality, (B); without
    /// them all count 1.
    pub fn target(&self, labels: &Tensor<1>, counts: Option<&PerModality<Vec<f32>>>) -> Target {
        let parts = self.parts();
        let served = parts.first().map_or(0, Vec::len);
        let counts = counts.map(|counts| {
            let of = |part: &Vec<Modality>| part.iter().flat_map(|m| &counts[*m]).copied().collect::<Vec<f32>>();
            let all: Vec<f32> = parts.iter().flat_map(|part| of(part).repeat(self.members)).collect();
            let networks = parts.len() * self.members;
            let size = [networks, all.len() / networks, 1];
            Tensor::from_data(TensorData::new(all, size), &labels.device())
        });
        Target { labels: Tensor::cat(vec![labels.clone(); served], 0).reshape([1, -1, 1]), counts }
    }

    /// Both losses and the objective's gradient on the CPU, every network from beginning to end: `single` and `fused` are
    /// what [`input`](Self::input) takes for the one loss and for the other, `labels` and `counts` what
    /// [`target`](Self::target) takes.
    pub fn objective_on_the_cpu(
        &self,
        single: (&[PerModality<Option<Tensor<2>>>], &Tensor<2>),
        fused: (&[PerModality<Option<Tensor<2>>>], &Tensor<2>),
        (labels, counts): (&Tensor<1>, Option<&PerModality<Vec<f32>>>),
        factors: Factors,
    ) -> Found {
        let parts = self.parts();
        let networks = parts.len() * self.members;
        let layers: Vec<[Vec<f32>; 2]> =
            self.layers.iter().map(|l| [&l.weight, &l.bias].map(|p| values(p.val().inner()))).collect();
        let host = |(sets, labels): (&[PerModality<Option<Tensor<2>>>], &Tensor<2>)| {
            let of = |x: &PerModality<Option<Tensor<2>>>| x.map(|_, x| x.clone().map(values).unwrap_or_default());
            (sets.iter().map(of).collect::<Vec<_>>(), values(labels.clone()))
        };
        let (single, fused) = (host(single), host(fused));
        let labels = values(labels.clone());
        let target = labels.repeat(parts[0].len());
        let of = |all: &[f32], g: usize, count: usize| {
            let size = all.len() / count;
            g * size..(g + 1) * size
        };
        let task = |g: usize| {
            let (part, member) = (&parts[g / self.members], g % self.members);
            let input = |(sets, noisy): &(Vec<PerModality<Vec<f32>>>, Vec<f32>)| {
                let x = &sets[member * sets.len() / self.members];
                let noisy = &noisy[of(noisy, member, self.members)];
                let mut input = Vec::with_capacity((x[part[0]].len() / labels.len() + 1) * target.len());
                for m in part {
                    let width = x[*m].len() / labels.len();
                    for (row, y) in x[*m].chunks_exact(width).zip(noisy) {
                        input.extend_from_slice(row);
                        input.push(y / self.label_range);
                    }
                }
                input
            };
            let counts = match counts {
                Some(counts) => part.iter().flat_map(|m| &counts[*m]).copied().collect(),
                None => vec![1.0; target.len()],
            };
            cpu::Task {
                weights: layers.iter().map(|[w, _]| &w[of(w, g, networks)]).collect(),
                biases: layers.iter().map(|[_, b]| &b[of(b, g, networks)]).collect(),
                unimodal: input(&single),
                multimodal: input(&fused),
                target: &target,
                counts,
                label_range: self.label_range,
                residual: self.residual,
            }
        };
        let found: Vec<cpu::Found> = largest_first((0..networks).collect(), |_| 1, |g| task(g).run(factors));
        let device = self.layers[0].weight.val().inner().device();
        let gradients = self.layers.iter().enumerate().flat_map(|(l, layer)| {
            let weights = found.iter().map(|f| &f.weights[l][..]).collect::<Vec<_>>().concat();
            let biases = found.iter().map(|f| &f.biases[l][..]).collect::<Vec<_>>().concat();
            [(&layer.weight, weights), (&layer.bias, biases)]
        });
        let gradients = gradients.map(|(parameter, values)| {
            (parameter.id, Tensor::from_data(TensorData::new(values, parameter.val().dims()), &device))
        });
        Found {
            unimodal: found.iter().map(|f| f.unimodal).sum(),
            multimodal: found.iter().map(|f| f.multimodal).sum(),
            gradients: gradients.collect(),
        }
    }

    /// y_m = clip(g(h_m, y), -H, H) by each member, (K, B): labels as they are read, never as they are trained on.
    ///
    /// A modality that is not corrected has none.
    pub fn correct(
        &self,
        representations: &[PerModality<Option<Tensor<2>>>],
        labels: &Tensor<1>,
    ) -> PerModality<Option<Tensor<2>>> {
        let h = self.label_range;
        self.unclipped(representations, labels).map(|_, y| y.clone().map(|y| y.clamp(-h, h)))
    }

    /// g(h_m, y) by each member, (K, B).
    pub fn unclipped(
        &self,
        representations: &[PerModality<Option<Tensor<2>>>],
        labels: &Tensor<1>,
    ) -> PerModality<Option<Tensor<2>>> {
        let (k, h, batch) = (self.members, self.label_range, labels.dims()[0]);
        let labels = labels.clone().unsqueeze_dim::<2>(0).expand([k, batch]);
        let out = self.weights().run(self.input(representations, &labels)).0;
        let out = out.squeeze_dim::<2>(2).mul_scalar(h);
        // Below each other in one part, or in parts of their own.
        let shared = self.parts().len() == 1;
        PerModality::from_fn(|m| {
            let at = self.modalities.iter().position(|own| *own == m)?;
            let (row, column) = if shared { (0, at * batch) } else { (at * k, 0) };
            Some(out.clone().slice([row..row + k, column..column + batch]))
        })
    }
}

impl Target {
    fn rows(&self) -> f32 {
        self.labels.dims()[1] as f32
    }

    fn counted(&self, x: Tensor<3>) -> Tensor<3> {
        match &self.counts {
            Some(counts) => x * counts.clone(),
            None => x,
        }
    }

    /// The sum over the networks of each one's mean, (1), of errors (G, rows, 1).
    fn mean(&self, errors: Tensor<3>) -> Tensor<1> {
        self.counted(errors).sum().div_scalar(self.rows())
    }
}

/// The sum over the networks of each one's mean|g_φ(input) - target|, (1), for inputs (G, rows, d + 1) from
/// [`Corrector::input`] and targets from [`Corrector::target`].
pub fn loss(weights: &Weights, input: Tensor<3>, target: &Target, label_range: f32) -> Tensor<1> {
    let out = weights.run(input).0.mul_scalar(label_range);
    target.mean((out - target.labels.clone()).abs())
}

/// [`loss`] and -α times its gradient with respect to the weights, both on the tape. A network's part of it is the gradient
/// of its own loss.
///
/// The derivative of |x| is taken as sign(x), a constant: its own derivative is zero almost everywhere. α goes in where the
/// tensors are small.
pub fn loss_and_step(
    weights: &Weights,
    input: Tensor<3>,
    target: &Target,
    label_range: f32,
    alpha: f32,
) -> (Tensor<1>, Weights) {
    let (out, activations) = weights.run(input);
    let error = out.mul_scalar(label_range) - target.labels.clone();
    let mut delta = target.counted(error.clone().detach().sign()).mul_scalar(-alpha * label_range / target.rows());
    let mut step = Vec::with_capacity(weights.layers.len());
    for (k, (w, _)) in weights.layers.iter().enumerate().rev() {
        let x = activations[k].clone();
        step.push((x.clone().transpose().matmul(delta.clone()), delta.clone().sum_dim(1)));
        if k > 0 {
            delta = through_tanh(delta.matmul(w.clone().transpose()), x);
        }
    }
    step.reverse();
    (target.mean(error.abs()), Weights { layers: step, ..*weights })
}

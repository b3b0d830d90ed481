//! Meta label correction, MLC (Zheng, Awadallah and Dumais, "Meta Label Correction for Noisy Label Learning", AAAI 2021;
//! its authors' code, `microsoft/MLC`), on unimodal labels.
//!
//! ```text
//! L(θ, φ)  = Σ_m mean (ŷ_m - g_φ(h_m, y))² / 2H      encoders and heads learn what the corrector g says
//! θ'       = θ - η ∇_θ L
//! ∇_φ      = -∂/∂φ <∇_θ L, η ∇L_clean(θ')>  +  γ · the last one
//! γ        = <∇L_clean(θ'), (1 - η) ∇L_clean(θ)> / |∇L_clean(θ)|²
//! ```
//!
//! The corrector steps down ∇_φ every K steps, and its memory of the last one begins anew; θ steps to θ' each time. h_m is a
//! constant to g, as in the paper. Of ∇_φ the first term is the exact gradient of L_clean(θ') with θ held fixed. The second
//! stands for what θ owes to earlier φ: that the Hessian of L is the identity there is the paper's approximation.
//!
//! In place of the paper's cross entropy on soft labels is the squared error **(ours)**. The slope of either is linear in
//! the label, p - t; that of |ŷ - g| is a sign, which does not change with g: its mixed derivative is 0 and nothing would
//! be learned. L_clean has no such part and is L1, as everywhere. What stands for the clean set is said in `clean`.

use std::sync::Arc;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::clean::{Setting, descended, dot, sum};
use crate::model::corrector::Corrector;
use crate::model::network::Network;
use crate::split::Split;
use crate::training::bilevel::label_tensor;
use crate::training::context::{Context, Evaluation, StageTrainer};
use crate::training::contrastive::mean_abs_of;
use crate::training::error::TrainingError;
use crate::training::events::LabelValues;
use crate::training::feed::Feed;
use crate::training::inference::{infer, infer_all};
use crate::training::labels::corrected_labels_of;
use crate::training::optimizer::{AdamW, Clipping};
use crate::training::readback::{Pending, values};
use crate::training::records::{Trained, Trainee};
use crate::training::scalars::scalars;

/// Encoders and corrector. The optimiser moves the corrector alone: it is given no other gradients.
#[derive(Module, Debug)]
pub(super) struct Pair {
    pub network: Network,
    pub corrector: Corrector,
}

/// Trains a corrector by what its labels do to the encoders.
pub struct Mlc {
    context: Arc<Context>,
    pair: Trainee<Pair>,
    /// The steps that went into `last`, up to K - 1.
    steps: u32,
    /// The last meta gradient, parameter after parameter; empty after a step of the corrector.
    last: Vec<f32>,
}

/// What a look at θ' found.
pub(super) struct Look {
    /// L_clean(θ'), (1)
    pub clean: Tensor<1>,
    /// L, (1)
    pub unimodal: Tensor<1>,
    /// The exact part of ∇_φ.
    pub meta: GradientsParams,
    /// θ'
    pub network: Network,
    /// ∇_θ L
    inner: GradientsParams,
    /// ∇L_clean(θ')
    outer: GradientsParams,
}

/// One virtual step, and what it says of the corrector.
pub(super) fn look(pair: &Pair, setting: &Setting<'_>) -> Look {
    let Pair { network, corrector } = pair;
    let range = corrector.label_range();
    let output = network.forward(setting.batch, &mut setting.dropout());
    let h = output.representations.map(|_, h| h.clone().map(Tensor::inner));
    let soft = corrector.unclipped(&[h], setting.labels);
    let soft = soft.map(|_, g| g.clone().map(|g| g.squeeze_dim::<1>(0)));
    let of_each = output.unimodal.known().zip(soft.known()).map(|((m, own), (_, target))| {
        let squares = (own.clone() - target.clone().inner()).square();
        setting.counted(m, squares).mean().div_scalar(2.0 * range)
    });
    let unimodal = sum(of_each, setting);
    let inner = GradientsParams::from_grads(unimodal.backward(), network);
    let moved = descended(network, &inner, setting.rate);
    let (clean, outer) = setting.clean(&moved);
    // ∇_θ L = Σ (ŷ - g) ∇ŷ / BH: of its product with v only g depends on φ.
    let factor = setting.rate / (setting.batch.labels.len() as f32 * range);
    let influence = setting.influence(network, &outer);
    let of_each = soft.known().zip(influence.known());
    let of_each = of_each.map(|((m, soft), (_, influence))| setting.counted(m, soft.clone() * influence.clone()).sum());
    let product = sum(of_each, setting).mul_scalar(factor);
    let meta = GradientsParams::from_grads(product.backward(), corrector);
    Look { clean, unimodal: unimodal.inner(), meta, network: moved, inner, outer }
}

impl Mlc {
    pub fn new(context: Arc<Context>, network: Network) -> Self {
        let settings = &context.settings;
        let optimizer = AdamW::new(settings.denoising.weight_decay, settings.training.gradient_clip, Clipping::Slices);
        let pair = Pair { network, corrector: context.new_corrector() };
        Self { pair: Trainee::new(pair, optimizer), steps: 0, last: Vec::new(), context }
    }

    /// γ, see above.
    fn discount(&self, setting: &Setting<'_>, look: &Look) -> Result<f32, TrainingError> {
        let network = &self.pair.module.network;
        let (_, before) = setting.clean(network);
        let of = |a, b| match dot(network, &look.inner, a, b) {
            Some(dot) => Ok(values(dot)?.iter().sum()),
            None => Ok::<f32, TrainingError>(0.0),
        };
        let (product, square): (f32, f32) = (of(&look.outer, &before)?, of(&before, &before)?);
        // Encoders that do not reach L_clean leave nothing to remember.
        Ok(if square > 0.0 { (1.0 - setting.rate) * product / square } else { 0.0 })
    }
}

impl StageTrainer for Mlc {
    fn step(&mut self, _: &[usize], feed: &mut Feed, rng: ChaCha8Rng, done: f64) -> Result<Pending, TrainingError> {
        let context = self.context.clone();
        let settings = &context.settings;
        let batch = feed.batch()?;
        let labels = label_tensor(&batch.labels, &context.plain_device());
        let rate = settings.denoising.encoder_rate as f32;
        let setting = Setting { batch: &batch, labels: &labels, dropout: settings.model.dropout, rng, rate };
        let mut seen = look(&self.pair.module, &setting);
        if !self.last.is_empty() {
            let by = self.discount(&setting, &seen)?;
            self.pair.module.corrector.visit(&mut Add { gradients: &mut seen.meta, last: &self.last, by });
        }
        self.steps += 1;
        if self.steps >= settings.denoising.look_ahead {
            (self.steps, self.last) = (0, Vec::new());
            let rate = settings.denoising.learning_rate * if settings.denoising.decay { 1.0 - done } else { 1.0 };
            self.pair.apply(seen.meta, rate);
        } else {
            let mut flat = Flat { gradients: &seen.meta, found: Vec::new() };
            self.pair.module.corrector.visit(&mut flat);
            self.last = values(Tensor::cat(flat.found, 0))?;
        }
        self.pair.module.network = seen.network;
        Ok(Pending::new(LOSSES, vec![seen.clean, seen.unimodal]))
    }

    fn evaluate(&mut self) -> Result<Evaluation, TrainingError> {
        let Pair { network, corrector } = &self.pair.module;
        let Some(found) = infer(&self.context, network, Split::Valid)? else {
            return Ok(Evaluation { valid: Default::default(), metrics: Default::default(), score: None });
        };
        let labels = self.context.dataset.labels(Split::Valid);
        let y = label_tensor(labels, &self.context.plain_device());
        let soft = corrector.valid().unclipped(std::slice::from_ref(&found.representations), &y);
        let mut unimodal = 0.0;
        for (m, soft) in soft.known() {
            let soft = values(soft.clone())?;
            // A clip that lacks the modality has no prediction of it.
            let squares = soft.iter().zip(&found.unimodal[m]).zip(&found.has[m]).filter(|(_, has)| **has);
            let squares: Vec<f64> = squares.map(|((g, y), _)| f64::from(g - y).powi(2)).collect();
            let mean = squares.iter().sum::<f64>() / squares.len().max(1) as f64;
            unimodal += mean as f32 / (2.0 * corrector.label_range());
        }
        let valid = scalars(LOSSES.iter().copied().zip([mean_abs_of(&found.multimodal, labels), unimodal]));
        Ok(Evaluation { valid, metrics: Default::default(), score: None })
    }

    fn labels(&mut self) -> Result<Option<LabelValues>, TrainingError> {
        let found = infer_all(&self.context, &self.pair.module.network)?;
        corrected_labels_of(&self.context, &self.pair.module.corrector, &[found]).map(Some)
    }

    fn state(&self) -> Result<Option<Vec<u8>>, TrainingError> {
        let mut bytes = self.steps.to_le_bytes().to_vec();
        bytes.extend(self.last.iter().flat_map(|g| g.to_le_bytes()));
        Ok((!self.last.is_empty()).then_some(bytes))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), TrainingError> {
        let (words, rest) = state.as_chunks::<4>();
        let size = self.pair.module.corrector.num_params();
        let ([steps, last @ ..], []) = (words, rest) else {
            return Err(TrainingError::LearnerState { expected: size, found: state.len() / 4 });
        };
        if last.len() != size {
            return Err(TrainingError::LearnerState { expected: size, found: last.len() });
        }
        self.steps = u32::from_le_bytes(*steps);
        self.last = last.iter().map(|g| f32::from_le_bytes(*g)).collect();
        Ok(())
    }

    fn trained(&self) -> &dyn Trained {
        &self.pair
    }

    fn trained_mut(&mut self) -> &mut dyn Trained {
        &mut self.pair
    }
}

/// The losses of a step: L_clean(θ') and L.
const LOSSES: &[&str] = &["loss", "unimodal"];

/// Takes gradients one after the other.
struct Flat<'a> {
    gradients: &'a GradientsParams,
    found: Vec<Tensor<1>>,
}

impl ModuleVisitor for Flat<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let gradient = self.gradients.get::<D>(parameter.id).unwrap_or_else(|| parameter.val().inner().zeros_like());
        self.found.push(gradient.reshape([-1]));
    }
}

/// Adds what [`Flat`] took, times a number.
struct Add<'a> {
    gradients: &'a mut GradientsParams,
    last: &'a [f32],
    by: f32,
}

impl ModuleVisitor for Add<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let shape = parameter.val().dims();
        let Some((last, rest)) = self.last.split_at_checked(shape.iter().product()) else { return };
        self.last = rest;
        let device = parameter.val().inner().device();
        let last = Tensor::<D>::from_data(TensorData::new(last.to_vec(), shape), &device).mul_scalar(self.by);
        let sum = match self.gradients.remove::<D>(parameter.id) {
            Some(gradient) => gradient + last,
            None => last,
        };
        self.gradients.register(parameter.id, sum);
    }
}

//! Meta-Weight-Net (Shu et al., "Meta-Weight-Net: Learning an Explicit Mapping For Sample Weighting", NeurIPS 2019; its
//! authors' code, `xjtushujun/meta-weight-net`), on unimodal labels.
//!
//! ```text
//! l_m,i    = |ŷ_m,i - y_i|                            of each clip and modality, with y as its label
//! L(θ, Θ)  = Σ_m mean_i V_m(l_m,i / H; Θ) · l_m,i     l within V is a constant
//! θ'       = θ - η ∇_θ L(θ, Θ)
//! Θ        ← optimiser step down ∇_Θ L_clean(θ'(Θ))
//! θ        ← θ - η ∇_θ L(θ, Θ)                        with the new Θ
//! ```
//!
//! ∇_Θ is the exact gradient through θ': θ' is linear in the weights, so it is -η Σ <∇l_m,i, ∇L_clean(θ')> ∇_Θ V / B. As in
//! its authors' code Θ is moved by Adam, and weights are not scaled to a sum. It makes no labels: the table's are y, each
//! with a weight. There is one V for each modality **(ours)**. What stands for the clean set is said in `clean`.

use std::sync::Arc;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use rand_chacha::ChaCha8Rng;

use super::clean::{Setting, descended, sum};
use crate::modality::PerModality;
use crate::model::network::Network;
use crate::model::weighting::Weighting;
use crate::split::Split;
use crate::training::bilevel::label_tensor;
use crate::training::context::{Context, Evaluation, StageTrainer};
use crate::training::contrastive::mean_abs_of;
use crate::training::error::TrainingError;
use crate::training::events::LabelValues;
use crate::training::feed::Feed;
use crate::training::inference::{Inference, infer, infer_all};
use crate::training::optimizer::{AdamW, Clipping};
use crate::training::randomness::{Purpose, generator};
use crate::training::readback::{Pending, values};
use crate::training::records::{Trained, Trainee};
use crate::training::scalars::scalars;
use crate::training::targets::copies;

/// Encoders and V. The optimiser moves V alone: it is given no other gradients.
#[derive(Module, Debug)]
pub(super) struct Pair {
    pub network: Network,
    pub weighting: Weighting,
}

/// Trains what a clip counts by what it does to the encoders.
pub struct MetaWeight {
    context: Arc<Context>,
    pair: Trainee<Pair>,
}

/// What a look at θ' found.
pub(super) struct Look {
    /// L_clean(θ'), (1)
    pub clean: Tensor<1>,
    /// ∇_Θ L_clean(θ'(Θ))
    pub meta: GradientsParams,
}

/// L, (1), and what it is made of: ŷ_m - y, (B) each, on θ's tape, and V_m, (B) each, on Θ's.
fn weighted(
    pair: &Pair,
    setting: &Setting<'_>,
    range: f32,
) -> (Tensor<1>, PerModality<Option<Tensor<1>>>, PerModality<Option<Tensor<1>>>) {
    let output = pair.network.forward(setting.batch, &mut setting.dropout());
    let errors = output.unimodal.map(|_, y| y.clone().map(|y| y - setting.labels.clone()));
    let sizes = errors.map(|_, e| e.clone().map(|e| e.inner().abs().div_scalar(range)));
    let weights = pair.weighting.weigh(&sizes);
    let of_each = errors.known().zip(weights.known());
    let of_each = of_each.map(|((m, e), (_, w))| setting.counted(m, e.clone().abs() * w.clone().inner()).mean());
    (sum(of_each, setting), errors, weights)
}

/// One virtual step, and what it says of the weights.
pub(super) fn look(pair: &Pair, setting: &Setting<'_>, range: f32) -> Look {
    let (loss, errors, weights) = weighted(pair, setting, range);
    let inner = GradientsParams::from_grads(loss.backward(), &pair.network);
    let moved = descended(&pair.network, &inner, setting.rate);
    let (clean, outer) = setting.clean(&moved);
    let influence = setting.influence(&pair.network, &outer);
    // <∇l, v> = sign(ŷ - y) <∇ŷ, v>
    let factor = -setting.rate / setting.batch.labels.len() as f32;
    let of_each = influence.known().zip(errors.known()).zip(weights.known());
    let of_each = of_each.map(|(((m, influence), (_, error)), (_, weight))| {
        let influence = influence.clone() * error.clone().inner().sign();
        setting.counted(m, weight.clone() * influence).sum()
    });
    let product = sum(of_each, setting).mul_scalar(factor);
    Look { clean, meta: GradientsParams::from_grads(product.backward(), &pair.weighting) }
}

/// V with its first weights.
pub fn new_weighting(context: &Context) -> Weighting {
    let mut rng = generator(context.settings.training.seed, Purpose::Corrector);
    Weighting::new(&mut rng, &context.device)
}

impl MetaWeight {
    pub fn new(context: Arc<Context>, network: Network) -> Self {
        let settings = &context.settings;
        let optimizer = AdamW::new(settings.denoising.weight_decay, settings.training.gradient_clip, Clipping::Tensors);
        let pair = Pair { network, weighting: new_weighting(&context) };
        Self { pair: Trainee::new(pair, optimizer), context }
    }

    /// |ŷ_m - y| and V_m of each row of a split.
    fn weights(&self, found: &Inference, labels: &[f32]) -> Result<PerModality<[Vec<f32>; 2]>, TrainingError> {
        let (range, device) = (self.context.dataset.label_range, self.context.plain_device());
        let losses =
            found.unimodal.map(|_, own| own.iter().zip(labels).map(|(a, b)| (a - b).abs()).collect::<Vec<f32>>());
        // What is undefined stays so: of a clip that lacks the modality, or of a modality that the network does not have.
        let inputs = losses.map(|_, l| Some(label_tensor(l, &device).div_scalar(range)));
        let weights = self.pair.module.weighting.valid().weigh(&inputs);
        PerModality::try_from_fn(|m| {
            let weights = weights[m].clone().map(values).transpose()?.unwrap_or_default();
            let known = |(weight, loss): (f32, &f32)| if loss.is_finite() { weight } else { f32::NAN };
            Ok([losses[m].clone(), weights.into_iter().zip(&losses[m]).map(known).collect()])
        })
    }
}

impl StageTrainer for MetaWeight {
    fn step(&mut self, _: &[usize], feed: &mut Feed, rng: ChaCha8Rng, done: f64) -> Result<Pending, TrainingError> {
        let context = self.context.clone();
        let settings = &context.settings;
        let batch = feed.batch()?;
        let labels = label_tensor(&batch.labels, &context.plain_device());
        let (rate, range) = (settings.denoising.encoder_rate as f32, context.dataset.label_range);
        let setting = Setting { batch: &batch, labels: &labels, dropout: settings.model.dropout, rng, rate };
        let Look { clean, meta } = look(&self.pair.module, &setting, range);
        self.pair
            .apply(meta, settings.denoising.learning_rate * if settings.denoising.decay { 1.0 - done } else { 1.0 });
        let (loss, ..) = weighted(&self.pair.module, &setting, range);
        let inner = GradientsParams::from_grads(loss.backward(), &self.pair.module.network);
        self.pair.module.network = descended(&self.pair.module.network, &inner, rate);
        Ok(Pending::new(LOSSES, vec![clean, loss.inner()]))
    }

    fn evaluate(&mut self) -> Result<Evaluation, TrainingError> {
        let Some(found) = infer(&self.context, &self.pair.module.network, Split::Valid)? else {
            return Ok(Evaluation { valid: Default::default(), metrics: Default::default(), score: None });
        };
        let labels = self.context.dataset.labels(Split::Valid);
        let mut unimodal = 0.0;
        for (_, [losses, weights]) in self.weights(&found, labels)?.iter() {
            let known = || losses.iter().zip(weights).filter(|(l, _)| l.is_finite());
            unimodal += known().map(|(l, w)| l * w).sum::<f32>() / known().count().max(1) as f32;
        }
        let valid = scalars(LOSSES.iter().copied().zip([mean_abs_of(&found.multimodal, labels), unimodal]));
        Ok(Evaluation { valid, metrics: Default::default(), score: None })
    }

    fn labels(&mut self) -> Result<Option<LabelValues>, TrainingError> {
        let found = infer_all(&self.context, &self.pair.module.network)?;
        let mut all = PerModality::<Vec<f32>>::default();
        for (split, found) in found.iter() {
            let Some(found) = found else { continue };
            for (m, [_, weights]) in self.weights(found, self.context.dataset.labels(split))?.iter() {
                all[m].extend(weights);
            }
        }
        Ok(Some(LabelValues { weights: Some(all), ..copies(&self.context) }))
    }

    fn trained(&self) -> &dyn Trained {
        &self.pair
    }

    fn trained_mut(&mut self) -> &mut dyn Trained {
        &mut self.pair
    }
}

/// The losses of a step: L_clean(θ') and L with the new weights.
const LOSSES: &[&str] = &["loss", "unimodal"];

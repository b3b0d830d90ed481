//! How stages 1 and 3 train networks: their optimiser, its learning rates from step to step, and batches in parts.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;

use super::optimizer::{AdamW, Clipping, LearningRates, Parameter, ParameterGroup};
use super::records::Trainee;
use super::schedule;
use crate::config::{Precision, Settings};
use crate::dataset::Batch;

/// The optimiser of a network, or of several, with this weight decay. A BERT has its own decay, none on biases and
/// LayerNorms, and the gradients of all parameters are clipped together (Devlin et al., NAACL 2019); in f16 the loss is
/// scaled.
pub fn optimizer<M: Module>(module: &M, settings: &Settings, weight_decay: f32) -> AdamW {
    let training = &settings.training;
    if !settings.model.text.trains_bert() {
        return AdamW::new(weight_decay, training.gradient_clip, Clipping::Tensors);
    }
    let optimizer = AdamW::new(weight_decay, training.gradient_clip, Clipping::Together);
    // Only f16 has too little range for small gradients.
    let optimizer = if training.precision == Precision::F16 { optimizer.with_loss_scale() } else { optimizer };
    optimizer
        .with_group(ParameterGroup::of(module, training.bert_weight_decay, |p| is_berts(&p)))
        .with_group(ParameterGroup::of(module, 0.0, |p| is_berts(&p) && p.is_vector()))
}

fn is_berts(parameter: &Parameter<'_>) -> bool {
    parameter.path.contains("text.bert.")
}

/// The learning rates of a step of a stage whose own rate is `rate`; `done`: the share of its steps that lies behind.
pub fn rates(settings: &Settings, rate: f64, done: f64) -> LearningRates {
    let factor = schedule::factor(&settings.training, done);
    let bert = settings.model.text.trains_bert().then_some(settings.training.bert_learning_rate * factor);
    LearningRates { others: rate * factor, groups: bert.into_iter().flat_map(|rate| [rate; 2]).collect() }
}

/// One step on a batch in parts: `losses` of each part, its number from 0, are the terms of the loss, the loss itself first.
/// The step goes down the gradient of the parts' mean, weighted by their clips; the means of the terms come back, (1) each.
///
/// # Errors
/// As `losses`.
pub fn step_in_parts<M: Module, E>(
    trainee: &mut Trainee<M>,
    parts: &[Batch],
    rates: LearningRates,
    mut losses: impl FnMut(&M, &Batch, usize) -> Result<Vec<Tensor<1>>, E>,
) -> Result<Vec<Tensor<1>>, E> {
    let all: usize = parts.iter().map(|part| part.labels.len()).sum();
    let mut gradients = GradientsAccumulator::<M>::new();
    let mut means: Vec<Tensor<1>> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let terms = losses(&trainee.module, part, at)?;
        let Some(loss) = terms.first() else { continue };
        if parts.len() == 1 {
            trainee.step(loss, rates);
            return Ok(terms);
        }
        let share = part.labels.len() as f32 / all as f32;
        let backward = trainee.scaled(loss.clone().mul_scalar(share)).backward();
        gradients.accumulate(&trainee.module, GradientsParams::from_grads(backward, &trainee.module));
        let terms = terms.into_iter().map(|term| term.detach().mul_scalar(share));
        means = if at == 0 { terms.collect() } else { means.into_iter().zip(terms).map(|(a, b)| a + b).collect() };
    }
    trainee.apply(gradients.grads(), rates);
    Ok(means)
}

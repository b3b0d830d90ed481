//! What learns in stage 2, by `denoising.learner` ([the method](crate::book::method), stage 2 and rivals).
//!
//! `mlc` and `meta_weight` are one learner each, `clean` what they share: the network whose encoders they train, and how it
//! moves. MUCN, the method's own, is [`Denoising`]: it trains no encoder.
//!
//! To add a learner: a variant of [`Learner`], a file here with a [`StageTrainer`], and its arm in [`make`]; the compiler
//! asks for it. The trainer's `labels` are what stage 3 learns.

mod clean;
mod meta_weight;
mod mlc;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use burn::module::Module;

use super::context::{Context, StageTrainer};
use super::denoising::Denoising;
use super::error::TrainingError;
use super::events::LabelValues;
use super::inference::Inference;
use super::labels::corrected_labels_of;
use crate::config::Learner;
use crate::model::network::Network;
use crate::split::PerSplit;

/// The trainer of stage 2. `networks`: what stage 1 handed on, `found` what each of them says of every split.
pub fn make(
    context: Arc<Context>,
    networks: &[Network],
    found: &[PerSplit<Option<Inference>>],
) -> Box<dyn StageTrainer> {
    // There is always a network: the settings are held to it.
    let network = || networks.first().cloned().unwrap_or_else(|| context.new_network());
    match context.settings.denoising.learner {
        Learner::Mucn => Box::new(Denoising::new(context, found).of(networks)),
        Learner::Mlc => Box::new(mlc::Mlc::new(context.clone(), network())),
        Learner::MetaWeight => Box::new(meta_weight::MetaWeight::new(context.clone(), network())),
    }
}

/// The labels that stage 3 learns, by the weights that stage 2 left.
///
/// # Errors
/// Weights of other settings, or damaged ones; a device that failed.
pub fn labels(
    context: &Arc<Context>,
    weights: Vec<u8>,
    networks: &[Network],
    found: &[PerSplit<Option<Inference>>],
) -> Result<LabelValues, TrainingError> {
    if context.settings.denoising.learner == Learner::Mucn {
        return corrected_labels_of(context, &context.load_corrector(weights)?, found);
    }
    let mut trainer = make(context.clone(), networks, found);
    trainer.trained_mut().load(weights)?;
    Ok(trainer.labels()?.unwrap_or_default())
}

/// Number of parameters that the learner has besides the network.
pub fn parameters(context: &Context) -> usize {
    match context.settings.denoising.learner {
        Learner::Mucn | Learner::Mlc => context.new_corrector().num_params(),
        Learner::MetaWeight => meta_weight::new_weighting(context).num_params(),
    }
}

/// What the learner does, in a line for the run's log; `None` for the method's own.
pub fn in_words(learner: Learner) -> Option<&'static str> {
    match learner {
        Learner::Mucn => None,
        Learner::Mlc => Some(
            "denoising.learner = mlc: a corrector makes the labels that the encoders learn in this stage, and learns from the \
             multimodal loss after their step. No corruption, objective, virtual_step or outer_weight has a part in it. \
             Stage 3 learns the corrected labels, and begins from stage 1's weights",
        ),
        Learner::MetaWeight => Some(
            "denoising.learner = meta-weight: labels stay y, and each clip gets a weight for each modality (columns wt, wa \
             and wv). No check of corrected labels is made, since none is corrected. Stage 3 weighs its unimodal tasks, and \
             begins from stage 1's weights",
        ),
    }
}

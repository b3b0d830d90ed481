//! What can end training.

use std::path::PathBuf;

use burn::store::RecordError;
use burn::tensor::TensorReadError;

use super::events::Stage;
use super::left_out::LeftOut;
use crate::config::Learner;
use crate::dataset::DatasetError;
use crate::files::bytes_in_words;
use crate::modality::Modality;
use crate::weights::WeightsError;

#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    #[error(transparent)]
    Data(#[from] DatasetError),
    #[error(
        "the device failed: {0}; the last checkpoint stands. Resume the run, with --device cpu or a smaller \
         training.batch_size if it happens again"
    )]
    Device(#[from] TensorReadError),
    #[error(
        "training.precision = \"{asked}\": expected a device that computes in it, found {device}, which computes in {supported}; \
         {advice}"
    )]
    Precision { asked: &'static str, device: String, supported: String, advice: String },
    /// `advice` as [`Demand::advice`](super::fits::Demand::advice) gives it.
    #[error("the device has too little memory: {advice}")]
    Memory { advice: String },
    #[error("checkpoint {path}: {message}; {advice}")]
    Checkpoint { path: PathBuf, message: String, advice: &'static str },
    #[error(
        "a checkpoint needs {} of free disk, found {} where {path} lies; free some, or move the run directory to a larger \
         disk. Nothing was written, and the checkpoint before stands",
        bytes_in_words(*needed), bytes_in_words(*free)
    )]
    NoRoom { path: PathBuf, needed: u64, free: u64 },
    #[error(
        "stage {stage} needs the result of stage {needs}, and {path} is not there; train it first (--stage {needs} or \
         --stage all), or take up a run that has it with --resume RUN"
    )]
    MissingStage { stage: Stage, needs: Stage, path: PathBuf },
    #[error(
        "expected weights of this run's settings, found {0:?}; the file is damaged or of other sizes: restart the stage"
    )]
    Record(RecordError),
    #[error(
        "expected a checkpoint that holds {expected}, found one that holds {found}; the run goes on with the weights that it \
         began with, and begins anew with others"
    )]
    OtherWeights { expected: Box<LeftOut>, found: Box<LeftOut> },
    #[error(
        "labels.grid = {step}: expected a step of at most the label range, {range}; a larger one leaves no label but 0. \
         Change it with --set labels.grid=STEP, or take \"auto\""
    )]
    Grid { step: f32, range: f32 },
    #[error(
        "labels.source = \"human\": expected labels of each modality in the training split of {dataset}, found none of \
         {modality}; take data that has them (CH-SIMS), or another labels.source"
    )]
    NoHuman { dataset: String, modality: Modality },
    #[error(
        "expected the labels that stage joint has made so far, of this run's data and settings, found {found}; begin the \
         stage anew: mug resume RUN --restart joint"
    )]
    LabelState { found: String },
    #[error(
        "expected the meta gradient that stage denoising kept, {expected} numbers by this run's settings, found {found}; begin \
         the stage anew: mug resume RUN --restart denoising"
    )]
    LearnerState { expected: usize, found: usize },
    #[error(
        "denoising.learner = \"{0}\": expected \"mucn\", whose corruptions a calibration chooses between; calibrate a run \
         that was trained with it"
    )]
    NoCalibration(Learner),
    #[error(
        "model.text.encoder = \"bert\": expected the network's text encoder to be loaded with its weights, and it is not; \
         report this"
    )]
    Text,
    #[error(transparent)]
    Weights(Box<WeightsError>),
    #[error("the training split has {found} samples, expected at least 2; check the file with `mug data check`")]
    TooFewSamples { found: usize },
    #[error("{message}; the run was told to stop, and ends at the checkpoint before")]
    GaveUp { message: String },
    #[error("what was trained cannot be recorded: {message}")]
    Unrecorded { message: String },
    #[error("nobody records the run any more; it ends at its last checkpoint. Resume it to go on")]
    NoListener,
    #[error(
        "training diverged in stage {stage} by step {step}: the {what} is not finite, and nothing is kept of such weights. \
         Look at the data with `mug data check`, and begin a new run with a lower {stage}.learning_rate or \
         training.gradient_clip"
    )]
    Diverged { stage: Stage, step: u64, what: &'static str },
}

/// True for the message of [`TrainingError::Diverged`], as a fault of a run's record has it.
pub fn is_divergence(message: &str) -> bool {
    message.starts_with("training diverged")
}

impl From<WeightsError> for TrainingError {
    fn from(error: WeightsError) -> TrainingError {
        TrainingError::Weights(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergence_is_told_from_other_faults() {
        let diverged = TrainingError::Diverged { stage: Stage::Joint, step: 3, what: "loss" };
        assert!(is_divergence(&diverged.to_string()));
        assert!(!is_divergence(&TrainingError::NoListener.to_string()));
    }
}

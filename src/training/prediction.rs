//! What a trained run says of clips that it was not trained on: the test split of a job's data.

use std::sync::Arc;

use super::checkpoint::{Found, Store};
use super::context::Context;
use super::error::TrainingError;
use super::events::{LabelValues, PredictionValues, Stage};
use super::inference::{infer, predictions};
use super::job::Job;
use super::learner;
use crate::split::{PerSplit, Split};

/// What is said of every clip of the test split.
pub struct Prediction {
    /// The last stage that was finished, whose network predicts.
    pub stage: Stage,
    /// ŷ and ŷ_m.
    pub predictions: PredictionValues,
    /// Corrected labels by the run's own stage 2, NaN for clips without a label; `None` where that stage is not finished.
    pub labels: Option<LabelValues>,
}

/// Takes up a run's networks as its newest checkpoint has them. Nothing is written; somebody may be training the run.
///
/// # Errors
/// [`TrainingError::MissingStage`] where stage 1 is not finished; checkpoints or data that cannot be read; weights of
/// other settings; a device that failed.
pub fn predict(job: Job) -> Result<Prediction, TrainingError> {
    let store = Store::open(&job.checkpoints)?;
    let Found { checkpoint, .. } = store.load()?.ok_or_else(|| TrainingError::MissingStage {
        stage: Stage::Joint,
        needs: Stage::Contrastive,
        path: job.checkpoints.clone(),
    })?;
    let progress = &checkpoint.progress;
    let weights = |needs: Stage| store.result(progress, Stage::Joint, needs);
    let context = Context::new(job.settings, job.dataset, &job.device.device)?.with_text(job.text)?;
    let context = Arc::new(context);
    let done = |stage: Stage| progress.results.contains_key(&stage);
    // Stage 3 may stand alone where no label was corrected.
    let networks = match done(Stage::Contrastive) || !done(Stage::Joint) {
        true => context.load_networks_of_other_data(weights(Stage::Contrastive)?)?.all,
        false => Vec::new(),
    };
    let of_test = |network| -> Result<_, TrainingError> {
        Ok(PerSplit { train: None, valid: None, test: infer(&context, network, Split::Test)? })
    };
    let found = networks.iter().map(of_test).collect::<Result<Vec<_>, _>>()?;
    let (stage, predicted) = if done(Stage::Joint) {
        let network = context.load_network_of_other_data(weights(Stage::Joint)?)?;
        (Stage::Joint, predictions(&of_test(&network)?))
    } else {
        (Stage::Contrastive, found.first().map(predictions).unwrap_or_default())
    };
    let labels = match done(Stage::Denoising) && !networks.is_empty() {
        true => Some(learner::labels(&context, weights(Stage::Denoising)?, &networks, &found)?),
        false => None,
    };
    let count = context.dataset.len(Split::Test);
    // Learners other than MUCN say something of all splits; the test split is the last.
    let last = |values: &Vec<f32>| values[values.len().saturating_sub(count)..].to_vec();
    let labels = labels.map(|labels| LabelValues {
        corrected: labels.corrected.map(|_, values| last(values)),
        spread: labels.spread.map(|spread| spread.map(|_, values| last(values))),
        weights: labels.weights.map(|weights| weights.map(|_, values| last(values))),
    });
    Ok(Prediction { stage, predictions: predicted, labels })
}

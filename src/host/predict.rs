//! What a run says of clips that it was not trained on: its data is opened with them in place of the test split.

use super::content::{self, Care, ContentError};
use super::text::{self, TextError};
use super::trainer::{Opened, job, rows};
use crate::config::{DataSettings, MetricSet};
use crate::dataset::{self, Dataset, DatasetError, Flaw, Source};
use crate::device::{self, DeviceError, DeviceRequest};
use crate::modality::PerModality;
use crate::run::directory::RunDir;
use crate::run::rows::{LabelRows, RowsError};
use crate::split::Split;
use crate::training::events::Metrics;
use crate::training::prediction::{Prediction, predict as run_networks};
use crate::training::{TrainingError, metrics};

/// Why nothing can be predicted.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    #[error(
        "run {run} has not finished stage contrastive, so that it has no network yet; go on with it: mug resume {run}"
    )]
    NoNetwork { run: String },
    #[error(transparent)]
    Content(#[from] ContentError),
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(transparent)]
    Text(#[from] TextError),
    #[error(transparent)]
    Training(#[from] TrainingError),
}

/// Clips and what a run says of them.
pub struct Predicted {
    pub rows: LabelRows,
    pub prediction: Prediction,
    /// Of the clips that have a label.
    pub metrics: Metrics,
    pub labelled: usize,
    /// Which metrics these are.
    pub set: MetricSet,
    /// Modalities that the network has no encoder of.
    pub absent: PerModality<bool>,
    /// What is odd about the clips, and what was assumed about them.
    pub flaws: Vec<Flaw>,
}

/// Predicts the clips of one split of some data (`split`; its test split, or the only one, where none is named) with a run's
/// networks. The run's own data must be there, since features are normalised as its training split says.
///
/// # Errors
/// See [`PredictError`]. The run stays as it is.
pub fn predict(
    dir: &RunDir,
    clips: &Source,
    split: Option<&str>,
    device: Option<DeviceRequest>,
    tell: &mut dyn FnMut(&str),
) -> Result<Predicted, PredictError> {
    let mut manifest = dir.manifest().clone();
    let weights = text::of_run(&mut manifest)?;
    let source = match &manifest.source {
        Some(path) => {
            content::same(&manifest, path, Care::Signs)?;
            Source::File(path.clone())
        }
        None => Source::resolve(&manifest.dataset, &dataset::data_folder())?,
    };
    let plain = DataSettings::default();
    // What was done to the training clips says nothing about these.
    let settings = DataSettings {
        missing: plain.missing,
        label_noise: plain.label_noise,
        repeat: plain.repeat,
        ..manifest.settings.data.clone()
    };
    let input = weights.as_ref().map(|weights| text::input(&manifest.settings, weights));
    let data = Dataset::open_with_clips(&source, clips, split, &settings, input.as_ref())?;
    let all = rows(&data)?;
    let of: Vec<usize> = (0..all.len()).filter(|row| all.split[*row] == Split::Test).collect();
    let picked = |values: &[f32]| of.iter().map(|&row| values[row]).collect::<Vec<f32>>();
    let rows = LabelRows {
        split: vec![Split::Test; of.len()],
        id: of.iter().map(|&row| all.id[row].clone()).collect(),
        transcript: of.iter().map(|&row| all.transcript[row].clone()).collect(),
        y: picked(&all.y),
        clean: None,
        human: data.unimodal_labels(Split::Test).cloned(),
    };
    let device = device::choose(device.unwrap_or(manifest.device))?;
    tell(&format!("device: {} ({})", device.name, device.why));
    let absent = PerModality::from_fn(|m| !manifest.settings.model.has(m));
    let (set, flaws) = (data.metrics, data.flaws.clone());
    let opened = Opened { dataset: data, manifest, sign: None, weights };
    let job = job(dir, opened, device, true, &|_| ())?;
    let prediction = run_networks(job).map_err(|error| match error {
        TrainingError::MissingStage { .. } => PredictError::NoNetwork { run: dir.name().to_owned() },
        error => error.into(),
    })?;
    let known: Vec<usize> = (0..rows.y.len()).filter(|&row| !rows.y[row].is_nan()).collect();
    let at = |values: &[f32]| known.iter().filter_map(|&row| values.get(row).copied()).collect::<Vec<f32>>();
    let metrics = metrics::evaluate(set, &at(&prediction.predictions.multimodal), &at(&rows.y));
    Ok(Predicted { rows, prediction, metrics, labelled: known.len(), set, absent, flaws })
}

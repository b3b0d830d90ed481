//! The text encoder of a run: its weights found, recorded and compared, and loaded on the run's device.

use crate::config::{Settings, TextSettings};
use crate::dataset::{Dataset, TextInput};
use crate::device::ComputeDevice;
use crate::model::text::Text;
use crate::run::manifest::{Manifest, WeightsRecord};
use crate::split::Split;
use crate::training::TrainingError;
use crate::training::events::{Body, Level, Work};
use crate::training::preparing::Progress;
use crate::training::text::prepare;
use crate::weights::{Weights, WeightsError};

/// Why a run's weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    #[error("model.text.weights: {0}")]
    Weights(Box<WeightsError>),
    #[error(
        "model.text.weights = \"{name}\": expected the weights that the run began with, SHA-256 {expected}, found {found} in \
         {file}; put the old ones back, or begin a new run"
    )]
    Other { name: String, file: String, expected: String, found: String },
}

impl From<WeightsError> for TextError {
    fn from(error: WeightsError) -> TextError {
        TextError::Weights(Box::new(error))
    }
}

/// The weights that the settings ask for; `None` where text is encoded by an LSTM.
///
/// # Errors
/// They are not there, or are no BERT.
pub fn weights(settings: &TextSettings) -> Result<Option<Weights>, TextError> {
    if !settings.is_bert() {
        return Ok(None);
    }
    Ok(Some(Weights::find(&settings.weights)?))
}

/// The weights of a run, written down in its manifest, or compared with what stands there.
///
/// # Errors
/// As [`weights`], or they are others than those that the run began with.
pub(super) fn of_run(manifest: &mut Manifest) -> Result<Option<Weights>, TextError> {
    let Some(found) = weights(&manifest.settings.model.text)? else { return Ok(None) };
    let record = WeightsRecord { file: found.file.clone(), sha256: found.sha256.clone() };
    match &manifest.weights {
        Some(known) if known.sha256 != record.sha256 => {
            let (name, file) = (found.name, record.file.display().to_string());
            return Err(TextError::Other { name, file, expected: known.sha256.clone(), found: record.sha256 });
        }
        _ => manifest.weights = Some(record),
    }
    Ok(Some(found))
}

/// What the data is opened for.
pub fn input<'a>(settings: &Settings, weights: &'a Weights) -> TextInput<'a> {
    TextInput { weights, max_length: settings.model.text.max_length, tokenize: settings.data.tokenize }
}

/// Loads the weights on the run's device, and encodes every clip where they are not trained.
///
/// # Errors
/// Weights that cannot be read, or a device that failed.
pub(super) fn encoder(
    dataset: Dataset,
    weights: Option<&Weights>,
    settings: &TextSettings,
    device: &ComputeDevice,
    tell: &dyn Fn(Body),
) -> Result<(Dataset, Option<Text>), TrainingError> {
    let Some(weights) = weights else { return Ok((dataset, None)) };
    let name = &weights.name;
    let message = format!("text encoder: {name}, {} million parameters", weights.config.parameters() / 1_000_000);
    tell(Body::Log { level: Level::Info, message });
    let clips: usize = Split::ALL.iter().map(|&split| dataset.len(split)).sum();
    Progress::begin(tell, Work::Weights, name, None);
    let mut progress = None;
    let (dataset, text) = prepare(dataset, settings, weights, &device.device, &mut |done, _| {
        let encoding = || Progress::begin(tell, Work::Encoding, name, Some(clips as u64));
        progress.get_or_insert_with(encoding).reached(done as u64);
    })?;
    Ok((dataset, Some(text)))
}

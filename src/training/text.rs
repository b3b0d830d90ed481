//! Text by a BERT before a run trains ([the method](crate::book::method), text by BERT): its weights on the run's device, or,
//! where they are not trained, every clip's vector in place of the data's text.

use std::sync::Arc;

use burn::tensor::Device;

use super::error::TrainingError;
use super::readback::values;
use crate::config::TextSettings;
use crate::dataset::Dataset;
use crate::dataset::tokens::Tokens;
use crate::model::bert::load::load;
use crate::model::bert::{Bert, BertDropout};
use crate::model::text::Text;
use crate::split::PerSplit;
use crate::weights::Weights;

/// Clips that are encoded together; the result does not depend on it.
const CLIPS: usize = 64;

/// Loads the weights, and encodes every clip where they are not trained: the data then holds a vector in place of each
/// clip's text. `encoded` is told how many of how many clips are done.
///
/// # Errors
/// Weights that cannot be read, or a device that failed.
pub fn prepare(
    dataset: Dataset,
    settings: &TextSettings,
    weights: &Weights,
    device: &Device,
    encoded: &mut dyn FnMut(usize, usize),
) -> Result<(Dataset, Text), TrainingError> {
    if settings.fine_tune {
        let bert = load(weights, &device.clone().autodiff())?.training(Some(settings.layers));
        let config = Box::new(weights.config.clone());
        return Ok((dataset, Text::Bert { bert: Box::new(bert), config, pooling: settings.pooling }));
    }
    // Parameters have gradients, which a device without a tape refuses; what is not trained runs without one.
    let bert = load(weights, &device.clone().autodiff())?.training(None);
    let width = weights.config.hidden_size;
    let vectors = encode(&dataset, settings, &bert, encoded)?;
    Ok((dataset.with_text_vectors(vectors, width), Text::Vectors { width }))
}

/// Every clip's pooled vector, (N, W) row-major for each split; zeros for a clip without text.
fn encode(
    dataset: &Dataset,
    settings: &TextSettings,
    bert: &Bert,
    encoded: &mut dyn FnMut(usize, usize),
) -> Result<PerSplit<Vec<f32>>, TrainingError> {
    let all: usize = PerSplit::from_fn(|split| dataset.len(split)).iter().map(|(_, count)| count).sum();
    let mut done = 0;
    PerSplit::try_from_fn(|split| {
        let mut vectors = Vec::new();
        let rows: Vec<usize> = (0..dataset.len(split)).collect();
        for rows in rows.chunks(CLIPS) {
            let tokens: Arc<Tokens> = dataset.batch(split, rows)?.tokens.unwrap_or_default();
            vectors.extend(values(bert.pooled(&tokens, settings.pooling, &mut BertDropout::inference()))?);
            done += rows.len();
            encoded(done, all);
        }
        Ok(vectors)
    })
}

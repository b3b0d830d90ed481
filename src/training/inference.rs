//! What a network says of a whole split, in inference mode and in row order.

use burn::module::Module;
use burn::tensor::Tensor;

use super::context::Context;
use super::error::TrainingError;
use super::events::{EmbeddingValues, PredictionValues};
use super::readback::values;
use crate::modality::{Modality, PerModality};
use crate::model::dropout::Dropout;
use crate::model::network::Network;
use crate::split::{PerSplit, Split};

/// Rows that go through the network together; the result does not depend on it.
const ROWS: usize = 256;

/// Predictions and representations of N rows of a split, off the tape.
#[derive(Clone)]
pub struct Inference {
    /// ŷ, N values.
    pub multimodal: Vec<f32>,
    /// ŷ_m, N values each; NaN where the clip lacks the modality.
    pub unimodal: PerModality<Vec<f32>>,
    /// Whether each clip has a modality, N values each.
    pub has: PerModality<Vec<bool>>,
    /// h_m, (N, d); there only for the modalities that the network has.
    pub representations: PerModality<Option<Tensor<2>>>,
    /// z_m, (N, d)
    pub projected: PerModality<Option<Tensor<2>>>,
}

/// Runs a split through the network; `None` for an empty split.
///
/// # Errors
/// Data that cannot be read, or a device that failed.
pub fn infer(context: &Context, network: &Network, split: Split) -> Result<Option<Inference>, TrainingError> {
    let rows: Vec<usize> = (0..context.dataset.len(split)).collect();
    infer_rows(context, network, split, &rows)
}

/// As [`infer`], for every split.
///
/// # Errors
/// As [`infer`].
pub fn infer_all(context: &Context, network: &Network) -> Result<PerSplit<Option<Inference>>, TrainingError> {
    PerSplit::try_from_fn(|split| infer(context, network, split))
}

/// As [`infer`], for some rows.
fn infer_rows(
    context: &Context,
    network: &Network,
    split: Split,
    rows: &[usize],
) -> Result<Option<Inference>, TrainingError> {
    let network = network.valid();
    let count = rows.len();
    if count == 0 {
        return Ok(None);
    }
    let has = context.presence.of(split).map(|_, has| rows.iter().map(|&row| has[row]).collect::<Vec<bool>>());
    let mut multimodal = Vec::with_capacity(count);
    let mut unimodal = PerModality::from_fn(|_| Vec::with_capacity(count));
    let mut representations = PerModality::from_fn(|_| Vec::new());
    let mut projected = PerModality::from_fn(|_| Vec::new());
    for rows in rows.chunks(ROWS) {
        let batch = context.dataset.batch(split, rows)?;
        let output = network.forward(&batch, &mut Dropout::inference());
        let z = network.project(&output);
        multimodal.extend(values(output.multimodal)?);
        for m in Modality::ALL {
            let predicted = output.unimodal[m].clone().map_or_else(|| Ok(vec![f32::NAN; rows.len()]), values)?;
            unimodal[m].extend(predicted);
            representations[m].extend(output.representations[m].clone());
            projected[m].extend(z[m].clone());
        }
    }
    for (m, has) in has.iter() {
        unimodal[m].iter_mut().zip(has).filter(|(_, has)| !**has).for_each(|(value, _)| *value = f32::NAN);
    }
    let join =
        |parts: PerModality<Vec<Tensor<2>>>| parts.map(|_, p| (!p.is_empty()).then(|| Tensor::cat(p.clone(), 0)));
    let (representations, projected) = (join(representations), join(projected));
    Ok(Some(Inference { multimodal, unimodal, has, representations, projected }))
}

/// h_m and z_m of every `stride`-th row of the label table (rows in the order train, valid, test).
///
/// # Errors
/// As [`infer`].
pub fn sample(context: &Context, network: &Network, stride: usize) -> Result<EmbeddingValues, TrainingError> {
    let mut start = 0;
    let found = PerSplit::try_from_fn(|split| {
        let count = context.dataset.len(split);
        let first = usize::next_multiple_of(start, stride) - start;
        start += count;
        let rows: Vec<usize> = (first..count).step_by(stride).collect();
        infer_rows(context, network, split, &rows)
    })?;
    embedding(&found, context.settings.model.representation)
}

/// The representations of every row that was asked, `dim` being d; NaN where a clip lacks the modality.
///
/// # Errors
/// A device that failed.
pub fn embedding(found: &PerSplit<Option<Inference>>, dim: usize) -> Result<EmbeddingValues, TrainingError> {
    let mut all = EmbeddingValues { rows: 0, dim, data: Vec::new() };
    for (_, part) in found.iter() {
        let Some(part) = part else { continue };
        all.rows += part.multimodal.len();
        let kinds = part.representations.iter().chain(part.projected.iter());
        let columns = kinds.map(|(m, x)| Ok((m, x.clone().map(values).transpose()?)));
        let columns = columns.collect::<Result<Vec<_>, TrainingError>>()?;
        for row in 0..part.multimodal.len() {
            for (m, column) in &columns {
                match column {
                    Some(column) if part.has[*m][row] => all.data.extend(&column[row * dim..(row + 1) * dim]),
                    _ => all.data.extend(std::iter::repeat_n(f32::NAN, dim)),
                }
            }
        }
    }
    Ok(all)
}

/// The predictions for every row that was asked.
pub fn predictions(found: &PerSplit<Option<Inference>>) -> PredictionValues {
    let mut all = PredictionValues::default();
    for (_, part) in found.iter() {
        let Some(part) = part else { continue };
        all.multimodal.extend(&part.multimodal);
        for (m, values) in part.unimodal.iter() {
            all.unimodal[m].extend(values);
        }
    }
    all
}

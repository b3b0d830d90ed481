//! What a network says of a whole split, in inference mode and in row order.

use burn::module::Module;
use burn::tensor::Tensor;

use super::context::Context;
use super::error::TrainingError;
use crate::modality::PerModality;
use crate::model::dropout::Dropout;
use crate::model::network::Network;
use crate::split::Split;

/// Rows that go through the network together; the result does not depend on it.
const ROWS: usize = 256;

/// Predictions and representations of all N rows of a split, off the tape.
pub struct Inference {
    /// ŷ, N values.
    pub multimodal: Vec<f32>,
    /// ŷ_m, N values each.
    pub unimodal: PerModality<Vec<f32>>,
    /// h_m, (N, d)
    pub representations: PerModality<Tensor<2>>,
    /// z_m, (N, d)
    pub projected: PerModality<Tensor<2>>,
}

/// Runs a split through the network; `None` for an empty split.
///
/// # Errors
/// Data that cannot be read, or a device that failed.
pub fn infer(context: &Context, network: &Network, split: Split) -> Result<Option<Inference>, TrainingError> {
    let network = network.valid();
    let count = context.dataset.len(split);
    if count == 0 {
        return Ok(None);
    }
    let mut multimodal = Vec::with_capacity(count);
    let mut unimodal = PerModality::from_fn(|_| Vec::with_capacity(count));
    let mut representations = PerModality::from_fn(|_| Vec::new());
    let mut projected = PerModality::from_fn(|_| Vec::new());
    for start in (0..count).step_by(ROWS) {
        let rows: Vec<usize> = (start..count.min(start + ROWS)).collect();
        let batch = context.dataset.batch(split, &rows)?;
        let output = network.forward(&batch, &mut Dropout::inference());
        let z = network.project(&output.fused);
        multimodal.extend(values(output.multimodal)?);
        for (m, h) in output.representations.iter() {
            unimodal[m].extend(values(output.unimodal[m].clone())?);
            representations[m].push(h.clone());
            projected[m].push(z[m].clone());
        }
    }
    let join = |parts: PerModality<Vec<Tensor<2>>>| parts.map(|_, p| Tensor::cat(p.clone(), 0));
    Ok(Some(Inference { multimodal, unimodal, representations: join(representations), projected: join(projected) }))
}

/// The values of a tensor on the host.
///
/// # Errors
/// A device that failed.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainingError> {
    Ok(tensor.try_into_vec_as::<f32>()?)
}

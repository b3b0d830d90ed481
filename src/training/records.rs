//! Weights and optimiser state to and from burnpack documents.

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::Bytes;

use super::error::TrainingError;

/// A module's weights.
///
/// # Errors
/// A record that cannot be packed.
pub fn weights<M: Module>(module: &M) -> Result<Vec<u8>, TrainingError> {
    Ok(module.clone().into_record().into_bytes().map_err(damaged)?.to_vec())
}

/// `module` with the weights of a document.
///
/// # Errors
/// A document of other sizes, or a damaged one.
pub fn load<M: Module>(module: M, document: Vec<u8>) -> Result<M, TrainingError> {
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(document)).map_err(damaged)?;
    module.try_load_record(record).map_err(damaged)
}

/// An optimiser's state.
///
/// # Errors
/// As [`weights`].
pub fn optimizer(optimizer: &ModuleOptimizer) -> Result<Vec<u8>, TrainingError> {
    Ok(optimizer.into_bytes().map_err(damaged)?.to_vec())
}

/// `optimizer` with the state of a document.
///
/// # Errors
/// As [`load`].
pub fn load_optimizer(optimizer: ModuleOptimizer, document: Vec<u8>) -> Result<ModuleOptimizer, TrainingError> {
    optimizer.from_bytes(Bytes::from_bytes_vec(document)).map_err(damaged)
}

fn damaged(error: RecordError) -> TrainingError {
    TrainingError::Record(error)
}

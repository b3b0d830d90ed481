//! Weights and optimiser state to and from burnpack documents, and the pair of a module and its optimiser that a stage
//! trains.

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::{Bytes, Tensor};

use super::error::TrainingError;
use super::optimizer::{AdamW, LearningRates};
use crate::device::is_cpu;

/// What a stage trains, with the optimiser that does it.
pub struct Trainee<M> {
    pub module: M,
    optimizer: AdamW,
}

impl<M: Module> Trainee<M> {
    pub fn new(module: M, optimizer: AdamW) -> Self {
        Self { module, optimizer }
    }

    /// One optimiser step down the gradient of `loss`, (1).
    pub fn step(&mut self, loss: &Tensor<1>, rates: impl Into<LearningRates>) {
        self.apply(GradientsParams::from_grads(loss.backward(), &self.module), rates);
    }

    /// One optimiser step down a gradient.
    pub fn apply(&mut self, gradients: GradientsParams, rates: impl Into<LearningRates>) {
        // The optimiser changes numbers where they lie if nobody else has them.
        let hollow = self.module.clone().map(&mut Hollow);
        let module = std::mem::replace(&mut self.module, hollow);
        self.module = self.optimizer.step(&rates.into(), module, gradients);
    }
}

/// Leaves a module's parameters on the CPU with a number each, to stand where the module was while it is changed.
struct Hollow;

impl ModuleMapper for Hollow {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| match is_cpu(&tensor.device()) {
            true => Tensor::zeros([1; D], &tensor.device()),
            false => tensor,
        })
    }
}

/// A [`Trainee`] of any module, as checkpoints see it.
pub trait Trained {
    /// The trained weights as a burnpack document.
    ///
    /// # Errors
    /// A record that cannot be packed.
    fn weights(&self) -> Result<Vec<u8>, TrainingError>;

    /// The optimiser's state as a burnpack document.
    ///
    /// # Errors
    /// As [`weights`](Self::weights).
    fn optimizer(&self) -> Result<Vec<u8>, TrainingError>;

    /// Takes up weights alone.
    ///
    /// # Errors
    /// As [`restore`](Self::restore).
    fn load(&mut self, weights: Vec<u8>) -> Result<(), TrainingError>;

    /// Takes up weights and optimiser state.
    ///
    /// # Errors
    /// Documents of other sizes, or damaged ones.
    fn restore(&mut self, weights: Vec<u8>, optimizer: Vec<u8>) -> Result<(), TrainingError>;
}

impl<M: Module> Trained for Trainee<M> {
    fn weights(&self) -> Result<Vec<u8>, TrainingError> {
        document(&self.module)
    }

    fn optimizer(&self) -> Result<Vec<u8>, TrainingError> {
        self.optimizer.state().map_err(TrainingError::Record)
    }

    fn load(&mut self, weights: Vec<u8>) -> Result<(), TrainingError> {
        self.module = load(self.module.clone(), weights)?;
        Ok(())
    }

    fn restore(&mut self, weights: Vec<u8>, optimizer: Vec<u8>) -> Result<(), TrainingError> {
        self.load(weights)?;
        self.optimizer.restore(optimizer).map_err(TrainingError::Record)
    }
}

/// The weights of a module as a document.
///
/// # Errors
/// A record that cannot be packed.
pub fn document<M: Module>(module: &M) -> Result<Vec<u8>, TrainingError> {
    Ok(module.clone().into_record().into_bytes().map_err(TrainingError::Record)?.to_vec())
}

/// `module` with the weights of a document.
///
/// # Errors
/// A document of other sizes, or a damaged one.
pub fn load<M: Module>(module: M, document: Vec<u8>) -> Result<M, TrainingError> {
    let damaged = |error: RecordError| TrainingError::Record(error);
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(document)).map_err(damaged)?;
    // Else weights that a file holds as f16 stay f16, and no operation of ours takes them.
    module.try_load_record(record.cast_to_module_dtype()).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::LinearConfig;
    use burn::tensor::{DType, Device};

    #[test]
    fn weights_of_another_precision_become_the_modules() {
        let device = Device::flex();
        let mut half = LinearConfig::new(3, 2).init(&device);
        half.weight = half.weight.map(|weight| weight.cast(DType::F16));
        assert_eq!(half.weight.val().dtype(), DType::F16);
        let document = half.clone().into_record().into_bytes().unwrap().to_vec();
        let loaded = load(LinearConfig::new(3, 2).init(&device), document).unwrap();
        assert_eq!(loaded.weight.val().dtype(), DType::F32);
        assert_eq!(loaded.weight.val().into_data(), half.weight.val().cast(DType::F32).into_data());
    }
}

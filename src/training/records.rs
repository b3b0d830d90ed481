//! Weights and optimiser state to and from burnpack documents, and the pair of a module and its optimiser that a stage
//! trains.

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::{Bytes, Tensor};

use super::error::TrainingError;

/// What a stage trains, with the optimiser that does it.
pub struct Trainee<M> {
    pub module: M,
    optimizer: ModuleOptimizer,
}

impl<M: Module> Trainee<M> {
    pub fn new(module: M, optimizer: ModuleOptimizer) -> Self {
        Self { module, optimizer }
    }

    /// One optimiser step down the gradient of `loss`, (1).
    pub fn step(&mut self, loss: &Tensor<1>, learning_rate: f64) {
        self.apply(GradientsParams::from_grads(loss.backward(), &self.module), learning_rate);
    }

    /// One optimiser step down a gradient.
    pub fn apply(&mut self, gradients: GradientsParams, learning_rate: f64) {
        self.module = self.optimizer.step(learning_rate, self.module.clone(), gradients);
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
        Ok(self.optimizer.into_bytes().map_err(TrainingError::Record)?.to_vec())
    }

    fn load(&mut self, weights: Vec<u8>) -> Result<(), TrainingError> {
        self.module = load(self.module.clone(), weights)?;
        Ok(())
    }

    fn restore(&mut self, weights: Vec<u8>, optimizer: Vec<u8>) -> Result<(), TrainingError> {
        self.load(weights)?;
        let state = Bytes::from_bytes_vec(optimizer);
        self.optimizer = self.optimizer.clone().from_bytes(state).map_err(TrainingError::Record)?;
        Ok(())
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

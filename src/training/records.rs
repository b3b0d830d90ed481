//! Weights and optimiser state to and from burnpack documents, and the pair of a module and its optimiser that a stage
//! trains.

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::{GradientsParams, OptimizerRecord};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::{Bytes, Tensor};

use super::error::TrainingError;
use super::events::Rates;
use super::left_out::LeftOut;
use super::optimizer::{AdamW, LearningRates, LossScale};

/// What a stage trains, with the optimiser that does it.
pub struct Trainee<M> {
    pub module: M,
    optimizer: AdamW,
    /// What the optimiser trains, in a word.
    group: &'static str,
    rates: Rates,
    left_out: LeftOut,
    /// What stands in the module's place during a step, once there was one.
    hollow: Option<M>,
}

impl<M: Module> Trainee<M> {
    /// `group`: what the optimiser trains, as the record names its learning rate.
    pub fn new(module: M, optimizer: AdamW, group: &'static str) -> Self {
        Self { module, optimizer, group, rates: Rates::new(), left_out: LeftOut::default(), hollow: None }
    }

    /// The same, whose documents leave something out.
    pub fn without(self, left_out: LeftOut) -> Self {
        Self { left_out, ..self }
    }

    /// One optimiser step down the gradient of `loss`, (1).
    pub fn step(&mut self, loss: &Tensor<1>, rates: impl Into<LearningRates>) {
        let gradients = self.scaled(loss.clone()).backward();
        self.apply(GradientsParams::from_grads(gradients, &self.module), rates);
    }

    /// The loss as [`apply`](Self::apply) wants its gradient: times the optimiser's scale, if it has one.
    pub fn scaled(&self, loss: Tensor<1>) -> Tensor<1> {
        match self.optimizer.loss_scale() {
            Some(scale) => loss.mul_scalar(scale.factor),
            None => loss,
        }
    }

    /// One optimiser step down a gradient of a [`scaled`](Self::scaled) loss.
    pub fn apply(&mut self, gradients: GradientsParams, rates: impl Into<LearningRates>) {
        let rates = rates.into();
        // The optimiser changes numbers where they lie if nobody else has them.
        let hollow = self.hollow.take().unwrap_or_else(|| self.module.clone().map(&mut Hollow));
        let module = std::mem::replace(&mut self.module, hollow);
        let stepped = self.optimizer.step(&rates, module, gradients);
        self.hollow = Some(std::mem::replace(&mut self.module, stepped));
        self.used(self.group, rates.others);
        if let Some(rate) = rates.groups.first() {
            self.used("bert", *rate);
        }
    }

    /// Notes the learning rate with which another group of parameters was moved in a step.
    pub fn used(&mut self, group: &'static str, learning_rate: f64) {
        self.rates.insert(group.to_owned(), learning_rate);
    }
}

/// Leaves a module's parameters with a number each, to stand where the module was while it is changed.
struct Hollow;

impl ModuleMapper for Hollow {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| Tensor::zeros([1; D], &tensor.device()))
    }
}

/// Weights and optimiser state at one moment, copied to the host's memory.
pub struct Records {
    pub weights: ModuleRecord,
    pub optimizer: OptimizerRecord,
    /// About how long their documents will be together, in bytes.
    pub bytes: u64,
}

impl Records {
    /// The documents of weights and of the optimiser's state.
    ///
    /// # Errors
    /// A record that cannot be packed.
    pub fn documents(self) -> Result<(Vec<u8>, Vec<u8>), TrainingError> {
        let weights = self.weights.into_bytes().map_err(TrainingError::Record)?;
        Ok((weights.to_vec(), self.optimizer.into_bytes().map_err(TrainingError::Record)?.to_vec()))
    }
}

/// A [`Trainee`] of any module, as checkpoints see it.
pub trait Trained {
    /// The trained weights as a burnpack document.
    ///
    /// # Errors
    /// A record that cannot be packed.
    fn weights(&self) -> Result<Vec<u8>, TrainingError>;

    /// Weights and optimiser state as they are now: no longer than a copy takes.
    fn records(&self) -> Records;

    /// The learning rates of the last step, by group.
    fn rates(&self) -> &Rates;

    /// What the loss is multiplied with in the next step, in half precision.
    fn loss_scale(&self) -> Option<LossScale>;

    /// Goes on with such a scale, in half precision.
    fn set_loss_scale(&mut self, scale: LossScale);

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
        document(&self.module, &self.left_out)
    }

    fn records(&self) -> Records {
        let kept = self.left_out.of(&self.module);
        let weights = self.module.clone().into_record_group(kept.group);
        // AdamW keeps two numbers a parameter.
        Records { weights, optimizer: self.optimizer.record(), bytes: 3 * kept.bytes }
    }

    fn rates(&self) -> &Rates {
        &self.rates
    }

    fn loss_scale(&self) -> Option<LossScale> {
        self.optimizer.loss_scale()
    }

    fn set_loss_scale(&mut self, scale: LossScale) {
        self.optimizer.set_loss_scale(scale);
    }

    fn load(&mut self, weights: Vec<u8>) -> Result<(), TrainingError> {
        self.module = load_without(self.module.clone(), weights, &self.left_out)?;
        Ok(())
    }

    fn restore(&mut self, weights: Vec<u8>, optimizer: Vec<u8>) -> Result<(), TrainingError> {
        self.load(weights)?;
        self.optimizer.restore(optimizer).map_err(TrainingError::Record)
    }
}

/// The weights of a module as a document, without what is left out.
///
/// # Errors
/// A record that cannot be packed.
pub fn document<M: Module>(module: &M, left_out: &LeftOut) -> Result<Vec<u8>, TrainingError> {
    let record = module.clone().into_record_group(left_out.of(module).group);
    Ok(record.into_bytes().map_err(TrainingError::Record)?.to_vec())
}

/// `module` with the weights of a document.
///
/// # Errors
/// A document of other sizes, or a damaged one.
pub fn load<M: Module>(module: M, document: Vec<u8>) -> Result<M, TrainingError> {
    load_without(module, document, &LeftOut::default())
}

/// As [`load`], of a document without what is left out: there the module keeps what it has. One that holds everything, as
/// older versions wrote it, is taken, too.
///
/// # Errors
/// As [`load`].
pub fn load_without<M: Module>(module: M, document: Vec<u8>, left_out: &LeftOut) -> Result<M, TrainingError> {
    let damaged = |error: RecordError| TrainingError::Record(error);
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(document)).map_err(damaged)?;
    // Else weights that a file holds as f16 stay f16, and no operation of ours takes them.
    let mut record = record.cast_to_module_dtype();
    if !left_out.parts.is_empty() {
        // Tensors without a place are refused below, so the same number is the same tensors.
        let (expected, found) = (left_out.of(&module).tensors, record.len());
        if found == expected {
            record = record.allow_partial(true);
        } else if found != LeftOut::default().of(&module).tensors {
            return Err(damaged(RecordError::Validation(format!("expected {expected} tensors, found {found}"))));
        }
    }
    module.try_load_record(record).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
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

    #[derive(Module, Debug)]
    struct Two {
        encoder: Linear,
        all: Vec<Linear>,
    }

    fn two(encoder: &Linear) -> Two {
        let new = || LinearConfig::new(3, 2).init(&Device::flex());
        Two { encoder: encoder.clone(), all: vec![new(), new()] }
    }

    #[test]
    fn what_is_left_out_is_in_no_document_and_stays_as_it_was_built() {
        let encoder = LinearConfig::new(64, 64).init(&Device::flex());
        let left_out = LeftOut { parts: vec!["encoder".into(), "all.1.bias".into()], checksum: "x".into() };
        let (own, other) = (two(&encoder), two(&encoder));
        let (whole, document) = (document(&own, &LeftOut::default()).unwrap(), document(&own, &left_out).unwrap());
        assert!(document.len() + 4 * 64 * 64 < whole.len());
        let loaded = load_without(other.clone(), document.clone(), &left_out).unwrap();
        let same = |a: &Linear, b: &Linear| a.weight.val().into_data() == b.weight.val().into_data();
        assert!(same(&loaded.all[0], &own.all[0]) && same(&loaded.all[1], &own.all[1]));
        assert!(same(&loaded.encoder, &encoder) && !same(&other.all[0], &own.all[0]));
        // One that lacks more or less than it should is refused.
        assert!(load(other.clone(), document.clone()).is_err());
        let loaded = load_without(other.clone(), whole, &left_out).unwrap();
        assert!(same(&loaded.all[0], &own.all[0]) && same(&loaded.all[1], &own.all[1]));
        let more = LeftOut { parts: vec!["encoder".into()], ..left_out.clone() };
        assert!(load_without(other, document, &more).is_err());
        let kept = left_out.of(&own);
        assert_eq!((kept.tensors, kept.bytes), (3, 4 * (6 + 2 + 6)));
    }

    #[test]
    fn records_are_those_of_the_moment_at_which_they_were_taken() {
        let device = Device::flex().autodiff();
        let optimizer = crate::training::optimizer::AdamW::new(0.1, 1.0, crate::training::optimizer::Clipping::Tensors);
        let mut trainee = Trainee::new(LinearConfig::new(5, 4).init(&device), optimizer, "network");
        let step = |trainee: &mut Trainee<Linear>| {
            let loss = trainee.module.forward(Tensor::<2>::ones([3, 5], &device)).square().mean();
            trainee.step(&loss, 0.1);
        };
        step(&mut trainee);
        let (records, weights) = (trainee.records(), trainee.weights().unwrap());
        let moments = trainee.optimizer.record();
        assert_eq!(records.bytes, 3 * 4 * (5 * 4 + 4));
        step(&mut trainee);
        assert_ne!(trainee.weights().unwrap(), weights);
        assert_eq!(records.weights.into_bytes().unwrap().to_vec(), weights);
        let (then, kept) = (moments.into_bytes().unwrap().to_vec(), records.optimizer.into_bytes().unwrap().to_vec());
        assert_eq!((then.len(), trainee.rates()["network"]), (kept.len(), 0.1));
        // Taken up, both make the same step as was made.
        let after = trainee.weights().unwrap();
        trainee.restore(weights, kept).unwrap();
        step(&mut trainee);
        assert_eq!(trainee.weights().unwrap(), after);
    }
}

//! Parameters drawn on the host: the same seed gives the same weights, under the same parameter ids, on every device.

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// A matrix parameter (rows, columns), uniform in ±bound.
pub fn uniform(rows: usize, columns: usize, bound: f32, rng: &mut ChaCha8Rng, device: &Device) -> Param<Tensor<2>> {
    let values: Vec<f32> = (0..rows * columns).map(|_| rng.random_range(-bound..=bound)).collect();
    param(Tensor::from_data(TensorData::new(values, [rows, columns]), device), rng)
}

/// A matrix parameter (rows, columns), normal around 0.
pub fn normal(rows: usize, columns: usize, spread: f32, rng: &mut ChaCha8Rng, device: &Device) -> Param<Tensor<2>> {
    let values: Vec<f32> = (0..rows * columns).map(|_| spread * rng.sample::<f32, _>(StandardNormal)).collect();
    param(Tensor::from_data(TensorData::new(values, [rows, columns]), device), rng)
}

/// A vector parameter with the given values.
pub fn vector(values: Vec<f32>, rng: &mut ChaCha8Rng, device: &Device) -> Param<Tensor<1>> {
    let n = values.len();
    param(Tensor::from_data(TensorData::new(values, [n]), device), rng)
}

/// Weights (inputs, outputs) and bias (outputs) of a linear layer as PyTorch initialises it: uniform in ±1/√inputs.
pub fn affine(
    inputs: usize,
    outputs: usize,
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> (Param<Tensor<2>>, Param<Tensor<1>>) {
    let bound = (inputs as f32).sqrt().recip();
    let weight = uniform(inputs, outputs, bound, rng, device);
    let bias = (0..outputs).map(|_| rng.random_range(-bound..=bound)).collect();
    let bias = vector(bias, rng, device);
    (weight, bias)
}

/// A linear layer (inputs → outputs) with the weights of [`affine`].
pub fn linear(inputs: usize, outputs: usize, rng: &mut ChaCha8Rng, device: &Device) -> Linear {
    let (weight, bias) = affine(inputs, outputs, rng, device);
    Linear { weight, bias: Some(bias) }
}

/// A module with the same values in parameters of its own, so that it is trained apart from the one that it was made of.
pub fn renewed<M: Module>(module: M, rng: &mut ChaCha8Rng) -> M {
    module.map(&mut Renewal { rng })
}

struct Renewal<'a> {
    rng: &'a mut ChaCha8Rng,
}

impl ModuleMapper for Renewal<'_> {
    fn map_float<const D: usize>(&mut self, old: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let trained = old.is_require_grad();
        let new = Param::initialized(ParamId::from(self.rng.random::<u64>()), old.val().detach());
        new.set_require_grad(trained)
    }
}

/// A module's numbers, parameter by parameter.
#[cfg(test)]
pub(crate) fn values_by_path<M: Module>(module: &M) -> std::collections::BTreeMap<String, Vec<f32>> {
    use burn::module::ModuleVisitor;
    #[derive(Default)]
    struct Found {
        path: Vec<String>,
        values: std::collections::BTreeMap<String, Vec<f32>>,
    }
    impl ModuleVisitor for Found {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let values = crate::model::host::values(param.val());
            self.values.insert(self.path.join("."), values);
        }
    }
    let mut found = Found::default();
    module.visit(&mut found);
    found.values
}

/// The optimiser keeps its state under parameter ids, so these too must come back the same when a run is resumed.
fn param<const D: usize>(tensor: Tensor<D>, rng: &mut ChaCha8Rng) -> Param<Tensor<D>> {
    Param::initialized(ParamId::from(rng.random::<u64>()), tensor.require_grad())
}

//! Numbers of parameters, by visiting a module.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// Numbers of parameters of a module or a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// That an optimiser can move.
    pub trained: usize,
    /// That stay as they are.
    pub frozen: usize,
}

impl Parameters {
    /// The same, all of them staying as they are.
    pub fn held(self) -> Self {
        Self { trained: 0, frozen: self.trained + self.frozen }
    }
}

impl std::iter::Sum for Parameters {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        let add = |a: Self, b: Self| Self { trained: a.trained + b.trained, frozen: a.frozen + b.frozen };
        all.fold(Self::default(), add)
    }
}

/// Counts the parameters of a module on a device with a tape: those that need a gradient, and the others.
pub fn count<M: Module>(module: &M) -> Parameters {
    let mut found = Parameters::default();
    module.visit(&mut found);
    found
}

impl ModuleVisitor for Parameters {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let count = value.shape().num_elements();
        *(if value.is_require_grad() { &mut self.trained } else { &mut self.frozen }) += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::LinearConfig;
    use burn::tensor::Device;

    #[test]
    fn what_needs_no_gradient_is_frozen() {
        let device = Device::flex().autodiff();
        let mut linear = LinearConfig::new(3, 5).init(&device);
        assert_eq!(count(&linear), Parameters { trained: 20, frozen: 0 });
        linear.weight = linear.weight.no_grad();
        assert_eq!(count(&linear), Parameters { trained: 5, frozen: 15 });
        assert_eq!(count(&linear).held(), Parameters { trained: 0, frozen: 20 });
        assert_eq!([count(&linear), count(&linear)].into_iter().sum::<Parameters>().trained, 10);
    }
}

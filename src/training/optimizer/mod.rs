//! AdamW for whole modules: groups of parameters with an own weight decay and learning rate, gradients clipped by norm, and a
//! saved state that loads on a machine without a GPU.
//!
//! | file | what it is |
//! |---|---|
//! | `group` | which parameters a group holds |
//! | `rule` | AdamW on one parameter tensor: burn's on the GPU, one pass over its numbers on the CPU |
//! | `pass` | that pass, and norms |
//! | `clip` | the norm of all gradients together |
//!
//! burn's `ModuleOptimizer` walks over the module, keeps the state and writes it, so that a checkpoint's `optimizer.bpk` is burn's
//! own record of AdamW. Tests hold the pass against burn's AdamW.

mod clip;
mod group;
mod pass;
mod rule;
#[cfg(test)]
mod tests;

pub use clip::Clipping;
pub use group::{Parameter, ParameterGroup};

use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::module::{Module, ParamGroup};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::store::RecordError;
use burn::tensor::Bytes;

use clip::Factor;
use rule::Rule;

/// AdamW with the usual β of 0.9 and 0.999 and ε of 10⁻⁸ (Loshchilov and Hutter 2019).
pub struct AdamW {
    optimizer: ModuleOptimizer,
    /// Which parameters each group holds, in the order in which the groups were added.
    groups: Vec<ParamGroup>,
    clip: f32,
    clipping: Clipping,
    /// Shared with every rule of `optimizer`.
    factor: Factor,
}

/// The learning rates of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningRates {
    /// Of parameters that are in no group.
    pub others: f64,
    /// Of each group, in the order in which the groups were added; a group without one learns at the rate of the others.
    pub groups: Vec<f64>,
}

impl From<f64> for LearningRates {
    /// One rate for all.
    fn from(rate: f64) -> Self {
        Self { others: rate, groups: Vec::new() }
    }
}

impl AdamW {
    /// For parameters that are in no group: this weight decay. Gradients are clipped to norm `clip`, 0 for no clipping.
    pub fn new(weight_decay: f32, clip: f32, clipping: Clipping) -> Self {
        let factor = Factor::default();
        let optimizer = ModuleOptimizer::from(Rule::new(weight_decay, clip, clipping, factor.clone()));
        Self { optimizer, groups: Vec::new(), clip, clipping, factor }
    }

    /// Adds a group of parameters. A parameter of several groups is the last one's.
    pub fn with_group(mut self, group: ParameterGroup) -> Self {
        let rule = Rule::new(group.weight_decay, self.clip, self.clipping, self.factor.clone());
        let parameters = group.into_parameters();
        self.optimizer = self.optimizer.with_group(parameters.clone(), rule, None);
        self.groups.push(parameters);
        self
    }

    /// The module after one step. On the CPU its numbers are changed where they lie, unless another copy of the module shares
    /// them.
    pub fn step<M: Module>(&mut self, rates: &LearningRates, module: M, mut gradients: GradientsParams) -> M {
        if self.clipping == Clipping::Together && self.clip > 0.0 {
            self.factor.set(clip::together(&module, &mut gradients, self.clip));
        }
        self.optimizer.step(self.rate_of_each(rates), module, gradients)
    }

    fn rate_of_each(&self, rates: &LearningRates) -> ModuleLearningRate {
        let of_groups = self.groups.iter().zip(&rates.groups);
        let all = ModuleLrScheduler::new(rates.others);
        of_groups.fold(all, |all, (group, rate)| all.with_group(group.clone(), *rate)).step()
    }

    /// The state as a burnpack document.
    ///
    /// # Errors
    /// A record that cannot be packed.
    pub fn state(&self) -> Result<Vec<u8>, RecordError> {
        Ok(self.optimizer.into_bytes()?.to_vec())
    }

    /// Takes up a state that [`state`](Self::state) gave, of a module with the same parameters.
    ///
    /// # Errors
    /// A damaged document.
    pub fn restore(&mut self, state: Vec<u8>) -> Result<(), RecordError> {
        self.optimizer = self.optimizer.clone().from_bytes(Bytes::from_bytes_vec(state))?;
        Ok(())
    }
}

//! AdamW for whole modules: groups of parameters with an own weight decay and learning rate, gradients clipped by norm, and a
//! saved state that loads on a machine without a GPU.
//!
//! | file | what it is |
//! |---|---|
//! | `group` | which parameters a group holds |
//! | `rule` | AdamW on one parameter tensor: burn's on the GPU, one pass over its numbers on the CPU |
//! | `pass` | that pass, and norms |
//! | `clip` | the norm of all gradients together |
//! | `scale` | what the loss is multiplied with in half precision |
//!
//! burn's `ModuleOptimizer` walks over the module, keeps the state and writes it, so that a checkpoint's `optimizer.bpk` is burn's
//! own record of AdamW. Tests hold the pass against burn's AdamW.

mod clip;
mod group;
mod pass;
mod rule;
mod scale;
#[cfg(test)]
mod tests;

pub use clip::Clipping;
pub use group::{Parameter, ParameterGroup};
pub use scale::LossScale;

use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::module::{Module, ParamGroup};
use burn::optim::{GradientsParams, ModuleOptimizer, OptimizerRecord};
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
    /// Where gradients are computed of a scaled loss.
    scale: Option<LossScale>,
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
        Self { optimizer, groups: Vec::new(), clip, clipping, factor, scale: None }
    }

    /// Adds a group of parameters. A parameter of several groups is the last one's.
    pub fn with_group(mut self, group: ParameterGroup) -> Self {
        let rule = Rule::new(group.weight_decay, self.clip, self.clipping, self.factor.clone());
        let parameters = group.into_parameters();
        self.optimizer = self.optimizer.with_group(parameters.clone(), rule, None);
        self.groups.push(parameters);
        self
    }

    /// The same, whose gradients are those of a loss that is multiplied with [`loss_scale`](Self::loss_scale): they are clipped
    /// together, whatever else was said, and a step whose gradients are not finite is left out.
    pub fn with_loss_scale(self) -> Self {
        Self { scale: Some(LossScale::default()), clipping: Clipping::Together, ..self }
    }

    /// What the loss has to be multiplied with; `None` where it is taken as it is.
    pub fn loss_scale(&self) -> Option<LossScale> {
        self.scale
    }

    /// Goes on with a scale that [`loss_scale`](Self::loss_scale) said, where the loss is scaled.
    pub fn set_loss_scale(&mut self, scale: LossScale) {
        self.scale = self.scale.map(|_| scale);
    }

    /// The module after one step. On the CPU its numbers are changed where they lie, unless another copy of the module shares
    /// them.
    pub fn step<M: Module>(&mut self, rates: &LearningRates, module: M, mut gradients: GradientsParams) -> M {
        if let Some(scale) = self.scale {
            let factor = clip::together_scaled(&module, &mut gradients, self.clip, scale.factor);
            self.scale = Some(scale.after(factor.is_some()));
            let Some(factor) = factor else { return module };
            self.factor.set(factor);
        } else if self.clipping == Clipping::Together && self.clip > 0.0 {
            self.factor.set(clip::together(&module, &mut gradients, self.clip));
        }
        self.optimizer.step(self.rate_of_each(rates), module, gradients)
    }

    fn rate_of_each(&self, rates: &LearningRates) -> ModuleLearningRate {
        let of_groups = self.groups.iter().zip(&rates.groups);
        let all = ModuleLrScheduler::new(rates.others);
        of_groups.fold(all, |all, (group, rate)| all.with_group(group.clone(), *rate)).step()
    }

    /// The state as it is now: no longer than a copy takes.
    pub fn record(&self) -> OptimizerRecord {
        self.optimizer.to_record()
    }

    /// Takes up a state that a [`record`](Self::record) was packed to, of a module with the same parameters.
    ///
    /// # Errors
    /// A damaged document.
    pub fn restore(&mut self, state: Vec<u8>) -> Result<(), RecordError> {
        self.optimizer = self.optimizer.clone().from_bytes(Bytes::from_bytes_vec(state))?;
        Ok(())
    }
}

//! Gradients clipped by the norm of all of them together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::pass::square_sum;
use crate::device::is_cpu;
use crate::model::host::primitive;

/// Of what the norm is taken that clipping limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clipping {
    /// Of each parameter tensor's gradient.
    Tensors,
    /// Of each slice of it along the first dimension: the slices belong to networks that must not influence each other.
    Slices,
    /// Of all gradients of a step, as one vector (Pascanu et al. 2013; PyTorch's `clip_grad_norm_`).
    Together,
}

/// What the gradients of a step are multiplied by before anything else, for rules that see one tensor at a time.
#[derive(Clone)]
pub struct Factor(Arc<AtomicU32>);

impl Default for Factor {
    /// 1: gradients as they are.
    fn default() -> Self {
        Self(Arc::new(AtomicU32::new(1.0f32.to_bits())))
    }
}

impl Factor {
    pub fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }

    pub fn set(&self, factor: f32) {
        self.0.store(factor.to_bits(), Ordering::Relaxed);
    }
}

/// What the gradients on the CPU are still to be multiplied by so that the norm of all is at most `clip`. Those on a GPU are
/// multiplied here, without waiting for the norm.
pub fn together<M: Module>(module: &M, gradients: &mut GradientsParams, clip: f32) -> f32 {
    match squares(module, gradients) {
        (_, Some(squares)) => {
            let factor = (squares.sqrt() + SMALL).recip().mul_scalar(clip).clamp_max(1.0);
            module.visit(&mut Scale { gradients, factor });
            1.0
        }
        (sum, None) => (clip / (sum.sqrt() as f32 + SMALL)).min(1.0),
    }
}

/// The same for gradients that are `scale` times as large as they should be; `clip` 0 for no clipping. `None`, and gradients as
/// they were, where they are not finite. It waits for a GPU's norm: whether there is a step depends on it.
pub fn together_scaled<M: Module>(module: &M, gradients: &mut GradientsParams, clip: f32, scale: f32) -> Option<f32> {
    let (sum, device) = match squares(module, gradients) {
        // A device that failed says so where losses are read.
        (_, Some(sum)) => (f64::from(sum.clone().try_into_scalar::<f32>().ok()?), Some(sum.device())),
        (sum, None) => (sum, None),
    };
    if !sum.is_finite() {
        return None;
    }
    let norm = sum.sqrt() as f32 / scale;
    let factor = if clip > 0.0 { (clip / (norm + SMALL)).min(1.0) } else { 1.0 } / scale;
    let Some(device) = device else { return Some(factor) };
    module.visit(&mut Scale { gradients, factor: Tensor::from_data([factor], &device) });
    Some(1.0)
}

/// The sum of the squares of all gradients: of those on the host, or, (1), of those on a GPU.
fn squares<M: Module>(module: &M, gradients: &GradientsParams) -> (f64, Option<Tensor<1>>) {
    let mut sum = Sum { gradients, host: 0.0, device: None };
    module.visit(&mut sum);
    (sum.host, sum.device)
}

/// As PyTorch has it.
const SMALL: f32 = 1e-6;

struct Sum<'a> {
    gradients: &'a GradientsParams,
    host: f64,
    /// (1); of tensors that are on a GPU.
    device: Option<Tensor<1>>,
}

impl ModuleVisitor for Sum<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else {
            return;
        };
        if is_cpu(&gradient.device()) {
            self.host += square_sum(primitive(gradient).to_contiguous().storage());
        } else {
            let own = gradient.square().sum();
            self.device = Some(match self.device.take() {
                Some(sum) => sum + own,
                None => own,
            });
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    /// (1)
    factor: Tensor<1>,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient * self.factor.clone().reshape([1; D]));
        }
    }
}

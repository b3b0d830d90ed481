//! AdamW whose saved state can be loaded on a machine without a GPU, and whose step is one pass over the numbers on the CPU.
//!
//! burn materialises loaded optimiser state on its default device, which in a build with GPU support is the GPU, there
//! or not. Here it always lands on the CPU; the first step moves it to wherever the parameter lies.
//!
//! burn's own step is some fifteen operations, each with a tensor of its own: for the small networks of stage 2 they cost
//! more than the gradient does.

use burn::optim::{
    AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, LearningRate, ModuleOptimizer, Optimizer, RecordState,
    StateSink, StateSource,
};
use burn::tensor::{Device, Tensor, TensorData};
use pulp::{Simd, WithSimd};

use crate::device::is_cpu;
use crate::model::host::values;
use crate::model::simd::dispatch;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Of what the norm is taken that clipping limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clipping {
    /// Of each parameter tensor's gradient.
    Tensors,
    /// Of each slice of it along the first dimension: the slices belong to networks that must not influence each other.
    Slices,
}

/// AdamW with the usual β of 0.9 and 0.999; gradients clipped to norm `clip`, 0 for no clipping.
pub fn adamw(weight_decay: f32, clip: f32, clipping: Clipping) -> ModuleOptimizer {
    let config = AdamWConfig::new().with_beta_1(BETA_1).with_beta_2(BETA_2).with_epsilon(EPSILON);
    ModuleOptimizer::from(Portable {
        adamw: config.with_weight_decay(weight_decay).build(),
        weight_decay,
        clip,
        clipping,
    })
}

#[derive(Clone)]
struct Portable {
    adamw: AdamW,
    weight_decay: f32,
    /// 0 for no clipping.
    clip: f32,
    clipping: Clipping,
}

impl Portable {
    /// How many parts of a tensor of this shape are clipped by themselves.
    fn slices(&self, shape: &[usize]) -> usize {
        match self.clipping {
            Clipping::Tensors => 1,
            Clipping::Slices => shape.first().copied().unwrap_or(1).max(1),
        }
    }

    /// As burn clips tensors, slice by slice.
    fn clipped<const D: usize>(&self, gradient: Tensor<D>) -> Tensor<D> {
        if self.clip <= 0.0 {
            return gradient;
        }
        let shape = gradient.dims();
        let flat = gradient.reshape([self.slices(&shape) as i32, -1]);
        let norm = flat.clone().square().sum_dim(1).sqrt().add_scalar(f32::MIN_POSITIVE);
        (flat * norm.recip().mul_scalar(self.clip).clamp_max(1.0)).reshape(shape)
    }

    /// The whole step in one pass; the same numbers as burn's but for rounding.
    fn step_on_the_cpu<const D: usize>(
        &self,
        rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<State<D>>,
    ) -> (Tensor<D>, Option<State<D>>) {
        let (shape, device) = (tensor.dims(), tensor.device());
        let mut weights = values(tensor);
        let gradient = values(gradient);
        let (time, mut first, mut second) = match state {
            Some(State(AdamWState { momentum: m })) => (m.time + 1, values(m.moment_1), values(m.moment_2)),
            None => (1, vec![0.0; weights.len()], vec![0.0; weights.len()]),
        };
        let size = weights.len() / self.slices(&shape);
        let power = i32::try_from(time).unwrap_or(i32::MAX);
        dispatch(Pass {
            weights: &mut weights,
            gradient: &gradient,
            first: &mut first,
            second: &mut second,
            size: size.max(1),
            clip: if self.clip > 0.0 { self.clip } else { f32::INFINITY },
            kept: (1.0 - rate * f64::from(self.weight_decay)) as f32,
            rate: rate as f32,
            corrections: [1.0 - BETA_1.powi(power), 1.0 - BETA_2.powi(power)],
        });
        let tensor = |values| Tensor::from_data(TensorData::new(values, shape), &device);
        let momentum = AdaptiveMomentumState::new(time, tensor(first), tensor(second));
        (tensor(weights), Some(State(AdamWState::new(momentum))))
    }
}

/// One step of one parameter tensor.
struct Pass<'a> {
    weights: &'a mut [f32],
    gradient: &'a [f32],
    /// Estimates of the gradient's mean and of its square's.
    first: &'a mut [f32],
    second: &'a mut [f32],
    /// Numbers that are clipped together.
    size: usize,
    clip: f32,
    /// What decay leaves of a weight.
    kept: f32,
    rate: f32,
    /// What the estimates are divided by, having begun at 0.
    corrections: [f32; 2],
}

impl WithSimd for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Pass { weights, gradient, first, second, size, clip, kept, rate, corrections } = self;
        let slices = weights.chunks_mut(size).zip(gradient.chunks(size));
        let moments = first.chunks_mut(size).zip(second.chunks_mut(size));
        for ((weights, gradient), (first, second)) in slices.zip(moments) {
            let scale = (clip / (norm(gradient) + f32::MIN_POSITIVE)).min(1.0);
            for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
                let g = g * scale;
                *m = BETA_1 * *m + (1.0 - BETA_1) * g;
                *v = BETA_2 * *v + (1.0 - BETA_2) * (g * g);
                let step = (*m / corrections[0]) / ((*v / corrections[1]).sqrt() + EPSILON);
                *w = *w * kept - rate * step;
            }
        }
    }
}

/// The length of a vector, summed in as many strands as vector registers have room for.
#[inline(always)]
fn norm(values: &[f32]) -> f32 {
    const STRANDS: usize = 16;
    let mut sums = [0.0f32; STRANDS];
    let (chunks, rest) = values.as_chunks::<STRANDS>();
    // A pair of iterators would be made by a function that builds without link-time optimisation leave a call.
    for chunk in chunks {
        for w in 0..STRANDS {
            sums[w] += chunk[w] * chunk[w];
        }
    }
    let (strands, rest) = (sums.iter().sum::<f32>(), rest.iter().map(|x| x * x).sum::<f32>());
    (strands + rest).sqrt()
}

#[derive(Clone)]
struct State<const D: usize>(AdamWState<D>);

impl<const D: usize> RecordState for State<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        self.0.state_flatten(prefix, out);
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, _: &Device) -> Option<Self> {
        AdamWState::state_unflatten(prefix, source, &Device::flex()).map(Self)
    }
}

impl Optimizer for Portable {
    type State<const D: usize> = State<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<State<D>>,
    ) -> (Tensor<D>, Option<State<D>>) {
        if is_cpu(&tensor.device()) {
            return self.step_on_the_cpu(rate, tensor, gradient, state);
        }
        let (tensor, state) = self.adamw.step(rate, tensor, self.clipped(gradient), state.map(|s| s.0));
        (tensor, state.map(State))
    }

    fn to_device<const D: usize>(state: State<D>, device: &Device) -> State<D> {
        State(AdamW::to_device(state.0, device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(phase: f32, size: f32) -> Tensor<3> {
        let values = (0..60).map(|i| size * (i as f32 * 1.3 + phase).sin()).collect::<Vec<f32>>();
        Tensor::from_data(TensorData::new(values, [3, 4, 5]), &Device::flex())
    }

    fn optimizer(clip: f32, clipping: Clipping) -> Portable {
        let config = AdamWConfig::new().with_beta_1(BETA_1).with_beta_2(BETA_2).with_epsilon(EPSILON);
        Portable { adamw: config.with_weight_decay(0.3).build(), weight_decay: 0.3, clip, clipping }
    }

    #[test]
    fn one_pass_makes_the_same_steps_as_burn() {
        for (clip, clipping) in [(0.0, Clipping::Tensors), (0.7, Clipping::Tensors), (0.7, Clipping::Slices)] {
            let own = optimizer(clip, clipping);
            let (mut a, mut b) = (wave(0.0, 1.0), wave(0.0, 1.0));
            let (mut state, mut expected) = (None, None);
            for n in 0..20 {
                let gradient = wave(n as f32, 0.05 * n as f32);
                (a, state) = own.step(0.01, a, gradient.clone(), state);
                (b, expected) = own.adamw.step(0.01, b, own.clipped(gradient), expected);
            }
            let apart = (a - b.clone()).abs().max().into_scalar::<f32>();
            assert!(apart < 1e-5, "{clip} {clipping:?}: {apart}");
            assert!((b - wave(0.0, 1.0)).abs().max().into_scalar::<f32>() > 0.02);
        }
    }

    #[test]
    fn slices_are_clipped_each_by_its_own_norm() {
        let own = optimizer(1.0, Clipping::Slices);
        let sizes = Tensor::<3>::from_data([[[0.1f32]], [[1.0]], [[100.0]]], &Device::flex());
        let norms = own.clipped(wave(0.0, 1.0) * sizes.clone()).square().sum_dim(1).sum_dim(2).sqrt();
        let before = (wave(0.0, 1.0) * sizes).square().sum_dim(1).sum_dim(2).sqrt();
        let (norms, before) = (values(norms), values(before));
        for (norm, before) in norms.iter().zip(&before) {
            assert!((norm - before.min(1.0)).abs() < 1e-5, "{norms:?} {before:?}");
        }
        assert!(before[0] < 1.0 && before[2] > 50.0);
    }
}

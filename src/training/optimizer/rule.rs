//! AdamW on one parameter tensor at a time, as burn's `ModuleOptimizer` asks for it.

use burn::optim::{
    AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, LearningRate, Optimizer, RecordState, StateSink, StateSource,
};
use burn::tensor::{DType, Device, Tensor};

use super::clip::{Clipping, Factor};
use super::pass::{self, BETA_1, BETA_2, EPSILON, Pass};
use crate::device::is_cpu;
use crate::model::host::primitive;

/// How the parameters of one group are changed.
#[derive(Clone)]
pub struct Rule {
    /// What computes on a GPU.
    pub(super) adamw: AdamW,
    weight_decay: f32,
    /// 0 for no clipping.
    clip: f32,
    clipping: Clipping,
    factor: Factor,
}

impl Rule {
    pub fn new(weight_decay: f32, clip: f32, clipping: Clipping, factor: Factor) -> Self {
        let config = AdamWConfig::new().with_beta_1(BETA_1).with_beta_2(BETA_2).with_epsilon(EPSILON);
        let adamw = config.with_weight_decay(weight_decay).build();
        Self { adamw, weight_decay, clip, clipping, factor }
    }

    /// How many parts of a tensor of this shape are clipped by themselves.
    fn slices(&self, shape: &[usize]) -> usize {
        match self.clipping {
            Clipping::Tensors | Clipping::Together => 1,
            Clipping::Slices => shape.first().copied().unwrap_or(1).max(1),
        }
    }

    /// Whether a tensor's own norms say how it is clipped.
    fn clips(&self) -> bool {
        self.clip > 0.0 && self.clipping != Clipping::Together
    }

    /// As burn clips tensors, slice by slice.
    pub(super) fn clipped<const D: usize>(&self, gradient: Tensor<D>) -> Tensor<D> {
        if !self.clips() {
            return gradient;
        }
        let shape = gradient.dims();
        let flat = gradient.reshape([self.slices(&shape) as i32, -1]);
        let norm = flat.clone().square().sum_dim(1).sqrt().add_scalar(f32::MIN_POSITIVE);
        (flat * norm.recip().mul_scalar(self.clip).clamp_max(1.0)).reshape(shape)
    }

    /// The whole step in one pass over the numbers, where they lie. Without clipping these are burn's, bit for bit.
    fn step_on_the_cpu<const D: usize>(
        &self,
        rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<State<D>>,
    ) -> (Tensor<D>, State<D>) {
        let shape = tensor.dims();
        let AdaptiveMomentumState { time, moment_1, moment_2, .. } = match state {
            Some(State(state)) => state.momentum,
            None => {
                let zeros = || Tensor::zeros(shape, &tensor.device());
                AdaptiveMomentumState::new(0, zeros(), zeros())
            }
        };
        // A tensor that has the only handle to its memory is written there, any other into memory of its own.
        let own = |tensor: Tensor<D>| primitive(tensor).to_contiguous();
        let (mut weights, mut first, mut second) = (own(tensor), own(moment_1), own(moment_2));
        let gradient = own(gradient);
        let gradient = gradient.storage::<f32>();
        let size = (gradient.len() / self.slices(&shape)).max(1);
        let scales: Vec<f32> = if self.clips() {
            let norm = |slice| pass::square_sum(slice).sqrt() as f32;
            gradient.chunks(size).map(|slice| (self.clip / (norm(slice) + f32::MIN_POSITIVE)).min(1.0)).collect()
        } else {
            vec![self.factor.get(); self.slices(&shape)]
        };
        Pass { weights: weights.storage_mut(), gradient, first: first.storage_mut(), second: second.storage_mut() }
            .run(size, &scales, pass::Step::new(rate, self.weight_decay, time + 1));
        let tensor = |values| Tensor::from_primitive::<burn::backend::Flex>(values);
        let momentum = AdaptiveMomentumState::new(time + 1, tensor(first), tensor(second));
        (tensor(weights), State(AdamWState::new(momentum)))
    }
}

/// burn materialises loaded state on its default device, which in a build with GPU support is the GPU, there or not. Here it
/// always lands on the CPU; the first step moves it to wherever the parameter lies.
#[derive(Clone)]
pub struct State<const D: usize>(pub(super) AdamWState<D>);

impl<const D: usize> RecordState for State<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        self.0.state_flatten(prefix, out);
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, _: &Device) -> Option<Self> {
        let mut state = AdamWState::state_unflatten(prefix, source, &Device::flex())?;
        state.momentum.moment_1 = state.momentum.moment_1.cast(DType::F32);
        state.momentum.moment_2 = state.momentum.moment_2.cast(DType::F32);
        Some(Self(state))
    }
}

impl Optimizer for Rule {
    type State<const D: usize> = State<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<State<D>>,
    ) -> (Tensor<D>, Option<State<D>>) {
        if is_cpu(&tensor.device()) {
            let (tensor, state) = self.step_on_the_cpu(rate, tensor, gradient, state);
            return (tensor, Some(state));
        }
        let (tensor, state) = self.adamw.step(rate, tensor, self.clipped(gradient), state.map(|s| s.0));
        (tensor, state.map(State))
    }

    fn to_device<const D: usize>(state: State<D>, device: &Device) -> State<D> {
        State(AdamW::to_device(state.0, device))
    }
}

//! AdamW whose saved state can be loaded on a machine without a GPU.
//!
//! burn materialises loaded optimiser state on its default device, which in a build with GPU support is the GPU, there
//! or not. Here it always lands on the CPU; the first step moves it to wherever the parameter lies.

use burn::optim::grad_clipping::GradientClippingConfig;
use burn::optim::{
    AdamW, AdamWConfig, AdamWState, LearningRate, ModuleOptimizer, Optimizer, RecordState, StateSink, StateSource,
};
use burn::tensor::{Device, Tensor};

/// AdamW with the usual β of 0.9 and 0.999; gradients clipped to norm `clip` per parameter tensor, 0 for no clipping.
pub fn adamw(weight_decay: f32, clip: f32) -> ModuleOptimizer {
    let adamw = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(weight_decay).build();
    let optimizer = ModuleOptimizer::from(Portable(adamw));
    if clip > 0.0 { optimizer.with_grad_clipping(GradientClippingConfig::Norm(clip).init()) } else { optimizer }
}

#[derive(Clone)]
struct Portable(AdamW);

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
        let (tensor, state) = self.0.step(rate, tensor, gradient, state.map(|s| s.0));
        (tensor, state.map(State))
    }

    fn to_device<const D: usize>(state: State<D>, device: &Device) -> State<D> {
        State(AdamW::to_device(state.0, device))
    }
}

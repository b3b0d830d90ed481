use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::module::{Module, ModuleMapper, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer, Optimizer};
use burn::tensor::{Device, Tensor, TensorData};

use super::clip::Factor;
use super::pass::{BETA_1, BETA_2, EPSILON, square_sum};
use super::rule::Rule;
use super::{AdamW, Clipping, LearningRates, ParameterGroup};
use crate::model::host::{primitive, values};

const DECAY: f32 = 0.3;

fn rule(clip: f32, clipping: Clipping) -> Rule {
    Rule::new(DECAY, clip, clipping, Factor::default())
}

fn wave(shape: [usize; 3], phase: f32, size: f32) -> Tensor<3> {
    let count = shape.iter().product::<usize>();
    let values = (0..count).map(|i| size * (i as f32 * 1.3 + phase).sin()).collect::<Vec<f32>>();
    Tensor::from_data(TensorData::new(values, shape), &Device::flex())
}

/// Twenty steps of `rule` and of burn's AdamW from the same place, with the same gradients.
fn both(rule: &Rule, shape: [usize; 3]) -> [Vec<f32>; 2] {
    let (mut a, mut b) = (wave(shape, 0.0, 1.0), wave(shape, 0.0, 1.0));
    let (mut state, mut expected) = (None, None);
    for n in 0..20 {
        let gradient = wave(shape, n as f32, 0.05 * n as f32);
        (a, state) = rule.step(0.01, a, gradient.clone(), state);
        (b, expected) = rule.adamw.step(0.01, b, rule.clipped(gradient), expected);
    }
    [a, b].map(values)
}

#[test]
fn one_pass_makes_burns_steps_bit_for_bit() {
    for shape in [[3, 4, 5], [1, 1, 2], [2, 3, 1], [3, 128, 257]] {
        let [own, burns] = both(&rule(0.0, Clipping::Tensors), shape);
        assert_eq!(own, burns, "{shape:?}");
        assert!(own.iter().zip(values(wave(shape, 0.0, 1.0))).all(|(a, b)| *a != b), "every number was moved");
    }
}

#[test]
fn clipped_steps_are_burns_but_for_the_rounding_of_the_norm() {
    for clipping in [Clipping::Tensors, Clipping::Slices] {
        let [own, burns] = both(&rule(0.7, clipping), [3, 4, 5]);
        let apart = own.iter().zip(&burns).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-5, "{clipping:?}: {apart}");
    }
}

#[test]
fn slices_are_clipped_each_by_its_own_norm() {
    let own = rule(1.0, Clipping::Slices);
    let sizes = Tensor::<3>::from_data([[[0.1f32]], [[1.0]], [[100.0]]], &Device::flex());
    let wave = || wave([3, 4, 5], 0.0, 1.0) * sizes.clone();
    let norms = own.clipped(wave()).square().sum_dim(1).sum_dim(2).sqrt();
    let before = wave().square().sum_dim(1).sum_dim(2).sqrt();
    let (norms, before) = (values(norms), values(before));
    for (norm, before) in norms.iter().zip(&before) {
        assert!((norm - before.min(1.0)).abs() < 1e-5, "{norms:?} {before:?}");
    }
    assert!(before[0] < 1.0 && before[2] > 50.0);
}

#[test]
fn numbers_are_changed_where_they_lie_and_never_under_another_who_has_them() {
    let rule = rule(0.7, Clipping::Tensors);
    let shape = [3, 128, 257];
    let place = |tensor: &Tensor<3>| primitive(tensor.clone()).storage::<f32>().as_ptr();
    let start = wave(shape, 0.0, 1.0);
    let at = place(&start);
    let (moved, state) = rule.step(0.01, start, wave(shape, 1.0, 1.0), None);
    assert_eq!(place(&moved), at);
    let first = place(&state.as_ref().unwrap().0.momentum.moment_1);
    let kept = moved.clone();
    let (moved, state) = rule.step(0.01, moved, wave(shape, 2.0, 1.0), state);
    assert_eq!(place(&state.unwrap().0.momentum.moment_1), first);
    assert!(place(&moved) != at && values(moved) != values(kept.clone()));
    let again = rule.step(0.01, wave(shape, 0.0, 1.0), wave(shape, 1.0, 1.0), None).0;
    assert_eq!(values(kept), values(again));
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let shape = [7, 64, 1031];
    let of = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| both(&rule(0.7, Clipping::Tensors), shape)[0].clone())
    };
    let one = of(1);
    assert_eq!(one, of(2));
    assert_eq!(one, of(5));
}

#[test]
fn the_sum_of_squares_is_right_at_every_remainder() {
    for count in [0, 1, 7, 16, 33, 100, (1 << 15) + 5, 100_000] {
        let of: Vec<f32> = (0..count).map(|i| (i as f32 * 0.37).sin()).collect();
        let plain: f64 = of.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        assert!((square_sum(&of) - plain).abs() <= 1e-5 * plain, "{count}");
    }
}

#[derive(Module, Debug)]
struct Block {
    layer: Linear,
    norm: LayerNorm,
    heads: Vec<Linear>,
}

fn block(device: &Device) -> Block {
    let linear = |d| LinearConfig::new(4, d).init(device);
    Block { layer: linear(4), norm: LayerNormConfig::new(4).init(device), heads: vec![linear(1), linear(2)] }
}

/// The block's parameters, one tensor after the other: weights lie before biases, gains before shifts.
fn numbers(block: &Block) -> Vec<Vec<f32>> {
    let of =
        |linear: &Linear| [values(linear.weight.val().inner()), values(linear.bias.as_ref().unwrap().val().inner())];
    let norm = [&block.norm.gamma, block.norm.beta.as_ref().unwrap()].map(|p| values(p.val().inner()));
    [of(&block.layer), norm, of(&block.heads[0]), of(&block.heads[1])].concat()
}

fn gradients(block: &Block, factor: f32) -> GradientsParams {
    let x = Tensor::<2>::from_data([[0.3f32, -1.0, 0.7, 2.0], [1.5, 0.2, -0.4, 0.1]], &block.layer.weight.device());
    let x = block.norm.forward(block.layer.forward(x));
    let loss = block.heads[0].forward(x.clone()).square().sum() + block.heads[1].forward(x).sum();
    GradientsParams::from_grads(loss.mul_scalar(factor).backward(), block)
}

fn groups(block: &Block) -> [ParameterGroup; 2] {
    [
        ParameterGroup::of(block, 0.0, |p| p.is_vector()),
        ParameterGroup::of(block, 0.0, |p| p.path.starts_with("heads.")),
    ]
}

#[test]
fn groups_have_their_own_rates_and_decay() {
    let device = Device::flex().autodiff();
    let block = block(&device);
    let [vectors, heads] = groups(&block);
    let paths = ["layer.bias", "norm.gamma", "norm.beta", "heads.0.bias", "heads.1.bias"];
    assert_eq!(vectors.paths, paths);
    assert_eq!(heads.paths, ["heads.0.weight", "heads.0.bias", "heads.1.weight", "heads.1.bias"]);
    let mut grouped = AdamW::new(0.5, 0.0, Clipping::Tensors).with_group(vectors).with_group(heads);
    let alone = |decay: f32, rate: f64| {
        let config = AdamWConfig::new().with_beta_1(BETA_1).with_beta_2(BETA_2).with_epsilon(EPSILON);
        let mut burns = config.with_weight_decay(decay).init();
        numbers(&burns.step(rate, block.clone(), gradients(&block, 1.0)))
    };
    let rates = LearningRates { others: 0.1, groups: vec![0.02, 0.3] };
    let moved = numbers(&grouped.step(&rates, block.clone(), gradients(&block, 1.0)));
    let (decayed, vectors, heads) = (alone(0.5, 0.1), alone(0.0, 0.02), alone(0.0, 0.3));
    assert_eq!(moved[0], decayed[0]);
    assert_eq!(moved[1..4], vectors[1..4]);
    assert_eq!(moved[4..], heads[4..]);
    assert!(alone(0.0, 0.1)[0] != decayed[0] && vectors[1] != alone(0.0, 0.1)[1]);
}

#[test]
fn a_step_from_a_saved_state_is_the_step_that_would_have_come() {
    let device = Device::flex().autodiff();
    let start = block(&device);
    let make = || groups(&start).into_iter().fold(AdamW::new(0.5, 1.0, Clipping::Together), AdamW::with_group);
    let rates = LearningRates { others: 0.1, groups: vec![0.02, 0.3] };
    let mut optimizer = make();
    let moved = optimizer.step(&rates, start.clone(), gradients(&start, 1.0));
    let mut resumed = make();
    resumed.restore(optimizer.record().into_bytes().unwrap().to_vec()).unwrap();
    let next = |optimizer: &mut AdamW| numbers(&optimizer.step(&rates, moved.clone(), gradients(&moved, 2.0)));
    let expected = next(&mut optimizer);
    assert_eq!(next(&mut resumed), expected);
    assert_ne!(next(&mut make()), expected);
}

#[test]
fn a_record_of_burns_own_adamw_is_taken_up() {
    let device = Device::flex().autodiff();
    let start = block(&device);
    let config = AdamWConfig::new().with_beta_1(BETA_1).with_beta_2(BETA_2).with_epsilon(EPSILON);
    let mut burns: ModuleOptimizer = config.with_weight_decay(DECAY).init();
    let moved = burns.step(0.1, start.clone(), gradients(&start, 1.0));
    let mut own = AdamW::new(DECAY, 0.0, Clipping::Tensors);
    own.restore(burns.into_bytes().unwrap().to_vec()).unwrap();
    let next = own.step(&0.1.into(), moved.clone(), gradients(&moved, 2.0));
    assert_eq!(
        numbers(&next),
        numbers(&burns.step(ModuleLearningRate::from(0.1), moved.clone(), gradients(&moved, 2.0)))
    );
    assert!(own.restore(b"no burnpack".to_vec()).is_err());
}

/// Multiplies all gradients.
struct Times<'a>(&'a mut GradientsParams, f32);

impl ModuleMapper for Times<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let gradient = self.0.remove::<D>(param.id).unwrap();
        self.0.register(param.id, gradient.mul_scalar(self.1));
        param
    }
}

#[test]
fn gradients_that_are_clipped_together_keep_their_proportions() {
    let device = Device::flex().autodiff();
    let start = block(&device);
    let clip = 0.5;
    let step = |mut optimizer: AdamW, gradients| numbers(&optimizer.step(&0.1.into(), start.clone(), gradients));
    // Adam itself hardly knows the size of its first gradient: the state does.
    let state = |clip, gradients: GradientsParams| {
        let mut optimizer = AdamW::new(DECAY, clip, Clipping::Together);
        optimizer.step(&0.1.into(), start.clone(), gradients);
        optimizer.factor.get()
    };
    let mut squares = 0.0;
    let given = gradients(&start, 1.0);
    for id in [start.layer.weight.id, start.heads[0].weight.id, start.heads[1].weight.id] {
        squares += values(given.get::<2>(id).unwrap()).iter().map(|x| x * x).sum::<f32>();
    }
    let vectors = [&start.layer, &start.heads[0], &start.heads[1]].map(|l| l.bias.as_ref().unwrap().id);
    for id in vectors.into_iter().chain([start.norm.gamma.id, start.norm.beta.as_ref().unwrap().id]) {
        squares += values(given.get::<1>(id).unwrap()).iter().map(|x| x * x).sum::<f32>();
    }
    let factor = clip / squares.sqrt();
    assert!(factor < 1.0 && (state(clip, gradients(&start, 1.0)) - factor).abs() < 1e-5 * factor);
    assert_eq!(state(2.0 * squares.sqrt(), gradients(&start, 1.0)), 1.0);
    let mut scaled = gradients(&start, 1.0);
    start.clone().map(&mut Times(&mut scaled, state(clip, gradients(&start, 1.0))));
    let own = step(AdamW::new(DECAY, clip, Clipping::Together), gradients(&start, 1.0));
    assert_eq!(own, step(AdamW::new(DECAY, 0.0, Clipping::Together), scaled));
}

#[test]
fn a_scaled_loss_makes_the_same_step_and_one_that_overflows_makes_none() {
    let device = Device::flex().autodiff();
    let start = block(&device);
    for clip in [0.5, 0.0] {
        let plain = || AdamW::new(DECAY, clip, Clipping::Together);
        let mut scaled = plain().with_loss_scale();
        let factor = scaled.loss_scale().unwrap().factor;
        let expected = numbers(&plain().step(&0.1.into(), start.clone(), gradients(&start, 1.0)));
        let found = numbers(&scaled.step(&0.1.into(), start.clone(), gradients(&start, factor)));
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-5, "{clip}: {found} {expected}");
        }
        // A step that is left out moves nothing and changes no estimate.
        let mut skipping = plain().with_loss_scale();
        let still = skipping.step(&0.1.into(), start.clone(), gradients(&start, f32::INFINITY));
        assert_eq!((numbers(&still), skipping.loss_scale().unwrap().factor), (numbers(&start), factor / 2.0));
        let after = numbers(&skipping.step(&0.1.into(), start.clone(), gradients(&start, factor / 2.0)));
        assert_eq!(after, found);
        // Taken up elsewhere it goes on.
        let mut resumed = plain().with_loss_scale();
        resumed.set_loss_scale(skipping.loss_scale().unwrap());
        assert_eq!(resumed.loss_scale(), skipping.loss_scale());
        let mut unscaled = plain();
        unscaled.set_loss_scale(skipping.loss_scale().unwrap());
        assert_eq!(unscaled.loss_scale(), None);
    }
}

use std::sync::Arc;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::clean::Setting;
use super::{meta_weight, mlc};
use crate::config::ModelSettings;
use crate::dataset::{Batch, Sequences};
use crate::device::test_gpu;
use crate::modality::PerModality;
use crate::model::corrector::Corrector;
use crate::model::dropout::Dropout;
use crate::model::network::Network;
use crate::model::weighting::Weighting;
use crate::training::bilevel::label_tensor;

const RANGE: f32 = 3.0;
/// So large that L_clean at θ' is another than at θ, and the learner's part in it is seen in f32.
const RATE: f32 = 2.0;
const DIMS: PerModality<usize> = PerModality { text: 3, audio: 2, vision: 2 };

fn settings() -> ModelSettings {
    ModelSettings {
        hidden: 2,
        representation: 3,
        fused: 3,
        projection: false,
        corrector_hidden: 4,
        ..ModelSettings::default()
    }
}

/// Parameter k, element i: `size` · sin(1.3 i + 0.7 k + 0.2).
struct Fill {
    k: usize,
    size: f64,
}

/// Weights of networks and correctors.
const FILL: Fill = Fill { k: 0, size: 0.5 };
/// Weights of V, of whose many units the sum must not saturate.
const SMALL: Fill = Fill { k: 0, size: 0.05 };

impl ModuleMapper for Fill {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (k, size) = (self.k as f64, self.size);
        self.k += 1;
        parameter.map(|w| {
            let (shape, device) = (w.dims(), w.device());
            let value = |i| (size * (1.3 * i as f64 + 0.7 * k + 0.2).sin()) as f32;
            let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
            Tensor::from_data(TensorData::new(values, shape), &device).require_grad()
        })
    }
}

/// Adds to one element of one parameter.
struct Nudge {
    parameter: usize,
    element: usize,
    by: f32,
}

impl ModuleMapper for Nudge {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let here = self.parameter == 0;
        self.parameter = self.parameter.wrapping_sub(1);
        if !here {
            return parameter;
        }
        parameter.map(|w| {
            let (shape, device) = (w.dims(), w.device());
            let mut values = w.into_data().try_into_vec::<f32>().unwrap();
            values[self.element] += self.by;
            Tensor::from_data(TensorData::new(values, shape), &device).require_grad()
        })
    }
}

/// The gradient of each parameter.
struct Collect<'a>(&'a GradientsParams, Vec<Vec<f32>>);

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let gradient = self.0.get::<D>(parameter.id).unwrap();
        self.1.push(gradient.into_data().try_into_vec().unwrap());
    }
}

fn collected<M: Module>(module: &M, gradients: &GradientsParams) -> Vec<Vec<f32>> {
    let mut collect = Collect(gradients, Vec::new());
    module.visit(&mut collect);
    collect.1
}

fn batch(lengths: [[usize; 4]; 3]) -> Batch {
    let sequences = PerModality::from_fn(|m| {
        let (dim, lengths) = (DIMS[m], lengths[m as usize].to_vec());
        let count = lengths.iter().sum::<usize>() * dim;
        let data = (0..count).map(|i| (0.9 * i as f64 + f64::from(m as u8)).sin() as f32).collect();
        Sequences { data, dim, lengths }
    });
    Batch { sequences: Arc::new(sequences), tokens: None, labels: vec![2.9, -2.8, 2.7, -2.6] }
}

const LENGTHS: [[usize; 4]; 3] = [[2, 3, 1, 2], [1, 2, 4, 3], [2, 1, 1, 3]];

/// Some clips lack audio, and all lack vision.
const LACKING: [[usize; 4]; 3] = [[2, 3, 1, 2], [1, 0, 4, 0], [0; 4]];

fn network(device: &Device) -> Network {
    Network::new(&DIMS, RANGE, &settings(), &mut ChaCha8Rng::seed_from_u64(1), device).map(&mut { FILL })
}

fn lacking_network(device: &Device) -> Network {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let network = Network::new(&DIMS, RANGE, &settings(), &mut rng, device);
    let lacking = PerModality { text: false, audio: true, vision: true };
    network.with_missing(&lacking, &mut rng, device).map(&mut { FILL })
}

fn mlc_pair(device: &Device) -> mlc::Pair {
    let corrector = Corrector::new(&settings(), 1, RANGE, &mut ChaCha8Rng::seed_from_u64(2), device);
    mlc::Pair { network: network(device), corrector: corrector.map(&mut { FILL }) }
}

fn meta_weight_pair(device: &Device) -> meta_weight::Pair {
    let weighting = Weighting::new(&mut ChaCha8Rng::seed_from_u64(2), device);
    meta_weight::Pair { network: network(device), weighting: weighting.map(&mut { SMALL }) }
}

/// What `look` does with a setting of this share of dropped units.
fn with_setting<T>(device: &Device, dropout: f32, look: impl Fn(&Setting<'_>) -> T) -> T {
    with_batch(batch(LENGTHS), device, dropout, look)
}

fn with_batch<T>(batch: Batch, device: &Device, dropout: f32, look: impl Fn(&Setting<'_>) -> T) -> T {
    let labels = label_tensor(&batch.labels, &device.clone().inner());
    let rng = ChaCha8Rng::seed_from_u64(7);
    look(&Setting { batch: &batch, labels: &labels, dropout, rng, rate: RATE })
}

/// L_clean at θ' and the meta gradient by parameter.
fn mlc_look(pair: &mlc::Pair, device: &Device, dropout: f32) -> (f64, Vec<Vec<f32>>) {
    let look = with_setting(device, dropout, |setting| mlc::look(pair, setting));
    (f64::from(look.clean.into_scalar::<f32>()), collected(&pair.corrector, &look.meta))
}

fn meta_weight_look(pair: &meta_weight::Pair, device: &Device, dropout: f32) -> (f64, Vec<Vec<f32>>) {
    let look = with_setting(device, dropout, |setting| meta_weight::look(pair, setting, RANGE));
    (f64::from(look.clean.into_scalar::<f32>()), collected(&pair.weighting, &look.meta))
}

/// The largest difference between the meta gradient and central differences of fourth order, over the largest gradient;
/// `value` is L_clean at θ' with one element moved. Of some parameters every `stride`-th element is tried.
fn error(
    gradient: &[Vec<f32>],
    tried: impl Fn(usize) -> bool,
    stride: usize,
    step: f32,
    value: impl Fn(Nudge) -> f64,
) -> f64 {
    let largest = gradient.iter().flatten().fold(0.0f64, |a, g| a.max(f64::from(g.abs())));
    let mut worst = 0.0f64;
    for (parameter, gradient) in gradient.iter().enumerate().filter(|(parameter, _)| tried(*parameter)) {
        for element in (0..gradient.len()).step_by(stride) {
            let apart = |by| value(Nudge { parameter, element, by }) - value(Nudge { parameter, element, by: -by });
            let numeric = (8.0 * apart(step) - apart(2.0 * step)) / (12.0 * f64::from(step));
            worst = worst.max((numeric - f64::from(gradient[element])).abs());
        }
    }
    worst / largest
}

fn mlc_error(device: &Device, dropout: f32) -> f64 {
    let device = device.clone().autodiff();
    let pair = mlc_pair(&device);
    // So short that no unit of the fusion's ReLU is moved across its kink.
    error(
        &mlc_look(&pair, &device, dropout).1,
        |_| true,
        5,
        4e-3,
        |mut nudge| {
            let corrector = pair.corrector.clone().map(&mut nudge);
            mlc_look(&mlc::Pair { corrector, ..pair.clone() }, &device, dropout).0
        },
    )
}

fn meta_weight_error(device: &Device, dropout: f32) -> f64 {
    let device = device.clone().autodiff();
    let pair = meta_weight_pair(&device);
    // The outer layers: inner weights lie so near to the kinks of their ReLU that differences mislead.
    error(
        &meta_weight_look(&pair, &device, dropout).1,
        |parameter| parameter % 4 > 1,
        41,
        2e-2,
        |mut nudge| {
            let weighting = pair.weighting.clone().map(&mut nudge);
            meta_weight_look(&meta_weight::Pair { weighting, ..pair.clone() }, &device, dropout).0
        },
    )
}

#[test]
fn the_gradient_of_a_corrector_through_the_step_of_the_encoders_is_exact() {
    for dropout in [0.0, 0.3] {
        let error = mlc_error(&Device::flex(), dropout);
        assert!(error < 5e-3, "dropout {dropout}: {error}");
    }
}

#[test]
fn the_gradient_of_weights_through_the_step_of_the_encoders_is_exact() {
    for dropout in [0.0, 0.3] {
        let error = meta_weight_error(&Device::flex(), dropout);
        assert!(error < 1e-2, "dropout {dropout}: {error}");
    }
}

#[test]
fn both_gradients_are_exact_where_clips_lack_modalities() {
    let device = Device::flex().autodiff();
    let pair = mlc::Pair { network: lacking_network(&device), ..mlc_pair(&device) };
    let look = |pair: &mlc::Pair| {
        let look = with_batch(batch(LACKING), &device, 0.0, |setting| mlc::look(pair, setting));
        (f64::from(look.clean.into_scalar::<f32>()), look.meta)
    };
    let gradient = collected(&pair.corrector, &look(&pair).1);
    let found = error(
        &gradient,
        |_| true,
        5,
        4e-3,
        |mut nudge| look(&mlc::Pair { corrector: pair.corrector.clone().map(&mut nudge), ..pair.clone() }).0,
    );
    assert!(found < 5e-3, "{found}");
    let pair = meta_weight::Pair { network: lacking_network(&device), ..meta_weight_pair(&device) };
    let look = |pair: &meta_weight::Pair| {
        let look = with_batch(batch(LACKING), &device, 0.0, |setting| meta_weight::look(pair, setting, RANGE));
        (f64::from(look.clean.into_scalar::<f32>()), look.meta)
    };
    let gradient = collected(&pair.weighting, &look(&pair).1);
    // Short steps: a unit of the fusion's ReLU is near its kink.
    let found = error(
        &gradient,
        |parameter| parameter % 4 > 1,
        41,
        5e-4,
        |mut nudge| look(&meta_weight::Pair { weighting: pair.weighting.clone().map(&mut nudge), ..pair.clone() }).0,
    );
    assert!(found < 3e-2, "{found}");
}

#[test]
fn both_gradients_are_exact_on_wgpu() {
    let Some(gpu) = test_gpu() else { return };
    let errors = [mlc_error(&gpu.device, 0.0), meta_weight_error(&gpu.device, 0.0)];
    assert!(errors.iter().all(|error| *error < 1e-2), "{}: {errors:?}", gpu.name);
}

/// Of each parameter's gradient Σ g_i sin(i + 1).
fn sums(gradient: &[Vec<f32>]) -> Vec<f64> {
    let weighed = |(i, g): (usize, &f32)| f64::from(*g) * (i as f64 + 1.0).sin();
    gradient.iter().map(|g| g.iter().enumerate().map(weighed).sum()).collect()
}

fn assert_near(found: &[f64], expected: &[f64]) {
    let largest = expected.iter().fold(0.0f64, |a, e| a.max(e.abs()));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 2e-5 * largest, "{found} {expected}");
    }
}

/// Expected numbers: printed by tests/fixtures/learners.py, which takes both gradients by differences in f64 (numpy 2.4).
#[test]
fn mlc_agrees_with_numpy() {
    let device = Device::flex().autodiff();
    let pair = mlc_pair(&device);
    let look = with_setting(&device, 0.0, |setting| mlc::look(&pair, setting));
    assert_near(
        &[look.unimodal, look.clean].map(|x| f64::from(x.into_scalar::<f32>())),
        &[0.5728205341941365, 2.7208497208250955],
    );
    assert_near(
        &sums(&collected(&pair.corrector, &look.meta)),
        &[
            -0.03958905703434736,
            0.07246628371100161,
            -0.06565392021601868,
            -0.36427425574955735,
            0.03017520593859626,
            0.6326528320120892,
        ],
    );
}

/// As above.
#[test]
fn meta_weight_net_agrees_with_numpy() {
    let device = Device::flex().autodiff();
    let (clean, gradient) = meta_weight_look(&meta_weight_pair(&device), &device, 0.0);
    assert_near(&[clean], &[2.7014908425389743]);
    assert_near(
        &sums(&gradient),
        &[
            5.7952305030117216e-05,
            1.254284971359208e-05,
            0.00026744443583356215,
            -0.005735350006676383,
            0.00016825165519034516,
            0.0001284949284509257,
            0.00028310264536586153,
            -0.003814627316894195,
            8.65805193834746e-05,
            9.012159137954729e-05,
            -4.7857055487299406e-05,
            -0.0008644968820689658,
        ],
    );
}

#[test]
fn predictions_change_along_a_change_of_weights_as_differences_say() {
    let device = Device::flex().autodiff();
    let own = network(&device).valid();
    let change = Network::new(&DIMS, RANGE, &settings(), &mut ChaCha8Rng::seed_from_u64(5), &device).valid();
    // A clip without audio, too.
    let batch = batch([[2, 3, 1, 2], [1, 0, 4, 3], [2, 1, 1, 3]]);
    let dropout = || Dropout::training(0.3, ChaCha8Rng::seed_from_u64(3));
    let along = own.predictions_along(&change, &batch, dropout);
    let at = |by: f32| own.clone().map(&mut Moved { change: parameters(&change), by }).forward(&batch, &mut dropout());
    for (m, along) in along.known() {
        let pair = |by: f32| at(by).unimodal[m].clone().unwrap() - at(-by).unimodal[m].clone().unwrap();
        let numeric = (pair(2e-2).mul_scalar(8.0) - pair(4e-2)).div_scalar(12.0 * 2e-2);
        let apart: f32 = (along.clone() - numeric).abs().max().into_scalar();
        let largest: f32 = along.clone().abs().max().into_scalar();
        assert!(apart < 1e-3 * largest.max(1.0) && largest > 0.1, "{m}: {apart} of {largest}");
    }
}

/// All numbers of a module, parameter by parameter.
fn parameters<M: Module>(module: &M) -> Vec<Vec<f32>> {
    struct All(Vec<Vec<f32>>);
    impl ModuleVisitor for All {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            self.0.push(parameter.val().into_data().try_into_vec().unwrap());
        }
    }
    let mut all = All(Vec::new());
    module.visit(&mut all);
    all.0.reverse();
    all.0
}

/// Adds a change, whose parameters stand in reverse order.
struct Moved {
    change: Vec<Vec<f32>>,
    by: f32,
}

impl ModuleMapper for Moved {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let change = self.change.pop().unwrap();
        parameter.map(|w| {
            let change = Tensor::<D>::from_data(TensorData::new(change, w.dims()), &w.device());
            w + change.mul_scalar(self.by)
        })
    }
}

//! A GPU against the CPU, and products in half precision against single precision: states and gradients, as tensor operations.

use super::*;
use crate::device::test_gpu;
use crate::model::bert::precision::{half, supported};

/// Largest difference by the largest number of `expected`, or by `least`.
fn apart(found: &[f32], expected: &[f32], least: f32) -> f32 {
    assert_eq!(found.len(), expected.len());
    let size = expected.iter().fold(least, |most: f32, x| most.max(x.abs()));
    found.iter().zip(expected).fold(0.0, |most: f32, (a, b)| most.max((a - b).abs())) / size
}

/// States and all gradients of a loss that is multiplied with `scale`, divided by it.
fn run(device: &Device, half: Option<DType>, scale: f32) -> Vec<Vec<f32>> {
    let bert = Bert { half, ..network(&tiny(), &device.clone().autodiff()) };
    let tokens = tokens(&[5, 0, 1, 8]);
    let states = bert.run_as(false, &tokens, Clips::new(&tokens), &mut BertDropout::inference());
    assert_eq!(states.dtype(), DType::F32);
    let gradients = gradients_of(&bert, weighed(states.clone()).mul_scalar(scale));
    let gradients = gradients.into_iter().flatten().map(|g| g.into_iter().map(|g| g / scale).collect());
    std::iter::once(values(states.inner())).chain(gradients).collect()
}

/// How far states and each gradient are apart.
fn each_apart(found: &[Vec<f32>], expected: &[Vec<f32>]) -> Vec<f32> {
    assert_eq!(found.len(), expected.len());
    // A key's bias moves no attention: its gradient is what the others' sums are rounded by.
    let least = 0.02 * expected.iter().flatten().fold(0.0, |most: f32, x| most.max(x.abs()));
    found.iter().zip(expected).map(|(found, expected)| apart(found, expected, least)).collect()
}

fn agrees(device: &Device, precision: Precision) {
    // A unit in the last place, and how far two layers carry it.
    let most = if precision == Precision::Bf16 { 0.05 } else { 6e-3 };
    let (expected, found) = (run(device, None, 1.0), run(device, half(precision), 1.0));
    for (number, apart) in each_apart(&found, &expected).into_iter().enumerate() {
        assert!(apart < most, "{precision:?} {number}: {apart}");
    }
    assert_ne!(found[0], expected[0], "{precision:?}: nothing was rounded");
}

#[test]
fn a_gpu_computes_what_the_cpu_does() {
    let Some(gpu) = test_gpu() else { return };
    let off = each_apart(&run(&gpu.device, None, 1.0), &run(&Device::flex(), None, 1.0));
    let gradients = off[1..].iter().fold(0.0, |most: f32, x| most.max(*x));
    println!("{}: states off by {:.1e}, {} gradients by at most {gradients:.1e}", gpu.name, off[0], off.len() - 1);
    assert!(off[0] < 1e-5 && gradients < 1e-4, "{off:?}");
}

#[test]
fn half_precision_agrees_with_single_precision_within_its_rounding() {
    for precision in [Precision::Bf16, Precision::F16] {
        agrees(&Device::flex(), precision);
    }
    let Some(gpu) = test_gpu() else { return };
    let supported = supported(&gpu.device);
    println!("{} computes in {supported:?}", gpu.name);
    for precision in supported.into_iter().filter(|p| *p != Precision::F32) {
        agrees(&gpu.device, precision);
    }
}

#[test]
fn gradients_that_f16_cannot_hold_are_seen_and_small_ones_survive_by_the_scale() {
    let half = half(Precision::F16);
    let device = Device::flex();
    assert!(run(&device, half, 1e9)[1..].iter().flatten().any(|g| !g.is_finite()));
    // Too small for f16 by themselves: of a scaled loss they are as good as in single precision.
    let tiny = 1e-9;
    let bert = |half, scale: f32| {
        let bert = Bert { half, ..network(&super::tiny(), &device.clone().autodiff()) };
        let tokens = tokens(&[5, 8]);
        let states = bert.run_as(false, &tokens, Clips::new(&tokens), &mut BertDropout::inference());
        let gradients = gradients_of(&bert, weighed(states).mul_scalar(tiny * scale));
        // Of a query's weights, which only products reach.
        gradients[5].clone().unwrap().into_iter().map(|g| g / scale).collect::<Vec<f32>>()
    };
    let expected = bert(None, 1.0);
    let size = expected.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
    let apart =
        |found: Vec<f32>| found.iter().zip(&expected).fold(0.0, |most: f32, (a, b)| most.max((a - b).abs())) / size;
    let (plain, scaled) = (apart(bert(half, 1.0)), apart(bert(half, 1e9)));
    assert!(plain > 0.5 && scaled < 0.01, "{plain} {scaled}");
}

#[test]
fn the_cpu_is_computed_in_single_precision() {
    assert_eq!(supported(&Device::flex()), [Precision::F32]);
    let bert = network(&tiny(), &Device::flex().autodiff());
    assert_eq!(bert.computed_in(Precision::F16).half, None);
}

use super::super::steps::last_hidden as by_steps;
use super::super::tests::{sequences, wave};
use super::*;
use crate::device::test_gpu;
use crate::model::host::values;

/// The hidden states, and with a tape the gradients of the three weights (empty where nothing depends on them).
fn run(form: impl Fn(Weights, &Sequences) -> Tensor<2>, device: &Device, size: usize, x: &Sequences) -> Vec<Vec<f32>> {
    let columns = 4 * size;
    // About what training starts with, for any size.
    let scale = 0.8 / (size as f32).sqrt();
    let matrix = |rows: usize, phase| {
        let data = TensorData::new(wave(rows * columns, scale, phase), [rows, columns]);
        Tensor::<2>::from_data(data, device)
    };
    let (input, hidden) = (matrix(x.dim, 0.1), matrix(size, 0.9));
    let bias = Tensor::<1>::from_data(TensorData::new(wave(columns, 0.2, 2.0), [columns]), device);
    if !input.is_autodiff() {
        return vec![values(form(Weights { input, hidden, bias }, x))];
    }
    let (input, hidden, bias) = (input.require_grad(), hidden.require_grad(), bias.require_grad());
    let out = form(Weights { input: input.clone(), hidden: hidden.clone(), bias: bias.clone() }, x);
    let shape = out.dims();
    let weight = TensorData::new(wave(shape.iter().product(), 1.0, 0.5), shape);
    let grads = (out.clone() * Tensor::<2>::from_data(weight, &device.clone().inner())).sum().backward();
    vec![
        values(out.inner()),
        input.grad(&grads).map(values).unwrap_or_default(),
        hidden.grad(&grads).map(values).unwrap_or_default(),
        bias.grad(&grads).map(values).unwrap_or_default(),
    ]
}

fn assert_close(a: &[Vec<f32>], b: &[Vec<f32>], what: &str) {
    assert_eq!(a.len(), b.len());
    for ((a, b), part) in a.iter().zip(b).zip(["hidden", "d input", "d hidden", "d bias"]) {
        assert_eq!(a.len(), b.len(), "{what}: {part}");
        let largest = b.iter().fold(1.0f32, |m, v| m.max(v.abs()));
        let worst = a.iter().zip(b).map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() }).fold(0.0, f32::max);
        assert!(worst < 2e-5 * largest, "{what}: {part} is off by {worst}, of {largest}");
        assert!(a.iter().all(|v| v.is_finite()), "{what}: {part}");
    }
}

fn check(lengths: &[usize], dim: usize, size: usize) {
    let Some(device) = test_gpu().map(|gpu| gpu.device) else { return };
    let x = sequences(lengths, dim);
    let expected = run(by_steps, &Device::flex().autodiff(), size, &x);
    let taped = device.clone().autodiff();
    assert_close(&run(by_steps, &taped, size, &x), &expected, "by steps");
    let Some(most) = lanes_on(&device, size, lengths.len()) else {
        assert!(size > 113, "a layer of {size} fits into any cube's memory");
        return println!("skipped: a layer of {size} does not fit into this device's cubes");
    };
    for lanes in [LANES / 2, LANES].into_iter().filter(|&lanes| lanes <= most) {
        let form = |weights, x: &Sequences| last_hidden(weights, x, lanes);
        let what = format!("{lanes} lanes, {lengths:?}, {dim} to {size}");
        assert_close(&run(form, &taped, size, &x), &expected, &what);
        assert_close(&run(form, &device, size, &x), &expected[..1], &what);
    }
}

#[test]
fn kernels_agree_with_tensor_form() {
    check(&[3, 0, 5, 1, 5, 2, 4, 1, 0, 3, 5, 2], 3, 8);
    check(&[1], 5, 8);
    check(&[6], 2, 1);
    check(&[7; 16], 2, 64);
    let lengths: Vec<usize> = (0..33).map(|i| (i * 5) % 9).collect();
    check(&lengths, 4, 20);
}

#[test]
fn kernels_agree_on_long_sequences() {
    check(&[200, 37, 1, 150, 0], 5, 64);
}

#[test]
fn units_take_turns_in_a_layer_with_more_columns_than_units() {
    check(&[3, 5, 0, 1, 2], 3, 300);
}

#[test]
fn the_same_batch_gives_the_same_bits() {
    let Some(device) = test_gpu().map(|gpu| gpu.device) else { return };
    let x = sequences(&[9, 2, 30, 0, 17, 30, 1], 6);
    let form = |weights, x: &Sequences| last_hidden(weights, x, LANES);
    assert_eq!(run(form, &device, 64, &x), run(form, &device, 64, &x));
    let taped = device.autodiff();
    assert_eq!(run(form, &taped, 64, &x), run(form, &taped, 64, &x));
}

#[test]
fn empty_sequences_give_zeros() {
    let Some(device) = test_gpu().map(|gpu| gpu.device) else { return };
    for device in [device.clone(), device.autodiff()] {
        let ones = |rows: usize| Tensor::<2>::ones([rows, 32], &device);
        let weights = Weights { input: ones(3), hidden: ones(8), bias: Tensor::ones([32], &device) };
        let out = last_hidden(weights, &sequences(&[0, 0], 3), LANES);
        assert_eq!((out.dims(), values(out.inner())), ([2, 8], vec![0.0; 16]));
    }
}

#[test]
fn a_layer_that_does_not_fit_is_left_to_the_tensor_form() {
    let Some(device) = test_gpu().map(|gpu| gpu.device) else { return };
    assert_eq!(lanes_on(&device, 8, 32), Some(LANES));
    assert_eq!(lanes_on(&device, 1 << 20, 32), None);
    assert_eq!(lanes_on(&Device::flex(), 8, 32), None);
}

#[test]
fn the_table_pairs_sequences_of_like_length() {
    let x = sequences(&[2, 0, 3], 1);
    assert_eq!(table(&x, 2), [2, 2, 3, 0, 0, 2, 1, 2, 0, 3, 0, 0]);
}

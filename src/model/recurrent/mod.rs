//! The recurrent encoder's core: an LSTM's last valid hidden state, on any device.
//!
//! Only valid steps count: the same clip padded to 20 and to 400 steps gives the same state (METHOD.md, modules).

mod cpu;
#[cfg(feature = "gpu")]
mod gpu;
mod math;
mod operation;
mod packing;
mod product;

use burn::backend::DispatchDevice;
use burn::tensor::{Device, Tensor, TensorData, activation};

use crate::dataset::Sequences;
use packing::Packing;

/// True for burn's CPU backend, with or without a tape.
fn is_cpu(device: &Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), DispatchDevice::Flex(_))
}

/// The last valid hidden state of each sequence, (B, H); zeros for a sequence of length 0.
///
/// `w_input` is (D, 4H), `w_hidden` (H, 4H) and `bias` (4H), the gates in the order input, forget, candidate, output.
pub fn last_hidden(w_input: Tensor<2>, w_hidden: Tensor<2>, bias: Tensor<1>, sequences: &Sequences) -> Tensor<2> {
    if is_cpu(&w_input.device()) {
        let packing = Packing::new(&sequences.lengths);
        let inputs = packing.pack(sequences);
        return operation::last_hidden(w_input, w_hidden, bias, inputs, packing);
    }
    #[cfg(feature = "gpu")]
    if let Some(lanes) = gpu::lanes(&w_input.device(), w_hidden.dims()[0], sequences.lengths.len()) {
        return gpu::last_hidden(w_input, w_hidden, bias, sequences, lanes);
    }
    by_steps(w_input, w_hidden, bias, sequences)
}

/// The same as tensor operations, a step at a time: for devices that have no kernel of ours, and to check the other.
fn by_steps(w_input: Tensor<2>, w_hidden: Tensor<2>, bias: Tensor<1>, sequences: &Sequences) -> Tensor<2> {
    let device = w_input.device();
    let plain = device.clone().inner();
    let [size, _] = w_hidden.dims();
    let batch = sequences.lengths.len();
    let (steps, dim) = (sequences.steps(), sequences.dim);
    let longest = sequences.lengths.iter().copied().max().unwrap_or(0);
    // The inputs carry no gradient, so cutting them up costs nothing in the backward pass; cutting their product with
    // the weights would cost a tensor of full size a step.
    let inputs = Tensor::<3>::from_data(TensorData::new(sequences.padded(), [batch, steps, dim]), &plain);
    let bias = bias.unsqueeze_dim::<2>(0);
    let mut hidden = Tensor::<2>::zeros([batch, size], &device);
    let mut cell = Tensor::<2>::zeros([batch, size], &device);
    for t in 0..longest {
        let x = inputs.clone().slice([0..batch, t..t + 1, 0..dim]).reshape([batch, dim]);
        let gates = x.matmul(w_input.clone()) + hidden.clone().matmul(w_hidden.clone()) + bias.clone();
        let part = |k: usize| gates.clone().slice([0..batch, k * size..(k + 1) * size]);
        let new_cell = activation::sigmoid(part(1)) * cell.clone() + activation::sigmoid(part(0)) * part(2).tanh();
        let new_hidden = activation::sigmoid(part(3)) * new_cell.clone().tanh();
        if sequences.lengths.iter().all(|&n| n > t) {
            (cell, hidden) = (new_cell, new_hidden);
        } else {
            let valid: Vec<f32> = sequences.lengths.iter().map(|&n| if n > t { 1.0 } else { 0.0 }).collect();
            let valid = Tensor::<2>::from_data(TensorData::new(valid, [batch, 1]), &plain);
            let over = valid.clone().neg().add_scalar(1.0);
            cell = new_cell * valid.clone() + cell * over.clone();
            hidden = new_hidden * valid + hidden * over;
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Gradients;

    const SIZE: usize = 8;

    fn wave(n: usize, scale: f32, phase: f32) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 0.7 + phase).sin() * scale).collect()
    }

    fn sequences(lengths: &[usize], dim: usize) -> Sequences {
        // Values depend on the place in the clip.
        let data = lengths.iter().enumerate().flat_map(|(row, &n)| wave(n * dim, 1.0, row as f32)).collect();
        Sequences { data, dim, lengths: lengths.to_vec() }
    }

    struct Weights {
        input: Tensor<2>,
        hidden: Tensor<2>,
        bias: Tensor<1>,
    }

    fn weights(dim: usize, device: &Device) -> Weights {
        let make =
            |rows: usize, scale: f32, phase| TensorData::new(wave(rows * 4 * SIZE, scale, phase), [rows, 4 * SIZE]);
        Weights {
            input: Tensor::from_data(make(dim, 0.4, 0.1), device).require_grad(),
            hidden: Tensor::from_data(make(SIZE, 0.3, 0.9), device).require_grad(),
            bias: Tensor::from_data(TensorData::new(wave(4 * SIZE, 0.2, 2.0), [4 * SIZE]), device).require_grad(),
        }
    }

    type Form = fn(Tensor<2>, Tensor<2>, Tensor<1>, &Sequences) -> Tensor<2>;

    fn run(form: Form, w: &Weights, x: &Sequences) -> (Tensor<2>, Gradients) {
        let out = form(w.input.clone(), w.hidden.clone(), w.bias.clone(), x);
        let [b, h] = out.dims();
        let weight = Tensor::<2>::from_data(TensorData::new(wave(b * h, 1.0, 0.5), [b, h]), &out.device().inner());
        let gradients = (out.clone() * weight).sum().backward();
        (out.inner(), gradients)
    }

    fn assert_close<const D: usize>(a: Tensor<D>, b: Tensor<D>, bound: f32, what: &str) {
        let difference: f32 = (a - b).abs().max().into_scalar();
        assert!(difference < bound, "{what}: {difference}");
    }

    fn check_against_steps(lengths: &[usize], dim: usize) {
        let device = Device::flex().autodiff();
        let w = weights(dim, &device);
        let x = sequences(lengths, dim);
        let (fast, fast_grads) = run(last_hidden, &w, &x);
        let (slow, slow_grads) = run(by_steps, &w, &x);
        assert_close(fast, slow, 1e-5, "hidden");
        let both = |t: &Tensor<2>| (t.grad(&fast_grads).unwrap(), t.grad(&slow_grads).unwrap());
        let (a, b) = both(&w.input);
        assert_close(a, b, 1e-4, "d input");
        let (a, b) = both(&w.hidden);
        assert_close(a, b, 1e-4, "d hidden");
        assert_close(w.bias.grad(&fast_grads).unwrap(), w.bias.grad(&slow_grads).unwrap(), 1e-4, "d bias");
    }

    #[test]
    fn operation_agrees_with_tensor_form_values_and_gradients() {
        check_against_steps(&[3, 0, 5, 1, 5, 2, 4, 1, 0, 3, 5, 2], 3);
        check_against_steps(&[1], 5);
        check_against_steps(&[7; 16], 2);
        // More than one group.
        let lengths: Vec<usize> = (0..50).map(|i| (i * 5) % 9).collect();
        check_against_steps(&lengths, 4);
    }

    #[test]
    fn tensor_form_agrees_with_burns_lstm() {
        use burn::nn::{LstmConfig, LstmState};
        let device = Device::flex();
        let lstm = LstmConfig::new(3, SIZE, true).init(&device);
        let x = sequences(&[5, 5], 3);
        let input = Tensor::<3>::from_data(TensorData::new(x.data.clone(), [2, 5, 3]), &device);
        let (_, LstmState { hidden, .. }) = lstm.forward(input, None);
        // burn keeps a layer a gate; ours are packed side by side.
        let forget = lstm.forget_gate.as_ref().unwrap();
        let gates = [&lstm.input_gate, forget, &lstm.cell_gate, &lstm.output_gate];
        let w_input = Tensor::cat(gates.iter().map(|g| g.input_transform.weight.val()).collect(), 1);
        let w_hidden = Tensor::cat(gates.iter().map(|g| g.hidden_transform.weight.val()).collect(), 1);
        let bias = gates
            .iter()
            .map(|g| g.input_transform.bias.as_ref().unwrap().val() + g.hidden_transform.bias.as_ref().unwrap().val())
            .collect();
        let bias = Tensor::cat(bias, 0);
        assert_close(by_steps(w_input.clone(), w_hidden.clone(), bias.clone(), &x), hidden.clone(), 1e-5, "by steps");
        assert_close(last_hidden(w_input, w_hidden, bias, &x), hidden, 1e-5, "operation");
    }

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let device = Device::flex().autodiff();
        let x = sequences(&[4, 1, 0, 3, 2], 2);
        let w = weights(2, &device);
        let (_, gradients) = run(last_hidden, &w, &x);
        let analytic: Vec<f32> = w.hidden.grad(&gradients).unwrap().into_data().try_into_vec().unwrap();
        let base: Vec<f32> = w.hidden.to_data().try_into_vec().unwrap();
        let loss = |values: Vec<f32>| -> f64 {
            let hidden = Tensor::<2>::from_data(TensorData::new(values, [SIZE, 4 * SIZE]), &device);
            let out = last_hidden(w.input.clone(), hidden, w.bias.clone(), &x).inner();
            let out: Vec<f32> = out.into_data().try_into_vec().unwrap();
            out.iter().zip(wave(out.len(), 1.0, 0.5)).map(|(&o, v)| f64::from(o) * f64::from(v)).sum()
        };
        for k in [0, 17, 100, 4 * SIZE * SIZE - 1] {
            let moved = |by: f32| {
                let mut v = base.clone();
                v[k] += by;
                v
            };
            let numeric = (loss(moved(1e-2)) - loss(moved(-1e-2))) / 2e-2;
            let difference = (numeric - f64::from(analytic[k])).abs();
            assert!(difference < 1e-3, "weight {k}: {numeric} against {}", analytic[k]);
        }
    }

    #[test]
    fn padding_never_changes_the_result() {
        let w = weights(3, &Device::flex().autodiff());
        let short = [2, 5, 0, 1];
        // The same clips beside a long one, to whose length the tensor form pads them.
        let long = [2, 5, 0, 1, 400];
        for form in [last_hidden as Form, by_steps] {
            let run = |lengths: &[usize]| {
                let all = form(w.input.clone(), w.hidden.clone(), w.bias.clone(), &sequences(lengths, 3)).inner();
                all.narrow(0, 0, short.len()).into_data().try_into_vec::<f32>().unwrap()
            };
            assert_eq!(run(&short), run(&long));
        }
    }

    #[test]
    fn empty_sequences_give_zeros() {
        let device = Device::flex().autodiff();
        let w = weights(3, &device);
        let out = last_hidden(w.input, w.hidden, w.bias, &sequences(&[0, 0], 3));
        assert_eq!(out.inner().into_data().try_into_vec::<f32>().unwrap(), vec![0.0; 2 * SIZE]);
    }
}

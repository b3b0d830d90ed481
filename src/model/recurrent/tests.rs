use burn::tensor::TensorData;

use super::steps::last_hidden as by_steps;
use std::sync::LazyLock;

use super::*;
use burn::tensor::Device;

const SIZE: usize = 8;

pub(super) fn wave(n: usize, scale: f32, phase: f32) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * 0.7 + phase).sin() * scale).collect()
}

pub(super) fn sequences(lengths: &[usize], dim: usize) -> Sequences {
    // Values depend on the place in the clip.
    let data = lengths.iter().enumerate().flat_map(|(row, &n)| wave(n * dim, 1.0, row as f32)).collect();
    Sequences { data, dim, lengths: lengths.to_vec() }
}

fn weights(dim: usize, device: &Device) -> Weights {
    let make = |rows: usize, scale: f32, phase| TensorData::new(wave(rows * 4 * SIZE, scale, phase), [rows, 4 * SIZE]);
    Weights {
        input: Tensor::from_data(make(dim, 0.4, 0.1), device).require_grad(),
        hidden: Tensor::from_data(make(SIZE, 0.3, 0.9), device).require_grad(),
        bias: Tensor::from_data(TensorData::new(wave(4 * SIZE, 0.2, 2.0), [4 * SIZE]), device).require_grad(),
    }
}

type Form = fn(PerModality<Weights>, &Arc<PerModality<Sequences>>) -> PerModality<Tensor<2>>;

/// Of all tests: what one left in it changes nothing in another.
static MEMORY: LazyLock<Memory> = LazyLock::new(Memory::default);

/// The recurrence of all modalities.
fn last_hidden(weights: PerModality<Weights>, x: &Arc<PerModality<Sequences>>) -> PerModality<Tensor<2>> {
    let all = super::last_hidden(weights.iter().map(|(m, w)| (m, w.clone())).collect(), x, &MEMORY);
    PerModality::from_fn(|m| all[m as usize].clone())
}

fn all_by_steps(weights: PerModality<Weights>, x: &Arc<PerModality<Sequences>>) -> PerModality<Tensor<2>> {
    PerModality::from_fn(|m| by_steps(weights[m].clone(), &x[m]))
}

/// A sum in which every element counts differently, (1).
fn weighed(out: &PerModality<Tensor<2>>) -> Tensor<1> {
    let parts = out.iter().map(|(m, out)| {
        let [b, h] = out.dims();
        let weight = TensorData::new(wave(b * h, 1.0, 0.5 + m as usize as f32), [b, h]);
        (out.clone() * Tensor::<2>::from_data(weight, &out.device().inner())).sum()
    });
    parts.reduce(|a, b| a + b).unwrap()
}

fn assert_close<const D: usize>(a: Tensor<D>, b: Tensor<D>, bound: f32, what: &str) {
    let difference: f32 = (a - b).abs().max().into_scalar();
    assert!(difference < bound, "{what}: {difference}");
}

/// Other lengths for each modality, all of the same number of clips.
fn inputs(lengths: &[usize], dims: [usize; 3]) -> Arc<PerModality<Sequences>> {
    let turned = |by: usize| {
        let (mut lengths, clips) = (lengths.to_vec(), lengths.len());
        lengths.rotate_left(by % clips);
        lengths
    };
    Arc::new(PerModality::from_fn(|m| sequences(&turned(m as usize), dims[m as usize])))
}

fn check_against_steps(lengths: &[usize], dims: [usize; 3]) {
    let device = Device::flex().autodiff();
    let w = PerModality::from_fn(|m| weights(dims[m as usize], &device));
    let x = inputs(lengths, dims);
    let (fast, slow) = (last_hidden(w.clone(), &x), all_by_steps(w.clone(), &x));
    let (fast_grads, slow_grads) = (weighed(&fast).backward(), weighed(&slow).backward());
    for (m, w) in w.iter() {
        assert_close(fast[m].clone().inner(), slow[m].clone().inner(), 1e-5, &format!("hidden of {m}"));
        let both = |t: &Tensor<2>| (t.grad(&fast_grads).unwrap(), t.grad(&slow_grads).unwrap());
        let (a, b) = both(&w.input);
        assert_close(a, b, 1e-4, &format!("d input of {m}"));
        let (a, b) = both(&w.hidden);
        assert_close(a, b, 1e-4, &format!("d hidden of {m}"));
        let (a, b) = (w.bias.grad(&fast_grads).unwrap(), w.bias.grad(&slow_grads).unwrap());
        assert_close(a, b, 1e-4, &format!("d bias of {m}"));
    }
}

#[test]
fn operation_agrees_with_tensor_form_values_and_gradients() {
    check_against_steps(&[3, 0, 5, 1, 5, 2, 4, 1, 0, 3, 5, 2], [3, 1, 2]);
    check_against_steps(&[1], [5, 2, 7]);
    check_against_steps(&[7; 16], [2, 2, 2]);
    // More than one group, and a modality that no clip of the batch has.
    let lengths: Vec<usize> = (0..50).map(|i| (i * 5) % 9).collect();
    check_against_steps(&lengths, [4, 40, 3]);
}

#[test]
fn a_modality_without_any_step_leaves_the_others_alone() {
    let device = Device::flex().autodiff();
    let w = PerModality::from_fn(|_| weights(3, &device));
    let lengths = |m| if m == Modality::Audio { vec![0, 0, 0] } else { vec![2, 0, 4] };
    let x = Arc::new(PerModality::from_fn(|m| sequences(&lengths(m), 3)));
    let out = last_hidden(w.clone(), &x);
    let gradients = weighed(&out).backward();
    let greatest = |t: &Tensor<2>| -> f32 { t.clone().abs().max().into_scalar() };
    assert_eq!(greatest(&out.audio.clone().inner()), 0.0);
    assert_eq!(greatest(&w.audio.input.grad(&gradients).unwrap()), 0.0);
    assert!(greatest(&w.text.input.grad(&gradients).unwrap()) > 0.0);
    assert_close(out.vision.inner(), by_steps(w.vision.clone(), &x.vision).inner(), 1e-5, "vision");
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
    let bias = gates
        .iter()
        .map(|g| g.input_transform.bias.as_ref().unwrap().val() + g.hidden_transform.bias.as_ref().unwrap().val())
        .collect();
    let w = Weights {
        input: Tensor::cat(gates.iter().map(|g| g.input_transform.weight.val()).collect(), 1),
        hidden: Tensor::cat(gates.iter().map(|g| g.hidden_transform.weight.val()).collect(), 1),
        bias: Tensor::cat(bias, 0),
    };
    assert_close(by_steps(w.clone(), &x), hidden.clone(), 1e-5, "by steps");
    let all = last_hidden(PerModality::from_fn(|_| w.clone()), &Arc::new(PerModality::from_fn(|_| x.clone())));
    assert_close(all.vision, hidden, 1e-5, "operation");
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let device = Device::flex().autodiff();
    let dims = [2, 1, 3];
    let x = inputs(&[4, 1, 0, 3, 2], dims);
    let w = PerModality::from_fn(|m| weights(dims[m as usize], &device));
    let gradients = weighed(&last_hidden(w.clone(), &x)).backward();
    for m in Modality::ALL {
        let analytic: Vec<f32> = w[m].hidden.grad(&gradients).unwrap().into_data().try_into_vec().unwrap();
        let base: Vec<f32> = w[m].hidden.to_data().try_into_vec().unwrap();
        let loss = |values: Vec<f32>| -> f32 {
            let mut w = w.clone();
            w[m].hidden = Tensor::from_data(TensorData::new(values, [SIZE, 4 * SIZE]), &device);
            weighed(&last_hidden(w, &x)).inner().into_scalar()
        };
        for k in [0, 17, 100, 4 * SIZE * SIZE - 1] {
            let moved = |by: f32| {
                let mut v = base.clone();
                v[k] += by;
                v
            };
            let numeric = (loss(moved(1e-2)) - loss(moved(-1e-2))) / 2e-2;
            let difference = (numeric - analytic[k]).abs();
            assert!(difference < 1e-3, "{m}, weight {k}: {numeric} against {}", analytic[k]);
        }
    }
}

#[test]
fn padding_never_changes_the_result() {
    let w = PerModality::from_fn(|_| weights(3, &Device::flex().autodiff()));
    let short = [2, 5, 0, 1];
    // The same clips beside a long one, to whose length the tensor form pads them.
    let long = [2, 5, 0, 1, 400];
    for form in [last_hidden as Form, all_by_steps] {
        let run = |lengths: &[usize]| {
            let x = Arc::new(PerModality::from_fn(|_| sequences(lengths, 3)));
            let all = form(w.clone(), &x).audio.inner();
            all.narrow(0, 0, short.len()).into_data().try_into_vec::<f32>().unwrap()
        };
        assert_eq!(run(&short), run(&long));
    }
}

#[test]
fn results_are_the_same_bits_on_one_thread_and_on_four() {
    let x = inputs(&(0..50).map(|i| (i * 5) % 9).collect::<Vec<_>>(), [4, 40, 3]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let w = PerModality::from_fn(|m| weights(x[m].dim, &Device::flex().autodiff()));
            let out = last_hidden(w.clone(), &x);
            let gradients = weighed(&out).backward();
            let mut found = vec![out.text.inner().into_data()];
            found.extend(w.iter().map(|(_, w)| w.input.grad(&gradients).unwrap().into_data()));
            found.extend(w.iter().map(|(_, w)| w.hidden.grad(&gradients).unwrap().into_data()));
            found.into_iter().map(|d| d.try_into_vec::<f32>().unwrap()).collect::<Vec<_>>()
        })
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn empty_sequences_give_zeros() {
    let w = PerModality::from_fn(|_| weights(3, &Device::flex().autodiff()));
    let out = last_hidden(w, &Arc::new(PerModality::from_fn(|_| sequences(&[0, 0], 3))));
    assert_eq!(out.text.inner().into_data().try_into_vec::<f32>().unwrap(), vec![0.0; 2 * SIZE]);
}

#[test]
fn a_modality_by_itself_is_what_it_is_beside_the_others() {
    let x = inputs(&[3, 0, 5, 1, 5], [3, 2, 4]);
    let w = PerModality::from_fn(|m| weights(x[m].dim, &Device::flex().autodiff()));
    let bits = |t: Tensor<2>| t.into_data().try_into_vec::<f32>().unwrap();
    let all = last_hidden(w.clone(), &x);
    let all_gradients = weighed(&all).backward();
    for these in [&[Modality::Vision][..], &[Modality::Text, Modality::Vision]] {
        let found = super::last_hidden(these.iter().map(|&m| (m, w[m].clone())).collect(), &x, &MEMORY);
        assert_eq!(found.len(), these.len());
        for (&m, found) in these.iter().zip(&found) {
            assert_eq!(bits(found.clone().inner()), bits(all[m].clone().inner()), "{m}");
        }
        // The loss of one is that of all as far as the one goes.
        let at = these.len() - 1;
        let vision =
            PerModality { vision: found[at].clone(), ..PerModality::from_fn(|_| found[at].clone().mul_scalar(0.0)) };
        let gradients = weighed(&vision).backward();
        assert_eq!(bits(w.vision.input.grad(&gradients).unwrap()), bits(w.vision.input.grad(&all_gradients).unwrap()));
    }
}

//! Tests of the network: against Hugging Face's, form against kernels, clips alone and among others.

mod precision;
mod reference;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;

/// Two layers of 16, two heads.
pub fn tiny() -> BertConfig {
    BertConfig {
        vocab_size: 50,
        hidden_size: 16,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 64,
        max_position_embeddings: 20,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        hidden_dropout_prob: 0.1,
        attention_probs_dropout_prob: 0.1,
        hidden_act: "gelu".to_owned(),
    }
}

/// Gives every parameter the numbers that the reference was made with.
#[derive(Default)]
struct Formula {
    containers: Vec<String>,
    names: Vec<String>,
    number: usize,
}

impl ModuleMapper for Formula {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.names.push(name.to_owned());
        self.containers.push(container.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.names.pop();
        self.containers.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let number = self.number as f64;
        self.number += 1;
        let shape = param.val().dims();
        let device = param.val().device();
        // A linear layer of the Hub has its weights the other way round.
        let turned = D == 2 && self.containers.last().is_some_and(|kind| kind.contains("Linear"));
        let base = if self.names.last().is_some_and(|name| name == "gamma") { 1.0 } else { 0.0 };
        let value = |i: f64| (base + 0.2 * (0.013 * i * i + 0.7 * i + 1.3 * number).sin()) as f32;
        let count: usize = shape.iter().product();
        let place = |at: usize| {
            let [rows, columns] = [shape[0], shape[D - 1]];
            if turned { at % columns * rows + at / columns } else { at }
        };
        let values: Vec<f32> = (0..count).map(|at| value(place(at) as f64)).collect();
        param.map(|_| Tensor::from_data(TensorData::new(values, shape), &device).require_grad())
    }
}

/// For each parameter its gradient in the Hub's order, none where it has none.
struct Found<'a> {
    gradients: &'a Gradients,
    containers: Vec<String>,
    all: Vec<Option<Vec<f32>>>,
}

impl ModuleVisitor for Found<'_> {
    fn enter_module(&mut self, _: &str, container: &str) {
        self.containers.push(container.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.containers.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let turned = D == 2 && self.containers.last().is_some_and(|kind| kind.contains("Linear"));
        let gradient = param.val().grad(self.gradients);
        self.all.push(gradient.map(|gradient| {
            let gradient = if turned { gradient.swap_dims(0, 1) } else { gradient };
            values(gradient)
        }));
    }
}

/// As [`Found`], of a loss.
pub fn gradients_of(bert: &Bert, loss: Tensor<1>) -> Vec<Option<Vec<f32>>> {
    let gradients = loss.backward();
    let mut found = Found { gradients: &gradients, containers: Vec::new(), all: Vec::new() };
    bert.visit(&mut found);
    found.all
}

/// The sum of a gradient times cos(0.9 i), and its norm: what the references hold of each.
pub fn along_and_norm(gradient: &[f32]) -> [f64; 2] {
    let sum = gradient.iter().enumerate().map(|(i, g)| f64::from(*g) * (0.9 * i as f64).cos()).sum();
    [sum, gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt()]
}

fn network(config: &BertConfig, device: &Device) -> Bert {
    Bert::new(config, &mut ChaCha8Rng::seed_from_u64(1), device).map(&mut Formula::default())
}

/// Clips of these lengths; the tokens are those of the reference.
fn tokens(lengths: &[usize]) -> Tokens {
    let mut tokens = Tokens::default();
    let mut k = 0;
    for &length in lengths {
        let (ids, types): (Vec<_>, Vec<_>) =
            (k..k + length as u32).map(|k| ((k * k * 3 + k * 7 + 1) % 50, u32::from(k % 3 == 0))).unzip();
        tokens.push(&ids, &types);
        k += length as u32;
    }
    tokens
}

fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().unwrap()
}

/// A sum in which every number counts differently.
fn weighed(x: Tensor<2>) -> Tensor<1> {
    let [rows, columns] = x.dims();
    let wave = (0..rows * columns).map(|i| (0.37 * i as f64 + 0.5).sin() as f32).collect();
    (x.clone() * Tensor::<2>::from_data(TensorData::new::<f32, _>(wave, [rows, columns]), &x.device().inner())).sum()
}

/// Both forms.
const FORMS: [bool; 2] = [true, false];

#[test]
fn states_and_gradients_are_those_of_hugging_face() {
    let bert = network(&tiny(), &Device::flex().autodiff());
    let tokens = tokens(&[5, 1, 8]);
    for own in FORMS {
        // A tape goes backward once.
        let states = || bert.run_as(own, &tokens, Clips::new(&tokens), &mut BertDropout::inference());
        let found = values(states().inner());
        for (at, expected) in reference::STATES.iter().enumerate() {
            let found = f64::from(found[[0, 5, 13][at / 6] * 16 + at % 6]);
            assert!((found - expected).abs() < 1e-6 * expected.abs().max(1.0), "{own} {at}: {found} {expected}");
        }
        let firsts = bert.run_as(own, &tokens, Clips::firsts(&tokens), &mut BertDropout::inference());
        let means = bert.gather(states(), &tokens, Pooling::Mean);
        let losses = [(states(), reference::OF_STATES), (firsts, reference::OF_FIRSTS), (means, reference::OF_MEANS)];
        for (which, (out, (expected, gradients))) in losses.into_iter().enumerate() {
            let loss = weighed(out);
            let value = f64::from(loss.clone().into_scalar::<f32>());
            assert!((value - expected).abs() < 1e-5, "{own} {which}: {value} {expected}");
            let found = gradients_of(&bert, loss);
            assert_eq!(found.len(), gradients.len());
            for (number, (found, (along, norm))) in found.iter().zip(gradients).enumerate() {
                let Some(found) = found else { panic!("{own} {which}: no gradient of parameter {number}") };
                let [sum, length] = along_and_norm(found);
                let bound = 1e-5 * norm.max(0.1);
                assert!((length - norm).abs() < bound, "{own} {which} {number}: {length} {norm}");
                assert!((sum - along).abs() < 4.0 * bound, "{own} {which} {number}: {sum} {along}");
            }
        }
    }
}

/// Widths that fill no vector, more rows than one thread takes at a time.
fn odd() -> BertConfig {
    BertConfig { hidden_size: 42, num_attention_heads: 3, intermediate_size: 70, ..tiny() }
}

const LENGTHS: [usize; 9] = [7, 0, 1, 19, 20, 3, 0, 17, 5];

#[test]
fn both_forms_agree_with_dropout_on_every_length() {
    let config = odd();
    let bert = network(&config, &Device::flex().autodiff());
    let tokens = tokens(&LENGTHS);
    for clips in [Clips::new(&tokens), Clips::firsts(&tokens)] {
        let [found, expected] = FORMS.map(|own| {
            let mut dropout = BertDropout::training(&config, ChaCha8Rng::seed_from_u64(5));
            let out = bert.run_as(own, &tokens, clips.clone(), &mut dropout);
            (values(out.clone().inner()), gradients_of(&bert, weighed(out)))
        });
        let apart = |a: &[f32], b: &[f32]| {
            let size = b.iter().fold(0.1, |most: f32, b| most.max(b.abs()));
            a.iter().zip(b).fold(0.0, |most: f32, (a, b)| most.max((a - b).abs())) / size
        };
        assert!(apart(&found.0, &expected.0) < 1e-5, "{}", apart(&found.0, &expected.0));
        for (number, (found, expected)) in found.1.iter().zip(&expected.1).enumerate() {
            let (found, expected) = (found.as_ref().unwrap(), expected.as_ref().unwrap());
            assert_eq!(found.len(), expected.len());
            assert!(apart(found, expected) < 1e-4, "parameter {number}: {}", apart(found, expected));
        }
    }
}

/// A clip's tokens alone.
fn alone(tokens: &Tokens, clip: usize) -> Tokens {
    let at = tokens.starts[clip]..tokens.starts[clip + 1];
    let mut one = Tokens::default();
    one.push(&tokens.ids[at.clone()], &tokens.types[at]);
    one
}

#[test]
fn a_clip_is_the_same_bits_alone_and_among_others_in_any_order() {
    let bert = network(&odd(), &Device::flex().autodiff()).valid();
    let all = tokens(&LENGTHS);
    let mut backwards = Tokens::default();
    for clip in (0..all.clips()).rev() {
        let one = alone(&all, clip);
        backwards.push(&one.ids, &one.types);
    }
    for pooling in [Pooling::Cls, Pooling::Mean] {
        let none = &mut BertDropout::inference();
        let among = values(bert.pooled(&all, pooling, none));
        let turned = values(bert.pooled(&backwards, pooling, none));
        for (clip, length) in LENGTHS.iter().enumerate() {
            let row = |values: &[f32], at: usize| values[at * 42..(at + 1) * 42].to_vec();
            let own = row(&among, clip);
            assert_eq!(own, row(&turned, all.clips() - 1 - clip), "{pooling:?} {clip}");
            assert_eq!(own, values(bert.pooled(&alone(&all, clip), pooling, none)), "{pooling:?} {clip}");
            assert_eq!(own.iter().all(|x| *x == 0.0), *length == 0, "{pooling:?} {clip}");
        }
    }
}

#[test]
fn many_clips_without_a_tape_are_the_same_bits_as_with_one() {
    let bert = network(&tiny(), &Device::flex().autodiff());
    let tokens = tokens(&[[20, 0, 17]; 120].concat());
    assert!(tokens.ids.len() > TOGETHER && clips::groups(&tokens, TOGETHER).len() == 2);
    for pooling in [Pooling::Cls, Pooling::Mean] {
        let taped = bert.pooled(&tokens, pooling, &mut BertDropout::inference());
        let plain = bert.valid().pooled(&tokens, pooling, &mut BertDropout::inference());
        assert_eq!(values(plain), values(taped.inner()));
    }
}

#[test]
fn results_are_the_same_bits_on_one_thread_and_on_four() {
    let config = odd();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let bert = network(&config, &Device::flex().autodiff());
            let mut dropout = BertDropout::training(&config, ChaCha8Rng::seed_from_u64(5));
            let out = bert.pooled(&tokens(&LENGTHS), Pooling::Mean, &mut dropout);
            (values(out.clone().inner()), gradients_of(&bert, weighed(out)))
        })
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn what_lies_below_the_trained_layers_has_no_gradient_and_changes_no_other() {
    let config = tiny();
    let device = Device::flex().autodiff();
    let bert = network(&config, &device);
    let tokens = tokens(&[5, 0, 8]);
    let run = |bert: &Bert| {
        let out = bert.pooled(&tokens, Pooling::Cls, &mut BertDropout::inference());
        (values(out.clone().inner()), gradients_of(bert, weighed(out)))
    };
    let (all, of_all) = run(&bert);
    let of_layer = 16;
    for count in [1, 2] {
        let bert = bert.clone().training(Some(TrainedLayers::Last(count)));
        let (found, gradients) = run(&bert);
        assert_eq!(found, all);
        let kept = 5 + (2 - count) * of_layer;
        assert!(gradients[..kept].iter().all(Option::is_none));
        assert_eq!(gradients[kept..], of_all[kept..]);
        let (trained, still) = bert.parameters();
        assert_eq!(trained + still, bert.num_params());
        let numbers = |part: &[Option<Vec<f32>>]| part.iter().flatten().map(Vec::len).sum::<usize>();
        assert_eq!(trained, numbers(&gradients));
    }
    let still = bert.clone().training(None);
    let out = still.pooled(&tokens, Pooling::Cls, &mut BertDropout::inference());
    assert!(!out.is_autodiff());
    assert_eq!(values(out), all);
    assert_eq!(still.parameters().0, 0);
}

#[test]
fn clips_without_any_token_are_rows_of_zeros() {
    let bert = network(&tiny(), &Device::flex().autodiff());
    for tokens in [tokens(&[0, 0, 0]), Tokens::default()] {
        for pooling in [Pooling::Cls, Pooling::Mean] {
            let out = bert.pooled(&tokens, pooling, &mut BertDropout::inference());
            assert_eq!(out.dims(), [tokens.clips(), 16]);
            assert!(values(out.inner()).iter().all(|x| *x == 0.0));
        }
    }
}

#[test]
fn first_weights_are_drawn_as_hugging_face_draws_them() {
    let bert = Bert::new(&tiny(), &mut ChaCha8Rng::seed_from_u64(3), &Device::flex().autodiff());
    let words = values(bert.embeddings.word_embeddings.weight.val().inner());
    assert!(words[..16].iter().all(|x| *x == 0.0), "the padding's row");
    let spread = (words[16..].iter().map(|x| x * x).sum::<f32>() / (words.len() - 16) as f32).sqrt();
    assert!((spread - 0.02).abs() < 1e-3, "{spread}");
    let again = Bert::new(&tiny(), &mut ChaCha8Rng::seed_from_u64(3), &Device::flex().autodiff());
    assert_eq!(values(again.embeddings.word_embeddings.weight.val().inner()), words);
}

//! How fast a BERT of a given shape is fine-tuned, by itself: forward, backward and AdamW's step on made-up clips
//! (`mug bench --text bert`).

use std::time::Instant;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Tensor, TensorData, activation};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::optimizer::{AdamW, Clipping};
use super::records::Trainee;
use super::speed::Rates;
use crate::config::Pooling;
use crate::dataset::tokens::Tokens;
use crate::device::ComputeDevice;
use crate::model::bert::{Bert, BertDropout, operations};
use crate::weights::BertConfig;

/// The learning rate that the field fine-tunes with.
const RATE: f64 = 5e-5;
/// Numbers of the representation that a clip's label is predicted from.
const REPRESENTATION: usize = 64;

/// What is trained: the encoder, and a head that predicts a number.
#[derive(Module, Debug)]
struct Trained {
    bert: Bert,
    output: Linear,
    head: Linear,
}

/// Clips that are trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Clips {
    /// Tokens of the longest clip.
    pub length: usize,
    /// Of the longest, the shortest clip's share; lengths are uniform between both.
    pub shortest: f64,
    /// Clips an epoch; what is left over a whole number of batches is not trained on.
    pub count: usize,
    /// Clips a batch.
    pub batch: usize,
}

/// What a measurement gave.
#[derive(Clone, Debug, PartialEq)]
pub struct TextRates {
    /// Clips a second.
    pub clips: Rates,
    /// Operations of an epoch ([`operations`]).
    pub operations: u64,
}

/// Trains for a warm-up epoch and `epochs` timed ones. Weights and clips are made up; the masks of dropout are drawn as the
/// configuration says.
pub fn text_rates(config: &BertConfig, clips: &Clips, device: &ComputeDevice, epochs: usize) -> TextRates {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let taped = device.device.clone().autodiff();
    let trained = Trained {
        bert: Bert::new(config, &mut rng, &taped),
        output: LinearConfig::new(config.hidden_size, REPRESENTATION).init(&taped),
        head: LinearConfig::new(REPRESENTATION, 1).init(&taped),
    };
    let mut trained = Trainee::new(trained, AdamW::new(0.01, 1.0, Clipping::Together), "bert");
    let batches: Vec<(Tokens, Vec<f32>)> =
        (0..clips.count / clips.batch).map(|_| made_up(config, clips, &mut rng)).collect();
    let rates = (0..=epochs).map(|_| {
        let started = Instant::now();
        for (tokens, labels) in &batches {
            let mut dropout = BertDropout::training(config, ChaCha8Rng::seed_from_u64(rng.random()));
            let Trained { bert, output, head } = &trained.module;
            let h = output.forward(bert.pooled(tokens, Pooling::Cls, &mut dropout));
            let predicted = head.forward(activation::relu(h)).squeeze_dim::<1>(1);
            let labels = Tensor::<1>::from_data(TensorData::new(labels.clone(), [labels.len()]), &device.device);
            let loss = (predicted - labels).abs().mean();
            trained.step(&loss, RATE);
            // A GPU computes behind its caller's back: a step ends when its loss is there.
            let _ = loss.into_data();
        }
        (batches.len() * clips.batch) as f64 / started.elapsed().as_secs_f64()
    });
    TextRates {
        clips: Rates(rates.skip(1).collect()),
        operations: batches.iter().map(|(tokens, _)| operations(config, tokens, Pooling::Cls)).sum(),
    }
}

/// A batch of random tokens and labels.
fn made_up(config: &BertConfig, clips: &Clips, rng: &mut ChaCha8Rng) -> (Tokens, Vec<f32>) {
    let mut tokens = Tokens::default();
    let shortest = ((clips.length as f64 * clips.shortest) as usize).clamp(1, clips.length.max(1));
    let labels = (0..clips.batch).map(|_| {
        let length = rng.random_range(shortest..=clips.length.max(1));
        let ids: Vec<u32> = (0..length).map(|_| rng.random_range(0..config.vocab_size as u32)).collect();
        tokens.push(&ids, &vec![0; length]);
        rng.random_range(-1.0f32..=1.0)
    });
    let labels = labels.collect();
    (tokens, labels)
}

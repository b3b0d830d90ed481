//! How fast a BERT of a given shape is fine-tuned on made-up clips (`mug bench --text bert`): by itself, forward, backward and
//! AdamW's step; and in the whole network, by the steps of stages 1 and 3 as training makes them.

use std::sync::Arc;
use std::time::Instant;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData, activation};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::context::Context;
use super::error::TrainingError;
use super::events::Stage;
use super::fine_tuning::{optimizer, rates};
use super::records::Trainee;
use super::speed::{Rates, Shape, rates_of};
use crate::config::{Pooling, Settings, TextEncoder};
use crate::dataset::tokens::Tokens;
use crate::device::ComputeDevice;
use crate::model::bert::load::load;
use crate::model::bert::{Bert, BertDropout, operations};
use crate::model::text::Text;
use crate::split::{PerSplit, Split};
use crate::weights::{BertConfig, Weights, WeightsError};

/// Numbers of the representation that a clip's label is predicted from, where the encoder is trained by itself.
const REPRESENTATION: usize = 64;
/// The stages that train it.
const STAGES: [Stage; 2] = [Stage::Contrastive, Stage::Joint];

/// What is trained by itself: the encoder, and a head that predicts a number.
#[derive(Module, Debug)]
struct Trained {
    text: Encoder,
    output: Linear,
    head: Linear,
}

/// As in a network, so that its parameters have the same paths.
#[derive(Module, Debug)]
struct Encoder {
    bert: Bert,
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
    /// Clips a second of the encoder by itself.
    pub encoder: Rates,
    /// Clips a second of the whole network in the stages that train the encoder.
    pub stages: Vec<(Stage, Rates)>,
    /// Tokens of an epoch's clips.
    pub tokens: usize,
    /// Operations of an epoch by the encoder ([`operations`]).
    pub operations: u64,
    /// What they would be were all clips as long as the longest.
    pub padded: u64,
}

/// The encoder, with its own weights or with made-up ones.
#[derive(Debug)]
pub struct Encoded {
    pub config: BertConfig,
    pub weights: Option<Weights>,
}

impl Encoded {
    fn bert(&self, device: &Device) -> Result<Bert, WeightsError> {
        match &self.weights {
            Some(weights) => load(weights, device),
            None => Ok(Bert::new(&self.config, &mut ChaCha8Rng::seed_from_u64(1), device)),
        }
    }
}

/// Trains for a warm-up epoch and `epochs` timed ones: the encoder by itself, then the network with audio and vision of a
/// shape. Of the settings those of training and of the network's sizes count. Clips are made up; the masks of dropout are
/// drawn as the encoder's configuration says.
///
/// # Errors
/// Weights that cannot be read, a device that does not compute in the precision that is asked for, or one that failed.
pub fn text_rates(
    encoder: &Encoded,
    clips: &Clips,
    shape: &Shape,
    settings: &Settings,
    device: &ComputeDevice,
    epochs: usize,
) -> Result<TextRates, TrainingError> {
    let mut settings = settings.clone();
    settings.model.text.encoder = TextEncoder::Bert;
    settings.training.batch_size = clips.batch;
    let context = Arc::new(context(encoder, clips, shape, &settings, device)?);
    context.check_precision(&device.name)?;
    context.check_memory()?;
    let mut rng = ChaCha8Rng::seed_from_u64(settings.training.seed);
    let batches: Vec<(Tokens, Vec<f32>)> = (0..clips.count / clips.batch)
        .map(|_| {
            let tokens = made_up(&encoder.config, clips, clips.batch, &mut rng);
            (tokens, (0..clips.batch).map(|_| rng.random_range(-1.0f32..=1.0)).collect())
        })
        .collect();
    let all = |tokens: &Tokens| operations(&encoder.config, tokens, Pooling::Cls);
    let full = Clips { shortest: 1.0, ..clips.clone() };
    let longest = made_up(&encoder.config, &full, batches.len() * clips.batch, &mut rng);
    Ok(TextRates {
        encoder: alone(encoder, &batches, &settings, device, epochs)?,
        stages: rates_of(&context, &STAGES, epochs)?,
        tokens: batches.iter().map(|(tokens, _)| tokens.ids.len()).sum(),
        operations: batches.iter().map(|(tokens, _)| all(tokens)).sum(),
        padded: all(&longest),
    })
}

/// Clips a second of the encoder by itself.
fn alone(
    encoder: &Encoded,
    batches: &[(Tokens, Vec<f32>)],
    settings: &Settings,
    device: &ComputeDevice,
    epochs: usize,
) -> Result<Rates, TrainingError> {
    let taped = device.device.clone().autodiff();
    let config = &encoder.config;
    let trained = Trained {
        text: Encoder { bert: encoder.bert(&taped)?.computed_in(settings.training.precision) },
        output: LinearConfig::new(config.hidden_size, REPRESENTATION).init(&taped),
        head: LinearConfig::new(REPRESENTATION, 1).init(&taped),
    };
    let rule = optimizer(&trained, settings, settings.contrastive.weight_decay);
    let mut trained = Trainee::new(trained, rule, "network");
    let mut rng = ChaCha8Rng::seed_from_u64(settings.training.seed);
    let timed = (0..=epochs).map(|_| {
        let started = Instant::now();
        let mut count = 0;
        for (tokens, labels) in batches {
            let mut dropout = BertDropout::training(config, ChaCha8Rng::seed_from_u64(rng.random()));
            let Trained { text, output, head } = &trained.module;
            let h = output.forward(text.bert.pooled(tokens, Pooling::Cls, &mut dropout));
            let predicted = head.forward(activation::relu(h)).squeeze_dim::<1>(1);
            let labels = Tensor::<1>::from_data(TensorData::new(labels.clone(), [labels.len()]), &device.device);
            count += labels.dims()[0];
            let loss = (predicted - labels).abs().mean();
            trained.step(&loss, rates(settings, settings.contrastive.learning_rate, 0.5));
            // A GPU computes behind its caller's back: a step ends when its loss is there.
            let _ = loss.into_data();
        }
        count as f64 / started.elapsed().as_secs_f64()
    });
    Ok(Rates(timed.skip(1).collect()))
}

/// The whole network on random clips, with tokens in place of the shape's text.
fn context(
    encoder: &Encoded,
    clips: &Clips,
    shape: &Shape,
    settings: &Settings,
    device: &ComputeDevice,
) -> Result<Context, TrainingError> {
    let mut rng = ChaCha8Rng::seed_from_u64(settings.training.seed);
    let dataset = shape.random(clips.count / clips.batch * clips.batch, settings.training.seed)?;
    let tokens = PerSplit::from_fn(|split: Split| made_up(&encoder.config, clips, dataset.len(split), &mut rng));
    let text = Text::Bert {
        bert: Box::new(encoder.bert(&device.device.clone().autodiff())?),
        config: Box::new(encoder.config.clone()),
        pooling: Pooling::Cls,
        sha256: String::new(),
    };
    Context::new(settings.clone(), Arc::new(dataset.with_tokens(tokens)), &device.device)?.with_text(Some(text))
}

/// So many clips of random tokens.
fn made_up(config: &BertConfig, clips: &Clips, count: usize, rng: &mut ChaCha8Rng) -> Tokens {
    let mut tokens = Tokens::default();
    let shortest = ((clips.length as f64 * clips.shortest) as usize).clamp(1, clips.length.max(1));
    for _ in 0..count {
        let length = rng.random_range(shortest..=clips.length.max(1));
        let ids: Vec<u32> = (0..length).map(|_| rng.random_range(0..config.vocab_size as u32)).collect();
        tokens.push(&ids, &vec![0; length]);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::super::speed::SHAPES;
    use super::*;
    use crate::config::Precision;
    use crate::device::{DeviceRequest, choose};

    #[test]
    fn the_encoder_and_the_whole_network_are_trained_and_timed() {
        let weights = Weights::find(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bert/small")).unwrap();
        let clips = Clips { length: 8, shortest: 0.25, count: 9, batch: 4 };
        let device = choose(DeviceRequest::Cpu).unwrap();
        let mut settings = Settings::default();
        for weights in [None, Some(weights.clone())] {
            let encoder = Encoded { config: crate::weights::made::small("small").config, weights };
            let found = text_rates(&encoder, &clips, &SHAPES[3], &settings, &device, 2).unwrap();
            assert_eq!(found.encoder.0.len(), 2);
            assert_eq!(found.stages.iter().map(|(stage, _)| *stage).collect::<Vec<_>>(), STAGES);
            assert!(found.stages.iter().all(|(_, rates)| rates.0.len() == 2 && rates.median() > 0.0));
            assert!((8 * 2..=8 * 8).contains(&found.tokens) && found.operations < found.padded, "{found:?}");
            let full = Clips { shortest: 1.0, ..clips.clone() };
            let full = text_rates(&encoder, &full, &SHAPES[3], &settings, &device, 1).unwrap();
            assert_eq!((full.tokens, full.operations), (8 * 8, full.padded));
        }
        settings.training.precision = Precision::F16;
        let encoder = Encoded { config: weights.config.clone(), weights: None };
        let refused = text_rates(&encoder, &clips, &SHAPES[3], &settings, &device, 1);
        assert!(matches!(refused, Err(TrainingError::Precision { .. })));
    }
}

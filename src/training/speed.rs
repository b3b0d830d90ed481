//! How fast the stages train: the stages' own steps on random data of a known shape, timed (`mug bench`).
//!
//! What is measured is what a run does in a step: reading the batch, the step, and now and then reading the losses.
//! Validation, checkpoints and events are not in it.

use std::sync::Arc;
use std::time::Instant;

use burn::tensor::Tensor;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::context::{Context, StageTrainer};
use super::contrastive::Contrastive;
use super::error::TrainingError;
use super::events::Stage;
use super::feed::Feed;
use super::inference::{infer, infer_all};
use super::joint::Joint;
use super::labels::corrected_labels_of;
use super::learner;
use super::randomness::{Purpose, generator, order};
use super::readback::{self, Readback};
use super::targets;
use crate::config::{DataSettings, PerModalityFlag, Settings};
use crate::dataset::memory::{MemorySequences, MemorySplit};
use crate::dataset::{Dataset, DatasetError};
use crate::device::ComputeDevice;
use crate::modality::PerModality;
use crate::model::encoder::Encoder;
use crate::model::memory::Memory;
use crate::model::recurrent::last_hidden;
use crate::split::{PerSplit, Split};

/// Padded steps and columns (T_m, D_m) of a dataset's files ([the method](crate::book::method), data files).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub name: &'static str,
    pub sequences: PerModality<(usize, usize)>,
}

const fn shape(name: &'static str, text: (usize, usize), audio: (usize, usize), vision: (usize, usize)) -> Shape {
    Shape { name, sequences: PerModality { text, audio, vision } }
}

/// The shapes that `mug bench` knows.
pub const SHAPES: [Shape; 4] = [
    shape("mosi", (50, 768), (50, 5), (50, 20)),
    shape("mosei", (50, 768), (500, 74), (500, 35)),
    shape("sims", (39, 768), (400, 33), (55, 709)),
    shape("demo", (20, 32), (40, 16), (30, 24)),
];

/// The label range of the random data.
const RANGE: f32 = 1.0;

impl Shape {
    /// Random clips of this shape: standard normal features, lengths uniform in 25 to 100 % of the padded steps, labels
    /// uniform in [-1, 1]. All of them are the training split; the other splits have one clip each.
    ///
    /// # Errors
    /// Never for the shapes of [`SHAPES`].
    pub fn random(&self, samples: usize, seed: u64) -> Result<Dataset, DatasetError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let splits = PerSplit::from_fn(|split| self.split(if split == Split::Train { samples } else { 1 }, &mut rng));
        let off = PerModalityFlag { text: false, audio: false, vision: false };
        let settings = DataSettings { normalise: off, clip: 0.0, ..DataSettings::default() };
        Dataset::from_memory(self.name, splits, RANGE, &settings)
    }

    fn split(&self, samples: usize, rng: &mut ChaCha8Rng) -> MemorySplit {
        MemorySplit {
            ids: (0..samples).map(|i| format!("random$_${i}")).collect(),
            transcripts: vec![String::new(); samples],
            labels: (0..samples).map(|_| rng.random_range(-RANGE..=RANGE)).collect(),
            unimodal: None,
            sequences: PerModality::from_fn(|m| {
                let (steps, dim) = self.sequences[m];
                MemorySequences {
                    data: (0..samples * steps * dim).map(|_| rng.sample(StandardNormal)).collect(),
                    steps,
                    dim,
                    lengths: (0..samples).map(|_| rng.random_range((steps / 4).max(1)..=steps)).collect(),
                }
            }),
        }
    }
}

/// Samples a second of each timed epoch, in the order in which they were run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates(pub Vec<f64>);

impl Rates {
    /// The median of the timed epochs; NaN where there are none.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            n if n % 2 == 1 => sorted[n / 2],
            n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
        }
    }
}

/// Trains each stage for a warm-up epoch and `epochs` timed ones, on the training split's whole batches.
///
/// # Errors
/// As [`super::train`].
pub fn stage_rates(
    dataset: Arc<Dataset>,
    settings: &Settings,
    device: &ComputeDevice,
    epochs: usize,
) -> Result<Vec<(Stage, Rates)>, TrainingError> {
    let samples = dataset.len(Split::Train);
    if samples < settings.training.batch_size {
        return Err(TrainingError::TooFewSamples { found: samples });
    }
    rates_of(&Arc::new(Context::new(settings.clone(), dataset, &device.device)?), &Stage::ALL, epochs)
}

/// As [`stage_rates`], of these stages.
pub(super) fn rates_of(
    context: &Arc<Context>,
    stages: &[Stage],
    epochs: usize,
) -> Result<Vec<(Stage, Rates)>, TrainingError> {
    let networks = context.new_networks().all;
    let corrector = context.new_corrector();
    let found = networks.iter().map(|n| infer_all(context, n)).collect::<Result<Vec<_>, _>>()?;
    let mut rates = Vec::new();
    for &stage in stages {
        let mut trainer: Box<dyn StageTrainer> = match stage {
            Stage::Contrastive => Box::new(Contrastive::new(context.clone())),
            Stage::Denoising => learner::make(context.clone(), &networks, &found),
            Stage::Joint => {
                // Other labels take no other time.
                let targets = targets::make(context, || corrected_labels_of(context, &corrector, &found))?;
                Box::new(Joint::new(context.clone(), context.new_network(), targets))
            }
        };
        let mut found = Vec::new();
        for epoch in 0..=epochs as u32 {
            let rate = epoch_rate(context, trainer.as_mut(), stage, epoch)?;
            if epoch > 0 {
                found.push(rate);
            }
        }
        rates.push((stage, Rates(found)));
    }
    Ok(rates)
}

/// Samples a second of one epoch.
fn epoch_rate(
    context: &Context,
    trainer: &mut dyn StageTrainer,
    stage: Stage,
    epoch: u32,
) -> Result<f64, TrainingError> {
    let seed = context.settings.training.seed;
    let rows = order(seed, stage, epoch, context.dataset.len(Split::Train));
    let mut readback = Readback::new(&context.device);
    let (mut step, mut samples) = (0u64, 0usize);
    let started = Instant::now();
    let size = context.settings.training.batch_size;
    let mut feed = Feed::new(context.dataset.clone(), &rows[..rows.len() - rows.len() % size], size);
    trainer.begin_epoch(epoch + 1);
    while let Some(batch) = feed.rows() {
        let losses = trainer.step(&batch, &mut feed, generator(seed, Purpose::Step(stage, step)), 0.0)?;
        readback.push(step, losses);
        if readback.is_due() {
            readback.read()?;
        }
        step += 1;
        samples += batch.len();
    }
    readback.read()?;
    Ok(samples as f64 / started.elapsed().as_secs_f64().max(1e-9))
}

/// Samples a second in inference mode over the training split, whole epochs, after a warm-up one.
///
/// # Errors
/// As [`super::train`].
pub fn encoding_rates(
    dataset: Arc<Dataset>,
    settings: &Settings,
    device: &ComputeDevice,
    epochs: usize,
) -> Result<Rates, TrainingError> {
    let samples = dataset.len(Split::Train);
    let context = Context::new(settings.clone(), dataset, &device.device)?;
    let network = context.new_network();
    let mut rates = Vec::new();
    for epoch in 0..=epochs {
        let started = Instant::now();
        infer(&context, &network, Split::Train)?;
        if epoch > 0 {
            rates.push(samples as f64 / started.elapsed().as_secs_f64().max(1e-9));
        }
    }
    Ok(Rates(rates))
}

/// Clips a second forward and backward through the LSTMs alone, over the training split's whole batches, which are read
/// before; whole epochs, after a warm-up one.
///
/// # Errors
/// As [`super::train`].
pub fn recurrence_rates(
    dataset: &Dataset,
    settings: &Settings,
    device: &ComputeDevice,
    epochs: usize,
) -> Result<Rates, TrainingError> {
    let mut rng = generator(settings.training.seed, Purpose::Network);
    let model = &settings.model;
    let device = device.device.clone().autodiff();
    let mut encoder = |m| (m, Encoder::new(dataset.shapes[m].1, model.hidden, model.representation, &mut rng, &device));
    let encoders: Vec<_> = model.encoded().into_iter().map(&mut encoder).collect();
    let rows: Vec<usize> = (0..dataset.len(Split::Train)).collect();
    let batches = rows.chunks_exact(settings.training.batch_size).map(|rows| dataset.batch(Split::Train, rows));
    let batches = batches.collect::<Result<Vec<_>, _>>()?;
    let (memory, mut rates) = (Memory::default(), Vec::new());
    for epoch in 0..=epochs {
        let started = Instant::now();
        for batch in &batches {
            let weights = encoders.iter().map(|(m, encoder)| (*m, encoder.recurrence())).collect();
            let sums = last_hidden(weights, &batch.sequences, &memory).into_iter().map(Tensor::sum);
            if let Some(sum) = sums.reduce(|a, b| a + b) {
                readback::values(sum.clone().inner())?;
                std::hint::black_box(sum.backward());
            }
        }
        if epoch > 0 {
            let clips = batches.len() * settings.training.batch_size;
            rates.push(clips as f64 / started.elapsed().as_secs_f64().max(1e-9));
        }
    }
    Ok(Rates(rates))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{DeviceRequest, choose};
    use crate::modality::Modality;

    #[test]
    fn random_data_has_the_shape_it_says() {
        let data = SHAPES[3].random(10, 1).unwrap();
        assert_eq!((data.len(Split::Train), data.len(Split::Test)), (10, 1));
        for m in Modality::ALL {
            let (steps, dim) = SHAPES[3].sequences[m];
            assert_eq!(data.shapes[m], (steps, dim));
            assert!(data.lengths(Split::Train, m).iter().all(|n| (steps / 4..=steps).contains(n)));
        }
    }

    #[test]
    fn every_stage_is_trained_and_timed() {
        let mut settings = Settings::default();
        settings.training.batch_size = 4;
        let data = Arc::new(SHAPES[3].random(9, 1).unwrap());
        let device = choose(DeviceRequest::Cpu).unwrap();
        let rates = stage_rates(data.clone(), &settings, &device, 2).unwrap();
        assert_eq!(rates.iter().map(|(stage, _)| *stage).collect::<Vec<_>>(), Stage::ALL);
        assert!(rates.iter().all(|(_, r)| r.0.len() == 2 && r.median() > 0.0));
        let recurrence = recurrence_rates(&data, &settings, &device, 2).unwrap();
        assert!(recurrence.0.len() == 2 && recurrence.median() > 0.0);
        settings.training.batch_size = 10;
        assert!(matches!(stage_rates(data, &settings, &device, 1), Err(TrainingError::TooFewSamples { found: 9 })));
    }

    #[test]
    fn the_median_of_even_and_odd_counts() {
        let rate = |v: &[f64]| Rates(v.to_vec()).median();
        assert_eq!((rate(&[3.0, 1.0, 2.0]), rate(&[4.0, 1.0, 2.0, 3.0])), (2.0, 2.5));
        assert!(rate(&[]).is_nan());
    }
}

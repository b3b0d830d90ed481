//! `mug bench --text bert`: how fast a BERT is fine-tuned, by itself and in the whole network.

use clap::ValueEnum;
use color_eyre::Result;
use color_eyre::eyre::eyre;
use serde::Serialize;

use super::out::{say, say_json};
use crate::config::{Precision, Settings};
use crate::device::ComputeDevice;
use crate::device::memory::peak;
use crate::model::simd;
use crate::training::events::Stage;
use crate::training::speed::{Rates, Shape};
use crate::training::text_speed::{Clips, Encoded, TextRates, text_rates};
use crate::weights::{BertConfig, Weights};

/// What is asked of a text encoder.
#[derive(Debug, clap::Args)]
pub struct TextBench {
    /// Fine-tune a text encoder on made-up clips instead: forward, backward and AdamW's step, of the encoder by itself and of
    /// the whole network in the stages that train it, with audio and vision of the first --shape [default: sims].
    #[arg(long, value_enum, value_name = "ENCODER")]
    pub text: Option<TextChoice>,
    /// The encoder's weights, a folder or a model's name, in place of made-up ones.
    #[arg(long, requires = "text", value_name = "DIR|NAME", conflicts_with_all = ["layers", "width"])]
    pub weights: Option<String>,
    /// Tokens of the longest clip; of --text.
    #[arg(long, default_value_t = 39, requires = "text", value_parser = positive)]
    pub length: usize,
    /// The shortest clip's share of it, 0 to 1.
    #[arg(long, default_value_t = 0.25, requires = "text", value_name = "SHARE")]
    pub shortest: f64,
    /// The encoder's layers.
    #[arg(long, default_value_t = 6, requires = "text", value_parser = positive)]
    pub layers: usize,
    /// The encoder's width W; 32 a head, 64 from 768 on, and 4 W within a layer.
    #[arg(long, default_value_t = 384, requires = "text", value_parser = positive)]
    pub width: usize,
    /// The share of units that the encoder's dropout drops, 0 to 1.
    #[arg(long, default_value_t = 0.0, requires = "text", value_name = "SHARE")]
    pub dropout: f64,
    /// What the encoder's products take on a GPU: f32, bf16 or f16.
    #[arg(long, default_value = "f32", requires = "text", value_parser = precision)]
    pub precision: Precision,
}

/// A text encoder of `mug bench`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextChoice {
    Bert,
}

/// What fine-tuning gave.
#[derive(Debug, Serialize)]
struct Tuned {
    device: String,
    /// The vector instructions of the kernels on the CPU, as `MUG_SIMD` names them.
    simd: &'static str,
    threads: usize,
    precision: Precision,
    layers: usize,
    width: usize,
    length: usize,
    /// The shape of audio and vision.
    shape: &'static str,
    batch: usize,
    samples: usize,
    epochs: usize,
    encoder: Tuning,
    contrastive: Tuning,
    joint: Tuning,
    /// What the encoder computes of what it would compute of clips that are all as long as the longest.
    share_of_full_length: f64,
    /// The most memory that the process held, in MB.
    peak_mb: Option<u64>,
}

/// Medians over the timed epochs.
#[derive(Debug, Serialize)]
struct Tuning {
    samples_per_second: f64,
    tokens_per_second: f64,
    /// Billions of operations a second of the encoder's matrix products, at that rate.
    gflops: f64,
}

impl Tuning {
    /// `clips`: of an epoch.
    fn new(rates: Option<&Rates>, found: &TextRates, clips: usize) -> Self {
        let rate = rates.map_or(f64::NAN, Rates::median);
        let tenths = |value: f64| (value * 10.0).round() / 10.0;
        Self {
            samples_per_second: tenths(rate),
            tokens_per_second: (rate * found.tokens as f64 / clips as f64).round(),
            gflops: tenths(rate * found.operations as f64 / clips as f64 / 1e9),
        }
    }
}

/// How much is trained.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// Clips a batch.
    pub batch: usize,
    /// Clips an epoch.
    pub samples: usize,
    /// Timed epochs.
    pub epochs: usize,
}

impl TextBench {
    /// True where this is what was asked for.
    pub fn is_asked(&self) -> bool {
        self.text.is_some()
    }

    /// Measures and prints; audio and vision have this shape.
    ///
    /// # Errors
    /// Numbers that make no network, weights that cannot be used, or output that cannot be written.
    pub fn run(&self, all: &Amount, shape: &Shape, json: bool, device: &ComputeDevice) -> Result<()> {
        let encoder = self.encoder()?;
        if all.samples < all.batch {
            return Err(eyre!("--samples {}: expected at least one batch, {} clips", all.samples, all.batch));
        }
        let mut settings = Settings::default();
        settings.model.dropout = 0.0;
        settings.denoising.members = 1.into();
        settings.training.precision = self.precision;
        let clips = Clips { length: self.length, shortest: self.shortest, count: all.samples, batch: all.batch };
        let found = text_rates(&encoder, &clips, shape, &settings, device, all.epochs)?;
        let trained = all.samples / all.batch * all.batch;
        let tuning = |rates| Tuning::new(rates, &found, trained);
        let of = |stage| tuning(found.stages.iter().find(|(of, _)| *of == stage).map(|(_, rates)| rates));
        let tuned = Tuned {
            device: device.name.clone(),
            simd: simd::level()?.name(),
            threads: rayon::current_num_threads(),
            precision: self.precision,
            layers: encoder.config.num_hidden_layers,
            width: encoder.config.hidden_size,
            length: self.length,
            shape: shape.name,
            batch: all.batch,
            samples: all.samples,
            epochs: all.epochs,
            encoder: tuning(Some(&found.encoder)),
            contrastive: of(Stage::Contrastive),
            joint: of(Stage::Joint),
            share_of_full_length: (found.operations as f64 / found.padded as f64 * 1e3).round() / 1e3,
            peak_mb: peak().map(|bytes| bytes >> 20),
        };
        if json { say_json(&tuned) } else { tuned.say() }
    }

    /// The encoder that is asked for.
    fn encoder(&self) -> Result<Encoded> {
        let mut config = self.config()?;
        let weights = self.weights.as_deref().map(Weights::find).transpose()?;
        if let Some(weights) = &weights {
            config = BertConfig {
                hidden_dropout_prob: self.dropout,
                attention_probs_dropout_prob: self.dropout,
                ..weights.config.clone()
            };
            if self.length > config.max_position_embeddings {
                let most = config.max_position_embeddings;
                return Err(eyre!("--length {}: expected at most {most}, the positions of these weights", self.length));
            }
        }
        Ok(Encoded { config, weights })
    }

    /// The shape that the numbers say.
    fn config(&self) -> Result<BertConfig> {
        let size = if self.width < 768 { 32 } else { 64 };
        if !self.width.is_multiple_of(size) {
            return Err(eyre!("--width {}: expected a multiple of {size}, the width of a head", self.width));
        }
        for (name, share) in [("--shortest", self.shortest), ("--dropout", self.dropout)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(eyre!("{name} {share}: expected a share, 0 to 1"));
            }
        }
        Ok(BertConfig {
            vocab_size: 30_522,
            hidden_size: self.width,
            num_hidden_layers: self.layers,
            num_attention_heads: self.width / size,
            intermediate_size: 4 * self.width,
            max_position_embeddings: self.length.max(512),
            type_vocab_size: 2,
            layer_norm_eps: 1e-12,
            hidden_dropout_prob: self.dropout,
            attention_probs_dropout_prob: self.dropout,
            hidden_act: "gelu".to_owned(),
        })
    }
}

impl Tuned {
    /// One table.
    fn say(&self) -> Result<()> {
        say(&format!(
            "{} · {} · {} threads · {} · BERT {} x {}, audio and vision of {}",
            self.device,
            self.simd,
            self.threads,
            self.precision.name(),
            self.layers,
            self.width,
            self.shape
        ))?;
        say(&format!(
            "batches of {} clips of up to {} tokens, {:.0} % of full-length work · {} clips an epoch · median of {} epochs after \
             a warm-up{}",
            self.batch,
            self.length,
            self.share_of_full_length * 100.0,
            self.samples,
            self.epochs,
            self.peak_mb.map(|mb| format!(" · peak {mb} MB")).unwrap_or_default()
        ))?;
        say(&format!("{:<22}{:>12}{:>12}{:>12}", "", "samples/s", "tokens/s", "GFLOP/s"))?;
        let rows = [
            ("encoder by itself", &self.encoder),
            ("contrastive, whole", &self.contrastive),
            ("joint, whole", &self.joint),
        ];
        for (name, Tuning { samples_per_second, tokens_per_second, gflops }) in rows {
            say(&format!("{name:<22}{samples_per_second:>12.1}{tokens_per_second:>12.0}{gflops:>12.1}"))?;
        }
        Ok(())
    }
}

/// A precision as settings write it.
fn precision(text: &str) -> Result<Precision, String> {
    let found = Precision::ALL.into_iter().find(|precision| precision.name() == text);
    found.ok_or_else(|| "expected f32, bf16 or f16".to_owned())
}

/// A whole number of at least 1.
pub(super) fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err("expected a whole number of at least 1".to_owned()),
    }
}

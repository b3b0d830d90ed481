//! `mug bench --text bert`: how fast a BERT is fine-tuned.

use clap::ValueEnum;
use color_eyre::Result;
use color_eyre::eyre::eyre;
use serde::Serialize;

use super::out::{say, say_json};
use crate::device::ComputeDevice;
use crate::device::memory::peak;
use crate::model::simd;
use crate::training::text_speed::{Clips, text_rates};
use crate::weights::BertConfig;

/// What is asked of a text encoder.
#[derive(Debug, clap::Args)]
pub struct TextBench {
    /// Fine-tune a text encoder with made-up weights on made-up clips instead: forward, backward and AdamW's step.
    #[arg(long, value_enum, value_name = "ENCODER")]
    pub text: Option<TextChoice>,
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
    /// The share of units that dropout drops, 0 to 1.
    #[arg(long, default_value_t = 0.0, requires = "text", value_name = "SHARE")]
    pub dropout: f64,
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
    layers: usize,
    width: usize,
    length: usize,
    batch: usize,
    samples: usize,
    epochs: usize,
    /// Samples a second, the median over the timed epochs.
    encoder: f64,
    /// Billions of operations a second of the matrix products, at that rate.
    gflops: f64,
    /// The most memory that the process held, in MB.
    peak_mb: Option<u64>,
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

    /// Measures and prints.
    ///
    /// # Errors
    /// Numbers that make no network, or output that cannot be written.
    pub fn run(&self, all: &Amount, json: bool, device: &ComputeDevice) -> Result<()> {
        let config = self.config()?;
        if all.samples < all.batch {
            return Err(eyre!("--samples {}: expected at least one batch, {} clips", all.samples, all.batch));
        }
        let clips = Clips { length: self.length, shortest: self.shortest, count: all.samples, batch: all.batch };
        let rates = text_rates(&config, &clips, device, all.epochs);
        let rate = rates.clips.median();
        let trained = all.samples / all.batch * all.batch;
        let tuned = Tuned {
            device: device.name.clone(),
            simd: simd::level()?.name(),
            threads: rayon::current_num_threads(),
            layers: self.layers,
            width: self.width,
            length: self.length,
            batch: all.batch,
            samples: all.samples,
            epochs: all.epochs,
            encoder: (rate * 10.0).round() / 10.0,
            gflops: (rates.operations as f64 / trained as f64 * rate / 1e8).round() / 10.0,
            peak_mb: peak().map(|bytes| bytes >> 20),
        };
        if json {
            return say_json(&tuned);
        }
        let memory = tuned.peak_mb.map(|mb| format!(" · peak {mb} MB")).unwrap_or_default();
        say(&format!(
            "{} · {} · {} threads · BERT {} x {} · batches of {} clips of up to {} tokens",
            tuned.device, tuned.simd, tuned.threads, tuned.layers, tuned.width, tuned.batch, tuned.length
        ))?;
        say(&format!("{:.1} samples/s · {:.1} GFLOP/s{memory}", tuned.encoder, tuned.gflops))?;
        Ok(())
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

/// A whole number of at least 1.
pub(super) fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n > 0 => Ok(n),
        _ => Err("expected a whole number of at least 1".to_owned()),
    }
}

//! What values the settings may have: one rule a key, held to on every way in (settings files, `--set`, run.toml).

use super::corruption::Corruptions;
use super::error::ConfigError;
use super::learner::Learner;
use super::precision::Precision;
use super::settings::Settings;
use super::text::{TextEncoder, TrainedLayers};
use crate::modality::Modality;

/// What one setting may be.
pub(super) struct Rule {
    /// Dotted, as in `--set`.
    pub key: &'static str,
    /// In words, for messages.
    pub expected: &'static str,
    holds: fn(&Settings) -> bool,
    found: fn(&Settings) -> String,
}

/// A rule for `section.field`; without a test every value that parses will do.
macro_rules! rule {
    ($section:ident$(.$field:ident)+, $expected:expr) => {
        Rule {
            key: concat!(stringify!($section), $(".", stringify!($field)),+),
            expected: $expected,
            holds: |_| true,
            found: |s| written(&s.$section$(.$field)+),
        }
    };
    ($section:ident$(.$field:ident)+, $expected:expr, $holds:expr) => {
        Rule {
            key: concat!(stringify!($section), $(".", stringify!($field)),+),
            expected: $expected,
            holds: |s| $holds(s.$section$(.$field)+),
            found: |s| format!("{:?}", s.$section$(.$field)+),
        }
    };
}

const SIZE: &str = "a whole number from 1 to 4096";
const COUNT: &str = "a whole number from 0 to 4294967295";
const RATE: &str = "a number above 0 and below 10";
const WEIGHT: &str = "a number of at least 0";
const NUMBER: &str = "a finite number";
/// TOML's integers are signed: a larger seed could not be written to run.toml.
const SEED: &str = "a whole number from 0 to 9223372036854775807";
const SWITCH: &str = "true or false";

fn size(v: usize) -> bool {
    (1..=4096).contains(&v)
}

fn rate(v: f64) -> bool {
    v > 0.0 && v < 10.0
}

fn weight(v: f32) -> bool {
    v >= 0.0 && v.is_finite()
}

/// A value that is not one number, as it stands in TOML.
fn written<T: serde::Serialize>(value: &T) -> String {
    toml::Value::try_from(value).map_or_else(|_| String::new(), |v| v.to_string())
}

/// All settings.
pub(super) const RULES: &[Rule] = &[
    Rule {
        key: "data.label_range",
        expected: "a number above 0 and up to 100",
        holds: |s| s.data.label_range.is_none_or(|h| h > 0.0 && h <= 100.0),
        found: |s| s.data.label_range.map_or_else(String::new, |h| h.to_string()),
    },
    rule!(data.metrics, "\"mosi\" or \"sims\""),
    rule!(data.normalise, "{ text = true, audio = true, vision = true }"),
    rule!(data.clip, WEIGHT, weight),
    rule!(data.repeat, "a whole number from 1 to 64", |v: u32| (1..=64).contains(&v)),
    rule!(data.tokenize, SWITCH),
    Rule {
        key: "data.keys",
        expected: "{ text = \"glove\", labels = \"y\", ... }: names of the file for train, valid, test, text, audio, vision, \
                   labels, text_labels, audio_labels, vision_labels, text_lengths, audio_lengths, vision_lengths, id, \
                   raw_text, text_bert, none of them twice",
        holds: |s| s.data.keys.is_valid(),
        found: |s| written(&s.data.keys),
    },
    rule!(data.label_column, "a whole number from 0 to 4095", |v: usize| v < 4096),
    Rule {
        key: "data.valid_share",
        expected: "a share above 0 and below 1",
        holds: |s| s.data.valid_share.is_none_or(|share| share > 0.0 && share < 1.0),
        found: |s| s.data.valid_share.map_or_else(String::new, |share| share.to_string()),
    },
    rule!(data.valid_seed, SEED, |v: u64| v <= i64::MAX as u64),
    rule!(data.in_sample, "a list of \"text\", \"audio\" and \"vision\""),
    Rule {
        key: "data.label_noise",
        expected: "{ gaussian = σ } with σ of at least 0, or { uniform = p }, { permute = p } or { flip = p } with p from 0 \
                   to 1, or a list of 1 to 8 of these",
        holds: |s| s.data.label_noise.as_ref().is_none_or(Corruptions::is_valid),
        found: |s| s.data.label_noise.as_ref().map_or_else(String::new, written),
    },
    rule!(data.label_noise_seed, SEED, |v: u64| v <= i64::MAX as u64),
    Rule {
        key: "data.label_noise_splits",
        expected: "a list of \"train\", \"valid\" and \"test\"",
        holds: |_| true,
        found: |s| written(&s.data.label_noise_splits),
    },
    Rule {
        key: "data.missing",
        expected: "{ text = p, audio = p, vision = p, at = \"train\", \"test\" or \"both\", seed = N } with shares p from 0 to 1",
        holds: |s| s.data.missing.is_valid(),
        found: |s| written(&s.data.missing),
    },
    Rule {
        key: "model.modalities",
        expected: "a list of one to three of \"text\", \"audio\" and \"vision\", each once",
        holds: |s| {
            let asked = &s.model.modalities;
            !asked.is_empty() && asked.len() == s.model.encoded().len()
        },
        found: |s| written(&s.model.modalities),
    },
    rule!(model.hidden, SIZE, size),
    rule!(model.representation, SIZE, size),
    rule!(model.fused, SIZE, size),
    rule!(model.dropout, "a share from 0 up to, not including, 1", |v: f32| (0.0..1.0).contains(&v)),
    rule!(model.projection, SWITCH),
    rule!(model.corrector_hidden, SIZE, size),
    rule!(model.corrector_layers, "a whole number from 1 to 4", |v: usize| (1..=4).contains(&v)),
    rule!(model.corrector_shared, SWITCH),
    rule!(model.corrector_residual, SWITCH),
    Rule {
        key: "model.text.encoder",
        expected: "\"lstm\", or \"bert\" together with model.text.weights and text among model.modalities",
        holds: |s| {
            let text = &s.model.text;
            text.encoder == TextEncoder::Lstm || !text.weights.is_empty() && s.model.has(Modality::Text)
        },
        found: |s| written(&s.model.text.encoder),
    },
    rule!(model.text.weights, "a folder, or a name on the Hugging Face Hub"),
    rule!(model.text.fine_tune, SWITCH),
    rule!(model.text.layers, "\"all\" or a whole number from 1 to 1000", TrainedLayers::is_valid),
    rule!(model.text.pooling, "\"cls\" or \"mean\""),
    rule!(model.text.max_length, "a whole number from 3 to 4096", |v: usize| (3..=4096).contains(&v)),
    rule!(training.seed, SEED, |v: u64| v <= i64::MAX as u64),
    rule!(training.batch_size, "a whole number from 2 to 65536", |v: usize| (2..=65536).contains(&v)),
    rule!(training.gradient_clip, WEIGHT, weight),
    rule!(training.checkpoint_seconds, COUNT),
    rule!(training.bert_learning_rate, RATE, rate),
    rule!(training.bert_weight_decay, WEIGHT, weight),
    rule!(training.warmup, "a share from 0 to 1", |v: f64| (0.0..=1.0).contains(&v)),
    rule!(training.linear_decay, SWITCH),
    Rule {
        key: "training.accumulate",
        expected: "a whole number from 1 to half of training.batch_size",
        holds: |s| (1..=(s.training.batch_size / 2).max(1)).contains(&s.training.accumulate),
        found: |s| s.training.accumulate.to_string(),
    },
    Rule {
        key: "training.precision",
        expected: "\"f32\", or \"bf16\" or \"f16\" together with model.text.encoder = \"bert\" and model.text.fine_tune = true, \
                   which alone compute in it",
        holds: |s| s.training.precision == Precision::F32 || s.model.text.trains_bert(),
        found: |s| written(&s.training.precision),
    },
    rule!(contrastive.epochs, COUNT),
    rule!(contrastive.patience, COUNT),
    rule!(contrastive.learning_rate, RATE, rate),
    rule!(contrastive.weight_decay, WEIGHT, weight),
    rule!(contrastive.unimodal_weight, WEIGHT, weight),
    rule!(contrastive.contrastive_weight, WEIGHT, weight),
    rule!(contrastive.temperature, "a number above 0", |v: f32| v > 0.0 && v.is_finite()),
    Rule {
        key: "denoising.learner",
        expected: "\"mucn\", or \"mlc\" or \"meta-weight\" together with denoising.members = 1 and without a BERT that is \
                   trained",
        holds: |s| {
            let alone = s.denoising.members.count() == 1 && !s.model.text.trains_bert();
            s.denoising.learner == Learner::Mucn || alone
        },
        found: |s| s.denoising.learner.to_string(),
    },
    rule!(denoising.encoder_rate, RATE, rate),
    rule!(denoising.look_ahead, "a whole number from 1 to 1000", |v: u32| (1..=1000).contains(&v)),
    rule!(denoising.epochs, COUNT),
    rule!(denoising.learning_rate, RATE, rate),
    rule!(denoising.decay, SWITCH),
    rule!(denoising.weight_decay, WEIGHT, weight),
    rule!(denoising.objective, "\"bilevel\", \"first-order\", \"unimodal-only\" or \"multimodal-only\""),
    rule!(denoising.virtual_step, WEIGHT, weight),
    rule!(denoising.outer_weight, WEIGHT, weight),
    Rule {
        key: "denoising.corruption",
        expected: "{ gaussian = σ } with σ of at least 0, or { uniform = p }, { permute = p } or { flip = p } with p from 0 \
                   to 1, or a list of 1 to 8 of these",
        holds: |s| s.denoising.corruption.is_valid(),
        found: |s| written(&s.denoising.corruption),
    },
    Rule {
        key: "denoising.members",
        expected: "a whole number from 1 to 32, or { networks = N } or { networks = N, correctors = K } with N from 1 to 16 \
                   and at most 32 correctors in all",
        holds: |s| s.denoising.members.is_valid(),
        found: |s| written(&s.denoising.members),
    },
    rule!(denoising.average, "\"mean\" or \"median\""),
    rule!(denoising.refresh_epochs, "a whole number from 1 to 4294967295", |v: u32| v >= 1),
    rule!(labels.source, "\"corrected\", \"copied\", \"human\" or \"momentum\""),
    rule!(labels.copied_share, "a share from 0 to 1", |v: f32| (0.0..=1.0).contains(&v)),
    rule!(labels.noise, WEIGHT, weight),
    Rule {
        key: "labels.grid",
        expected: "\"auto\", \"off\" or a number from 0.001 to 100",
        holds: |s| s.labels.grid.is_valid(),
        found: |s| written(&s.labels.grid),
    },
    rule!(joint.epochs, COUNT),
    rule!(joint.patience, COUNT),
    rule!(joint.learning_rate, RATE, rate),
    rule!(joint.weight_decay, WEIGHT, weight),
    rule!(joint.unimodal_weight, WEIGHT, weight),
    rule!(health.grace, "a share from 0 to 1", |v: f64| (0.0..=1.0).contains(&v)),
    rule!(health.least_signal, NUMBER, f64::is_finite),
    rule!(health.most_contrastive, NUMBER, f64::is_finite),
    rule!(health.least_memory_ratio, NUMBER, f64::is_finite),
    rule!(health.least_moved, NUMBER, f64::is_finite),
    rule!(health.most_change, NUMBER, f64::is_finite),
    rule!(health.least_correlation, NUMBER, f64::is_finite),
    rule!(health.least_variance, NUMBER, f64::is_finite),
    rule!(health.most_variance, NUMBER, f64::is_finite),
    rule!(health.least_gain, NUMBER, f64::is_finite),
    rule!(health.least_joint_gain, NUMBER, f64::is_finite),
];

/// The rule of a key, also for one within a setting (`data.normalise.text`, `denoising.corruption.permute`).
pub(super) fn rule_of(key: &str) -> Option<&'static Rule> {
    let within = |rule: &&Rule| key.strip_prefix(rule.key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    RULES.iter().find(within)
}

impl Settings {
    /// Holds every setting to its range, NaN and infinities included. Whatever reads settings calls it before anything is
    /// made of them.
    ///
    /// # Errors
    /// [`ConfigError::Value`] with the first key out of its range.
    pub fn check(&self) -> Result<(), ConfigError> {
        match RULES.iter().find(|rule| !(rule.holds)(self)) {
            None => Ok(()),
            Some(Rule { key, expected, found, .. }) => Err(ConfigError::Value { key, found: found(self), expected }),
        }
    }
}

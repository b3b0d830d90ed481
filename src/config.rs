//! Experiment settings and their TOML form: every constant of METHOD.md that is ours to choose.
//!
//! Unknown keys are errors that name the key and its line; `--set key=value` is applied to the parsed document, so it
//! is checked by the same rules as the file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What can be wrong with a settings file or an override.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the settings file {path}: {source}; check the path given to --config")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{origin}: {message}")]
    Parse { origin: String, message: String },
    #[error("--set {text}: expected key=value, for example --set joint.unimodal_weight=0")]
    Override { text: String },
    #[error("{key} = {found}: expected {expected}; change it in the settings file or with --set {key}=VALUE")]
    Value { key: &'static str, found: String, expected: &'static str },
}

/// All settings of one experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub data: DataSettings,
    pub model: ModelSettings,
    pub training: TrainingSettings,
    pub contrastive: ContrastiveSettings,
    pub denoising: DenoisingSettings,
    pub joint: JointSettings,
}

/// Which evaluation code of the field the metrics follow (METHOD.md, metrics).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricSet {
    /// CMU-MOSI and CMU-MOSEI: Acc7, Acc5, Acc2 and F1 with and without zero, MAE, Pearson r.
    Mosi,
    /// CH-SIMS: Acc2, Acc3, Acc5 by edges, F1, MAE, Pearson r, all on values clipped to [-1, 1].
    Sims,
}

/// What the data holds and how it is prepared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataSettings {
    /// H: labels lie in [-H, H]. Unset: 3 for mosi and mosei, 1 for sims and simsv2, else the smallest of 1, 2, 3 that
    /// holds the training labels.
    pub label_range: Option<f32>,
    /// Unset: `sims` where H = 1, else `mosi`.
    pub metrics: Option<MetricSet>,
    /// Subtract the training split's mean and divide by its standard deviation (valid steps only, per column).
    pub normalise: PerModalityFlag,
    /// Normalised values are clipped to [-clip, clip]; 0 leaves them.
    pub clip: f32,
}

/// A switch for each modality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PerModalityFlag {
    pub text: bool,
    pub audio: bool,
    pub vision: bool,
}

impl Default for PerModalityFlag {
    fn default() -> Self {
        Self { text: true, audio: true, vision: true }
    }
}

impl Default for DataSettings {
    fn default() -> Self {
        Self { label_range: None, metrics: None, normalise: PerModalityFlag::default(), clip: 5.0 }
    }
}

/// Sizes of the networks (METHOD.md, modules).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSettings {
    /// Hidden size of each LSTM encoder.
    pub hidden: usize,
    /// d, the size of h_m and z_m.
    pub representation: usize,
    /// d_f, the size of h_f.
    pub fused: usize,
    /// Share of units dropped in encoders and fusion while training, in [0, 1).
    pub dropout: f32,
    /// Width of the corrector's (MUCN's) tanh layers.
    pub corrector_hidden: usize,
    /// Number of the corrector's tanh layers, 1 to 4.
    pub corrector_layers: usize,
    /// One corrector for all modalities in place of one each.
    pub corrector_shared: bool,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            hidden: 64,
            representation: 64,
            fused: 64,
            dropout: 0.1,
            corrector_hidden: 64,
            corrector_layers: 2,
            corrector_shared: false,
        }
    }
}

/// What all stages share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingSettings {
    /// Everything random in a run comes from this number.
    pub seed: u64,
    pub batch_size: usize,
    /// Gradients are scaled down to this norm; 0 leaves them.
    pub gradient_clip: f32,
    /// A checkpoint is written at least this often, in seconds, besides every epoch's end; 0: at epochs' ends only.
    pub checkpoint_seconds: u32,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        Self { seed: 1, batch_size: 32, gradient_clip: 1.0, checkpoint_seconds: 30 }
    }
}

/// Stage 1 (METHOD.md, contrastive).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContrastiveSettings {
    pub epochs: u32,
    /// Stop after this many epochs without a lower validation task loss; 0: never.
    pub patience: u32,
    pub learning_rate: f64,
    pub weight_decay: f32,
    /// w_u, the weight of the unimodal tasks.
    pub unimodal_weight: f32,
    /// w_c, the weight of L_cl.
    pub contrastive_weight: f32,
    /// τ
    pub temperature: f32,
}

impl Default for ContrastiveSettings {
    fn default() -> Self {
        Self {
            epochs: 10,
            patience: 3,
            learning_rate: 1e-3,
            weight_decay: 1e-4,
            unimodal_weight: 0.5,
            contrastive_weight: 0.1,
            temperature: 0.1,
        }
    }
}

/// Which of stage 2's terms drive the real step (METHOD.md, denoising).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// L_uni(φ) + λ L_mul(φ'(φ)), with the exact gradient through φ'.
    Bilevel,
    /// The same without the second-order term.
    FirstOrder,
    /// L_uni alone.
    UnimodalOnly,
    /// L_mul(φ'(φ)) alone: collapses, and is here to be seen doing so.
    MultimodalOnly,
}

/// How a label is corrupted before the corrector has to restore it; the result is clipped to [-H, H].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Corruption {
    /// Adds normal noise with standard deviation `gaussian`·H.
    Gaussian(f32),
    /// With this probability the label is replaced by a uniform draw from [-H, H].
    Uniform(f32),
    /// With this probability the label is replaced by another sample's of the batch.
    Permute(f32),
}

/// Stage 2 (METHOD.md, denoising).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DenoisingSettings {
    pub epochs: u32,
    pub learning_rate: f64,
    /// Lower the learning rate step by step, to 0 at the stage's end: labels are read from the last weights, and the
    /// noise of the last steps would be in them.
    pub decay: bool,
    pub weight_decay: f32,
    pub objective: Objective,
    /// α, the length of the virtual step.
    pub virtual_step: f32,
    /// λ, the weight of L_mul.
    pub outer_weight: f32,
    pub corruption: Corruption,
    /// Corrected labels are read and shown every this many epochs (and after the last).
    pub refresh_epochs: u32,
}

impl Default for DenoisingSettings {
    fn default() -> Self {
        Self {
            epochs: 30,
            learning_rate: 1e-3,
            decay: true,
            weight_decay: 0.0,
            objective: Objective::Bilevel,
            virtual_step: 0.05,
            outer_weight: 1.0,
            corruption: Corruption::Gaussian(0.3),
            refresh_epochs: 1,
        }
    }
}

/// Stage 3 (METHOD.md, joint).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JointSettings {
    pub epochs: u32,
    /// Stop after this many epochs without a lower validation MAE; 0: never.
    pub patience: u32,
    pub learning_rate: f64,
    pub weight_decay: f32,
    /// w_j, the weight of the unimodal tasks on corrected labels.
    pub unimodal_weight: f32,
}

impl Default for JointSettings {
    fn default() -> Self {
        Self { epochs: 20, patience: 5, learning_rate: 5e-4, weight_decay: 1e-4, unimodal_weight: 0.3 }
    }
}

/// The settings files that ship with the program, by catalogue name.
pub const BUILT_IN: [(&str, &str); 5] = [
    ("demo", include_str!("../configs/demo.toml")),
    ("mosi", include_str!("../configs/mosi.toml")),
    ("mosei", include_str!("../configs/mosei.toml")),
    ("sims", include_str!("../configs/sims.toml")),
    ("simsv2", include_str!("../configs/simsv2.toml")),
];

impl Settings {
    /// The settings that ship for a catalogue name, or the defaults for any other name.
    ///
    /// # Errors
    /// Never for the files as shipped (a test reads them all); a changed one is reported like a user's.
    pub fn built_in(name: &str) -> Result<Settings, ConfigError> {
        match BUILT_IN.iter().find(|(n, _)| *n == name) {
            Some((n, text)) => Self::parse(text, &format!("configs/{n}.toml"), &[]),
            None => Ok(Settings::default()),
        }
    }

    /// Reads a settings file and applies `key=value` overrides to it.
    ///
    /// # Errors
    /// An unreadable file, a key that does not exist (with its line), or a value out of range.
    pub fn load(path: &Path, overrides: &[String]) -> Result<Settings, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, &path.display().to_string(), overrides)
    }

    /// Parses settings; `origin` names the text in messages.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(text: &str, origin: &str, overrides: &[String]) -> Result<Settings, ConfigError> {
        let parse_error = |e: toml::de::Error| ConfigError::Parse {
            origin: origin.to_owned(),
            message: e.to_string().trim_end().to_owned(),
        };
        // Parsed as typed settings first: only then do messages carry the file's line and column.
        let mut settings: Settings = toml::from_str(text).map_err(parse_error)?;
        if !overrides.is_empty() {
            let mut table: toml::Table = toml::from_str(text).map_err(parse_error)?;
            for entry in overrides {
                apply_override(&mut table, entry)?;
            }
            settings = table.try_into().map_err(|e: toml::de::Error| ConfigError::Parse {
                origin: format!("--set {}", overrides.join(" --set ")),
                message: e.to_string().trim_end().to_owned(),
            })?;
        }
        settings.check()?;
        Ok(settings)
    }

    /// The settings as a TOML document that [`parse`](Self::parse) reads back unchanged.
    ///
    /// # Errors
    /// Only if a value has no TOML form, which no field of these types lacks.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    fn check(&self) -> Result<(), ConfigError> {
        fn need(ok: bool, key: &'static str, found: impl ToString, expected: &'static str) -> Result<(), ConfigError> {
            if ok { Ok(()) } else { Err(ConfigError::Value { key, found: found.to_string(), expected }) }
        }
        let size = |v: usize| (1..=4096).contains(&v);
        const SIZE: &str = "a whole number from 1 to 4096";
        const RATE: &str = "a positive number below 10";
        const WEIGHT: &str = "a number of at least 0";
        let rate = |v: f64| v > 0.0 && v < 10.0;
        let weight = |v: f32| v >= 0.0 && v.is_finite();
        let m = &self.model;
        need(size(m.hidden), "model.hidden", m.hidden, SIZE)?;
        need(size(m.representation), "model.representation", m.representation, SIZE)?;
        need(size(m.fused), "model.fused", m.fused, SIZE)?;
        need(size(m.corrector_hidden), "model.corrector_hidden", m.corrector_hidden, SIZE)?;
        need((1..=4).contains(&m.corrector_layers), "model.corrector_layers", m.corrector_layers, "1 to 4")?;
        need((0.0..1.0).contains(&m.dropout), "model.dropout", m.dropout, "a share from 0 up to, not including, 1")?;
        let d = &self.data;
        if let Some(h) = d.label_range {
            need(h > 0.0 && h <= 100.0, "data.label_range", h, "a positive number up to 100")?;
        }
        need(weight(d.clip), "data.clip", d.clip, WEIGHT)?;
        let t = &self.training;
        need(
            (2..=65536).contains(&t.batch_size),
            "training.batch_size",
            t.batch_size,
            "a whole number from 2 to 65536",
        )?;
        need(weight(t.gradient_clip), "training.gradient_clip", t.gradient_clip, WEIGHT)?;
        // TOML's integers are signed: a larger seed could not be written to run.toml.
        need(t.seed <= i64::MAX as u64, "training.seed", t.seed, "a whole number up to 9223372036854775807")?;
        let c = &self.contrastive;
        need(rate(c.learning_rate), "contrastive.learning_rate", c.learning_rate, RATE)?;
        need(weight(c.weight_decay), "contrastive.weight_decay", c.weight_decay, WEIGHT)?;
        need(weight(c.unimodal_weight), "contrastive.unimodal_weight", c.unimodal_weight, WEIGHT)?;
        need(weight(c.contrastive_weight), "contrastive.contrastive_weight", c.contrastive_weight, WEIGHT)?;
        need(
            c.temperature > 0.0 && c.temperature.is_finite(),
            "contrastive.temperature",
            c.temperature,
            "a positive number",
        )?;
        let n = &self.denoising;
        need(rate(n.learning_rate), "denoising.learning_rate", n.learning_rate, RATE)?;
        need(weight(n.weight_decay), "denoising.weight_decay", n.weight_decay, WEIGHT)?;
        need(weight(n.virtual_step), "denoising.virtual_step", n.virtual_step, WEIGHT)?;
        need(weight(n.outer_weight), "denoising.outer_weight", n.outer_weight, WEIGHT)?;
        need(n.refresh_epochs >= 1, "denoising.refresh_epochs", n.refresh_epochs, "at least 1")?;
        let (share, ok) = match n.corruption {
            Corruption::Gaussian(s) => (s, weight(s)),
            Corruption::Uniform(p) | Corruption::Permute(p) => (p, (0.0..=1.0).contains(&p)),
        };
        need(ok, "denoising.corruption", share, "σ of at least 0, or a probability from 0 to 1")?;
        let j = &self.joint;
        need(rate(j.learning_rate), "joint.learning_rate", j.learning_rate, RATE)?;
        need(weight(j.weight_decay), "joint.weight_decay", j.weight_decay, WEIGHT)?;
        need(weight(j.unimodal_weight), "joint.unimodal_weight", j.unimodal_weight, WEIGHT)
    }
}

/// Sets one dotted key of a TOML document; the value is TOML where it parses as such, else a string.
fn apply_override(table: &mut toml::Table, entry: &str) -> Result<(), ConfigError> {
    let bad = || ConfigError::Override { text: entry.to_owned() };
    let (key, value) = entry.split_once('=').ok_or_else(bad)?;
    let (key, value) = (key.trim(), value.trim());
    if key.is_empty() || key.split('.').any(str::is_empty) {
        return Err(bad());
    }
    let value = toml::from_str::<toml::Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut t| t.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let mut parts: Vec<&str> = key.split('.').collect();
    let last = parts.pop().ok_or_else(bad)?;
    let mut at = table;
    for part in parts {
        at = at.entry(part).or_insert_with(|| toml::Value::Table(toml::Table::new())).as_table_mut().ok_or_else(bad)?;
    }
    // A whole number where a fraction is meant (`joint.unimodal_weight=0`) is read as one by serde; nothing to do here.
    at.insert(last.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_files_parse_and_round_trip() {
        for (name, _) in BUILT_IN {
            let settings = Settings::built_in(name).unwrap();
            let text = settings.to_toml().unwrap();
            assert_eq!(Settings::parse(&text, "round trip", &[]).unwrap(), settings, "{name}");
        }
    }

    #[test]
    fn unknown_key_is_named_with_its_line() {
        let error = Settings::parse("[joint]\nepochs = 3\nunimodel_weight = 1\n", "my.toml", &[]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("my.toml") && text.contains("line 3") && text.contains("unimodel_weight"), "{text}");
    }

    #[test]
    fn overrides_are_checked_like_the_file() {
        let set = |s: &str| Settings::parse("[joint]\nepochs = 3\n", "x", &[s.to_owned()]);
        assert_eq!(set("joint.unimodal_weight=0").unwrap().joint.unimodal_weight, 0.0);
        assert_eq!(set("denoising.objective=first-order").unwrap().denoising.objective, Objective::FirstOrder);
        assert_eq!(set("denoising.corruption={permute=0.2}").unwrap().denoising.corruption, Corruption::Permute(0.2));
        assert!(set("joint.weight=1").unwrap_err().to_string().contains("weight"));
        assert!(set("joint").unwrap_err().to_string().contains("key=value"));
        assert!(set("training.batch_size=1").unwrap_err().to_string().contains("training.batch_size"));
        assert!(set("model.dropout=nan").is_err());
    }
}

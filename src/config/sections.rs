//! The sections of the settings, with their defaults.

use serde::{Deserialize, Serialize};

use crate::modality::Modality;
use crate::split::Split;

use super::corruption::{Corruption, Corruptions};
use super::keys::DataKeys;
use super::learner::Learner;
use super::members::Members;
use super::missing::Missing;
use super::precision::Precision;
use super::text::TextSettings;

/// Which evaluation code of the field the metrics follow ([the method](crate::book::method), metrics).
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
    /// Names in the file for splits and their parts, where they are none that are known: `{ text = "glove", labels = "y" }`.
    pub keys: DataKeys,
    /// The column of labels that have several, from 0. MISA's files have seven, sentiment first.
    pub label_column: usize,
    /// Share of the training clips that stand in for a validation split where the file has none, those of a video together.
    /// Unset: one clip in seven.
    pub valid_share: Option<f32>,
    /// Which videos these are comes from this number alone.
    pub valid_seed: u64,
    /// Modalities whose features were fitted to human labels of the training split, for example
    /// `["audio", "vision"]`: what is judged there by these labels is in sample, and marked so. Changes nothing else.
    pub in_sample: Vec<Modality>,
    /// Times that the training split is taken, copy behind copy. It teaches nothing new: what more data costs is measured by it.
    pub repeat: u32,
    /// Labels y are corrupted before anything is trained on them, to see what a method makes of wrong ones; unset: they are
    /// as the data has them. The clean ones are kept beside them, to look at only.
    pub label_noise: Option<Corruptions>,
    /// What is random in `label_noise` comes from this number alone: the same noise for every seed of training.
    pub label_noise_seed: u64,
    /// The splits whose labels are corrupted. Figures on noisy validation and test labels say little; they stay clean unless
    /// named here.
    pub label_noise_splits: Vec<Split>,
    /// Make token ids of `raw_text` with the tokenizer of `model.text.weights`, also where the file has some.
    pub tokenize: bool,
    /// Modalities are taken away from some clips, to see what a method makes of what is not there.
    pub missing: Missing,
}

impl DataSettings {
    /// What corrupts a split's labels; `None` where they stay as the data has them.
    pub fn noise_of(&self, split: Split) -> Option<&Corruptions> {
        self.label_noise.as_ref().filter(|_| self.label_noise_splits.contains(&split))
    }

    /// True where both corrupt the same labels in the same way.
    pub fn has_noise_of(&self, other: &DataSettings) -> bool {
        let each = |settings: &DataSettings| Split::ALL.map(|split| settings.noise_of(split).cloned());
        let (own, others) = (each(self), each(other));
        own == others && (own.iter().all(Option::is_none) || self.label_noise_seed == other.label_noise_seed)
    }
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
        Self {
            label_range: None,
            metrics: None,
            normalise: PerModalityFlag::default(),
            clip: 5.0,
            keys: DataKeys::default(),
            label_column: 0,
            valid_share: None,
            valid_seed: 1,
            in_sample: Vec::new(),
            repeat: 1,
            label_noise: None,
            label_noise_seed: 1,
            label_noise_splits: vec![Split::Train],
            tokenize: false,
            missing: Missing::default(),
        }
    }
}

/// The network's encoders and sizes ([the method](crate::book::method), modules).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSettings {
    /// The modalities that the network has encoders of; the others are not there for it.
    pub modalities: Vec<Modality>,
    /// Hidden size of each LSTM encoder.
    pub hidden: usize,
    /// d, the size of h_m and z_m.
    pub representation: usize,
    /// d_f, the size of h_f.
    pub fused: usize,
    /// Share of units dropped in encoders and fusion while training, in [0, 1).
    pub dropout: f32,
    /// z_m is made of h_f by a contrastive projection module; without it z_m is h_m, scaled to length 1.
    pub projection: bool,
    /// Width of the corrector's (MUCN's) tanh layers.
    pub corrector_hidden: usize,
    /// Number of the corrector's tanh layers, 1 to 4.
    pub corrector_layers: usize,
    /// One corrector for all modalities in place of one each.
    pub corrector_shared: bool,
    /// What the corrector says is added to the label that it is given, in place of being the label itself.
    pub corrector_residual: bool,
    /// What encodes text.
    pub text: TextSettings,
}

impl ModelSettings {
    /// True where the network has an encoder of this modality.
    pub fn has(&self, m: Modality) -> bool {
        self.modalities.contains(&m)
    }

    /// The modalities that the network has encoders of, in the order of [`Modality::ALL`].
    pub fn encoded(&self) -> Vec<Modality> {
        Modality::ALL.into_iter().filter(|m| self.has(*m)).collect()
    }
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            modalities: Modality::ALL.to_vec(),
            hidden: 64,
            representation: 64,
            fused: 64,
            dropout: 0.1,
            projection: true,
            corrector_hidden: 64,
            corrector_layers: 2,
            corrector_shared: false,
            corrector_residual: false,
            text: TextSettings::default(),
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
    /// Gradients are scaled down to this norm, each tensor's by itself, or that of all together where a BERT is trained; 0
    /// leaves them.
    pub gradient_clip: f32,
    /// Seconds after which a checkpoint is written within an epoch; 0: at the ends of epochs only. Each epoch's end writes
    /// one, too, and a stage's end always does. Training goes on while one is written. Where one takes long (a large network,
    /// a slow disk) the interval is longer than this: at least 20 times what copying and writing one takes, so that
    /// checkpoints take at most 5 % of the time; the run's log says so.
    pub checkpoint_seconds: u32,
    /// Learning rate of a BERT's weights in stages 1 and 3, in place of the stage's own.
    pub bert_learning_rate: f64,
    /// Weight decay of a BERT's weights; its biases and LayerNorms have none.
    pub bert_weight_decay: f32,
    /// Share of the steps of stages 1 and 3 in which every learning rate rises from 0 to its value.
    pub warmup: f64,
    /// Learning rates fall to 0 by the last planned step of stages 1 and 3.
    pub linear_decay: bool,
    /// Parts that a batch is computed in, one after the other: less memory for the same step. The clips of a part are
    /// aligned with each other only.
    pub accumulate: usize,
    /// What the matrix products of a BERT that is trained on a GPU take: half precision is faster where the GPU has units for
    /// it. Weights, the optimiser's state, norms, softmax and losses stay in single precision. With `f16` the loss is scaled,
    /// by 65536 at first, so that small gradients are not lost; a step whose gradient is too large then is skipped.
    pub precision: Precision,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            batch_size: 32,
            gradient_clip: 1.0,
            checkpoint_seconds: 30,
            bert_learning_rate: 5e-5,
            bert_weight_decay: 0.01,
            warmup: 0.0,
            linear_decay: false,
            accumulate: 1,
            precision: Precision::default(),
        }
    }
}

/// Stage 1 ([the method](crate::book::method), stage 1).
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

/// Which of stage 2's terms drive the real step ([the method](crate::book::method), stage 2).
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

/// How the members' corrected labels become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Average {
    Mean,
    /// Of an even number of members the mean of the middle two.
    Median,
}

/// Stage 2 ([the method](crate::book::method), stage 2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DenoisingSettings {
    /// What learns. Any but `mucn` takes one member, and trains encoders in this stage, on the side: stage 3 begins from
    /// stage 1's weights whatever the learner.
    pub learner: Learner,
    /// η, the rate of the gradient descent of encoders and unimodal heads, and of its virtual step (`mlc`, `meta-weight`).
    pub encoder_rate: f64,
    /// K, after how many steps of the encoders the corrector takes one of its own (`mlc`).
    pub look_ahead: u32,
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
    /// How labels are corrupted before the corrector has to restore them.
    pub corruption: Corruptions,
    /// How many correctors are averaged, on how many networks.
    pub members: Members,
    /// How the members' corrected labels become one.
    pub average: Average,
    /// Corrected labels are read and shown every this many epochs (and after the last).
    pub refresh_epochs: u32,
}

impl Default for DenoisingSettings {
    fn default() -> Self {
        Self {
            learner: Learner::Mucn,
            encoder_rate: 0.01,
            look_ahead: 1,
            epochs: 30,
            learning_rate: 1e-3,
            decay: true,
            weight_decay: 0.0,
            objective: Objective::Bilevel,
            virtual_step: 0.05,
            outer_weight: 1.0,
            corruption: Corruption::Gaussian(0.3).into(),
            members: 5.into(),
            average: Average::Mean,
            refresh_epochs: 1,
        }
    }
}

/// Stage 3 ([the method](crate::book::method), stage 3).
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

/// Where the signs of failure begin ([the method](crate::book::method), what can fail); see
/// [`CHECKS`](crate::training::health::CHECKS) for what each is measured by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthSettings {
    /// Share of the denoising and joint stages' epochs before their checks are judged; at a stage's end they always are,
    /// and the contrastive stage's only then.
    pub grace: f64,
    /// Pearson r of ŷ with y on the validation split, at least.
    pub least_signal: f64,
    /// L_cl over its value at chance, at most.
    pub most_contrastive: f64,
    /// MAE of ŷ_m on the training split over that on the validation split, at least.
    pub least_memory_ratio: f64,
    /// Share of labels that moved by more than 0.05 H, at least.
    pub least_moved: f64,
    /// Mean |y_m - y| in units of H, at most.
    pub most_change: f64,
    /// Pearson r of y_m with y, at least.
    pub least_correlation: f64,
    /// Variance of y_m over that of y, at least.
    pub least_variance: f64,
    /// The same, at most.
    pub most_variance: f64,
    /// MAE of copies less that of corrected labels, in units of H, at least.
    pub least_gain: f64,
    /// Validation MAE after stage 1 less that of the best joint epoch, in units of H, at least.
    pub least_joint_gain: f64,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self {
            grace: 0.5,
            least_signal: 0.2,
            most_contrastive: 1.0,
            least_memory_ratio: 0.2,
            least_moved: 0.1,
            most_change: 0.5,
            least_correlation: 0.5,
            least_variance: 0.5,
            most_variance: 1.25,
            least_gain: 0.0,
            least_joint_gain: -0.05,
        }
    }
}

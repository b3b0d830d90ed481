//! Clips whose modality is taken away ([the method](crate::book::method), missing modalities).

use serde::{Deserialize, Serialize};

use crate::modality::Modality;
use crate::split::Split;

/// The splits that lose modalities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MissingAt {
    /// Training, and validation with it: epochs are chosen by data like that which is trained on.
    Train,
    /// The test split alone: what a network does that never saw a clip lack anything.
    Test,
    /// All splits.
    #[default]
    Both,
}

/// What is taken away: for each modality the share of each split's clips that lose it, drawn for each modality by itself.
/// A clip may lose all of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Missing {
    /// Shares from 0 to 1.
    pub text: f32,
    pub audio: f32,
    pub vision: f32,
    pub at: MissingAt,
    /// What is drawn comes from this number alone: the same clips for every seed of training. Of a smaller share they are
    /// some of those of a larger one.
    pub seed: u64,
}

impl Default for Missing {
    fn default() -> Self {
        Self { text: 0.0, audio: 0.0, vision: 0.0, at: MissingAt::default(), seed: 1 }
    }
}

impl Missing {
    /// The share of a split's clips that lose a modality.
    pub fn share(&self, split: Split, m: Modality) -> f32 {
        let held = match self.at {
            MissingAt::Train => split == Split::Test,
            MissingAt::Test => split != Split::Test,
            MissingAt::Both => false,
        };
        match m {
            _ if held => 0.0,
            Modality::Text => self.text,
            Modality::Audio => self.audio,
            Modality::Vision => self.vision,
        }
    }

    /// True for shares from 0 to 1 and a seed that TOML can hold.
    pub(super) fn is_valid(&self) -> bool {
        [self.text, self.audio, self.vision].iter().all(|share| (0.0..=1.0).contains(share))
            && self.seed <= i64::MAX as u64
    }
}

//! The stages of a run: where one stands, how it is ended early, and when something was read in it.

use serde::{Deserialize, Serialize};

/// One of the three stages of [the method](crate::book::method).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Contrastive,
    Denoising,
    Joint,
}

impl Stage {
    /// All stages in the order in which they run.
    pub const ALL: [Stage; 3] = [Stage::Contrastive, Stage::Denoising, Stage::Joint];

    /// The name used in files, settings, JSON keys and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Contrastive => "contrastive",
            Stage::Denoising => "denoising",
            Stage::Joint => "joint",
        }
    }

    /// What the epoch is picked by whose weights the stage hands on: the one where this is least. `None`: the last epoch is
    /// handed on.
    pub fn criterion(self) -> Option<&'static str> {
        match self {
            // The loss without its contrastive part: of y from everything and, weighted, from each modality alone.
            Stage::Contrastive => Some("validation task loss"),
            Stage::Denoising => None,
            Stage::Joint => Some("validation MAE"),
        }
    }

    /// 0, 1 or 2.
    pub fn index(self) -> usize {
        self as usize
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a stage stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Not begun.
    #[default]
    Pending,
    Running,
    Paused,
    Finished,
    /// Left out of this run (`--stage`).
    Skipped,
}

/// What became of the wish to end a stage before its last epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// The stage ends with the running epoch.
    Asked,
    /// Taken back: the stage goes on.
    TakenBack,
    /// The stage ended early and handed on; it can be gone on with.
    Done,
    /// The stage goes on from where it was ended. Everything recorded of later stages is void, and what it handed on.
    Undone,
}

/// When representations were read, seen from stage 1, which is there to align them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// With the network's first weights.
    Before,
    /// After an epoch that was the best so far, if it was the first, second, fourth, eighth and so on.
    During,
    /// With the weights that stage 1 hands on.
    After,
}

impl Moment {
    /// The name used in files, JSON and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Moment::Before => "before",
            Moment::During => "during",
            Moment::After => "after",
        }
    }
}

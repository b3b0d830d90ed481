//! What stage 3's unimodal tasks learn, and what becomes of corrected labels before they are used.

use serde::{Deserialize, Serialize};

/// The labels of stage 3's unimodal tasks ([the method](crate::book::method), stage 3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelSettings {
    /// Where the labels of stage 3's unimodal tasks come from.
    pub source: LabelSource,
    /// With the source `human`: the share of labels of each modality that are copies of y all the same, drawn by the run's
    /// seed. What a better label is worth is measured by it.
    pub copied_share: f32,
    /// With the source `human`: σ of normal noise on the labels that are no copies, in units of H; what comes out is clipped
    /// to [-H, H].
    pub noise: f32,
    /// The values that corrected labels are moved to.
    pub grid: Grid,
}

/// Where the labels of stage 3's unimodal tasks come from: the method's own, or those that it is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelSource {
    /// Stage 2's corrector makes them of y.
    #[default]
    Corrected,
    /// Each is y.
    Copied,
    /// The file's own labels of each modality, as the multi-task networks of the CH-SIMS paper have them (Yu et al., ACL
    /// 2020): the upper bound.
    Human,
    /// Self-MM's unimodal label generation (Yu et al., AAAI 2021), made of representations while stage 3 trains.
    Momentum,
}

impl LabelSource {
    /// All sources, in the order of the settings' documentation.
    pub const ALL: [LabelSource; 4] =
        [LabelSource::Corrected, LabelSource::Copied, LabelSource::Human, LabelSource::Momentum];

    /// The value of `labels.source`.
    pub fn name(self) -> &'static str {
        match self {
            LabelSource::Corrected => "corrected",
            LabelSource::Copied => "copied",
            LabelSource::Human => "human",
            LabelSource::Momentum => "momentum",
        }
    }

    /// What stage 3 learns, in words that follow "stage 3 learns".
    pub fn in_words(self) -> &'static str {
        match self {
            LabelSource::Corrected => "corrected labels",
            LabelSource::Copied => "copies of y",
            LabelSource::Human => "the file's own labels of each modality",
            LabelSource::Momentum => "momentum labels",
        }
    }

    /// True where stage 3 needs what stage 2 trains.
    pub fn needs_denoising(self) -> bool {
        self == LabelSource::Corrected
    }
}

impl std::fmt::Display for LabelSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Annotations lie on few values; a corrected label is moved to the nearest of them, and small moves are undone by it.
/// In TOML `"auto"`, `"off"` or a number, the step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum Grid {
    /// The training labels' own values, where they take at most 40 different ones; else none.
    #[default]
    Auto,
    /// Corrected labels stay as they are.
    Off,
    /// Multiples of this step within [-H, H].
    Step(f32),
}

/// The forms that the setting has in TOML.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected \"auto\", \"off\" or a number, the step from level to level")]
enum Written {
    Named(Named),
    Step(f32),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Named {
    Auto,
    Off,
}

impl Grid {
    pub(super) fn is_valid(self) -> bool {
        match self {
            Grid::Auto | Grid::Off => true,
            Grid::Step(step) => (0.001..=100.0).contains(&step),
        }
    }
}

impl From<Written> for Grid {
    fn from(written: Written) -> Self {
        match written {
            Written::Named(Named::Auto) => Grid::Auto,
            Written::Named(Named::Off) => Grid::Off,
            Written::Step(step) => Grid::Step(step),
        }
    }
}

impl From<Grid> for Written {
    fn from(grid: Grid) -> Self {
        match grid {
            Grid::Auto => Written::Named(Named::Auto),
            Grid::Off => Written::Named(Named::Off),
            Grid::Step(step) => Written::Step(step),
        }
    }
}

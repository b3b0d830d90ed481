//! What becomes of corrected labels before they are used.

use serde::{Deserialize, Serialize};

/// Corrected labels as they are read ([the method](crate::book::method), stage 3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelSettings {
    /// The values that corrected labels are moved to.
    pub grid: Grid,
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

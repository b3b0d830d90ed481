//! All sections together.

use serde::{Deserialize, Serialize};

use super::labels::LabelSettings;
use super::sections::{
    ContrastiveSettings, DataSettings, DenoisingSettings, HealthSettings, JointSettings, ModelSettings,
    TrainingSettings,
};

/// All settings of one experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub data: DataSettings,
    pub model: ModelSettings,
    pub training: TrainingSettings,
    pub contrastive: ContrastiveSettings,
    pub denoising: DenoisingSettings,
    pub labels: LabelSettings,
    pub joint: JointSettings,
    pub health: HealthSettings,
}

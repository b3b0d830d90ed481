//! How large the demo is.

use crate::split::PerSplit;

/// H: labels lie in [-H, H]. As in CH-SIMS, the one real dataset with unimodal labels.
pub const LABEL_RANGE: f32 = 1.0;

/// Clips of each split.
pub const CLIPS: PerSplit<usize> = PerSplit { train: 1000, valid: 250, test: 250 };

/// T_m and D_m of each modality.
pub const TEXT_STEPS: usize = 20;
pub const TEXT_DIM: usize = 32;
pub const AUDIO_STEPS: usize = 40;
pub const AUDIO_DIM: usize = 16;
pub const VISION_STEPS: usize = 30;
pub const VISION_DIM: usize = 24;

//! Labels that a calibration chose, as checkpoints keep them for stage 3.

use serde::{Deserialize, Serialize};

use super::events::LabelValues;
use crate::modality::PerModality;

/// Labels of every row, rows in the order train, valid, test, and the clips that they were chosen by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    corrected: PerModality<Vec<f32>>,
    spread: Option<PerModality<Vec<f32>>>,
    /// Rows whose human labels made the choice, in order: no judgement counts them.
    pub left_out: Vec<usize>,
}

impl Calibrated {
    pub fn new(values: &LabelValues, left_out: Vec<usize>) -> Calibrated {
        Calibrated { corrected: values.corrected.clone(), spread: values.spread.clone(), left_out }
    }

    /// The labels.
    pub fn values(&self) -> LabelValues {
        LabelValues { corrected: self.corrected.clone(), spread: self.spread.clone() }
    }
}

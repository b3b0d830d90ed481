//! Labels that a calibration chose, as checkpoints keep them for stage 3.

use serde::{Deserialize, Serialize};

use super::events::{Check, CheckState, LabelValues};
use crate::dataset::Dataset;
use crate::modality::PerModality;
use crate::split::Split;

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
        LabelValues { corrected: self.corrected.clone(), spread: self.spread.clone(), ..LabelValues::default() }
    }
}

/// Leaves the checks of modalities unjudged that keep copies of y: there a correction that changes nothing is no failure.
pub fn leave_copies_unjudged(checks: &mut [Check], dataset: &Dataset, labels: &LabelValues) {
    let copies = labels.corrected.map(|_, own| {
        Split::ALL.iter().flat_map(|&s| dataset.labels(s)).zip(own).all(|(y, own)| y == own || own.is_nan())
    });
    for check in checks.iter_mut().filter(|check| check.modality.is_some_and(|m| copies[m])) {
        check.state = CheckState::Unknown;
    }
}

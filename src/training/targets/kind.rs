//! What a source of labels is to stage 3.

use crate::modality::Modality;
use crate::model::network::Output;
use crate::training::error::TrainingError;
use crate::training::events::LabelValues;

/// The labels of stage 3's unimodal tasks.
pub trait Targets {
    /// y_m of every row as it is learned now, rows in the order train, valid, test; NaN where there is none: such a clip has
    /// no part in the loss of that modality.
    fn labels(&self) -> &LabelValues;

    /// What a clip of the training split counts in the loss of a modality; `None` where all count the same.
    fn weight(&self, _m: Modality, _row: usize) -> Option<f32> {
        None
    }

    /// Called before the steps of an epoch, from 1, and again where a run goes on within it.
    fn begin_epoch(&mut self, _epoch: u32) {}

    /// Called after each step with its training rows and what the network said of them.
    ///
    /// # Errors
    /// A device that failed.
    fn after_step(&mut self, _rows: &[usize], _output: &Output) -> Result<(), TrainingError> {
        Ok(())
    }

    /// True where stage 3 itself makes the labels, so that they are recorded as they change.
    fn change(&self) -> bool {
        false
    }

    /// What has to be kept besides the weights to go on as if training had never stopped.
    ///
    /// # Errors
    /// Values that cannot be packed.
    fn state(&self) -> Result<Option<Vec<u8>>, TrainingError> {
        Ok(None)
    }

    /// Takes up what [`state`](Self::state) kept.
    ///
    /// # Errors
    /// A state of other data, or a damaged one.
    fn restore(&mut self, _state: &[u8]) -> Result<(), TrainingError> {
        Ok(())
    }
}

/// Labels that stay as they are.
pub struct Fixed(pub LabelValues);

impl Targets for Fixed {
    fn labels(&self) -> &LabelValues {
        &self.0
    }

    fn weight(&self, m: Modality, row: usize) -> Option<f32> {
        self.0.weights.as_ref().and_then(|weights| weights[m].get(row).copied())
    }
}

//! Labels that a calibration chose, beside the results of the stages: `calibrated-CHECKSUM.cbor`. They are small and stay,
//! whatever names them.

use super::{Store, failed};
use crate::training::calibrated::Calibrated;
use crate::training::error::TrainingError;
use crate::training::parts::Part;

impl Store {
    /// Writes calibrated labels; they count once a checkpoint names them.
    ///
    /// # Errors
    /// A disk that is full, read-only or gone.
    pub fn save_calibrated(&self, labels: &Calibrated) -> Result<Part, TrainingError> {
        let mut bytes = Vec::new();
        ciborium::into_writer(labels, &mut bytes).map_err(|e| failed(&self.results, &std::io::Error::other(e)))?;
        self.put("calibrated", "cbor", &bytes)
    }

    /// Reads calibrated labels back.
    ///
    /// # Errors
    /// A file that is damaged or gone.
    pub fn calibrated(&self, part: &Part) -> Result<Calibrated, TrainingError> {
        let damaged = |message: String| TrainingError::Checkpoint {
            path: self.results.join(&part.name),
            message,
            advice: "begin stage 1 anew, which takes the calibration back: mug resume RUN --restart contrastive",
        };
        let bytes = part.read(&self.results).map_err(|e| damaged(e.to_string()))?;
        ciborium::from_reader(&*bytes).map_err(|e| damaged(format!("expected calibrated labels, found {e}")))
    }
}

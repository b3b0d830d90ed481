//! What checks are judged by: the measures that are known at one moment of a run.

use crate::config::MetricSet;
use crate::modality::PerModality;
use crate::training::events::{Gain, LabelSummaries, Metrics, PredictionValues, Stage};

/// The measures of one moment. A check that needs others than these says nothing.
#[derive(Clone, Copy, Debug)]
pub enum Evidence<'a> {
    /// An epoch of stage 1, or what it hands on; all of the validation split.
    Alignment {
        /// L_cl of each modality.
        contrastive: &'a PerModality<Option<f64>>,
        /// L_cl of each modality without alignment, see [`chance`].
        chance: &'a PerModality<Option<f64>>,
        /// Of ŷ.
        metrics: &'a Metrics,
        /// y
        labels: &'a [f32],
    },
    /// What the encoders predict that stage 1 hands on.
    Memory {
        /// How errors are counted.
        set: MetricSet,
        /// Of every row: training split, validation split, test split.
        predictions: &'a PredictionValues,
        /// y of the same rows.
        labels: &'a [f32],
        /// Rows of the training split.
        train: usize,
        /// Rows of the validation split.
        valid: usize,
    },
    /// What stage 2 did to the labels.
    Labels {
        summaries: &'a LabelSummaries,
        /// H
        label_range: f32,
    },
    /// An epoch of stage 3, or what it hands on.
    Joint {
        /// Validation MAE of what stage 1 handed on.
        before: Option<f64>,
        /// Validation MAE of the best joint epoch so far.
        best: Option<f64>,
        /// Of ŷ, validation split.
        metrics: &'a Metrics,
        /// y of the validation split.
        labels: &'a [f32],
        /// H
        label_range: f32,
    },
    /// Joint training of this run beside that of another.
    Baseline {
        /// The other's validation MAE less this run's, in units of y.
        gain: &'a Gain,
        /// H
        label_range: f32,
    },
}

impl Evidence<'_> {
    /// The stage that is judged.
    pub fn stage(&self) -> Stage {
        match self {
            Evidence::Alignment { .. } | Evidence::Memory { .. } => Stage::Contrastive,
            Evidence::Labels { .. } => Stage::Denoising,
            Evidence::Joint { .. } | Evidence::Baseline { .. } => Stage::Joint,
        }
    }
}

/// L_cl of an untrained projection, on average: the mean over `rows` rows in batches of `batch` of ln(rows of the batch);
/// `None` where there is no row to tell apart from another.
pub fn chance(rows: usize, batch: usize) -> Option<f64> {
    let (whole, rest) = (rows / batch, rows % batch);
    let sum = (whole * batch) as f64 * (batch as f64).ln() + rest as f64 * (rest.max(1) as f64).ln();
    (sum > 0.0).then(|| sum / rows as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_the_loss_of_equal_logits() {
        assert_eq!(chance(64, 32), Some(32f64.ln()));
        assert!((chance(3, 2).unwrap() - 2.0 * 2f64.ln() / 3.0).abs() < 1e-12);
        assert_eq!((chance(0, 32), chance(1, 32)), (None, None));
    }
}

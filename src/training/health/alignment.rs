//! Stage 1: whether something was learned, whether z_m finds its h_m, and whether the encoders learned labels by heart.

use super::evidence::Evidence;
use super::sign::{Limit, Reading, Sign};
use crate::modality::Modality;
use crate::training::events::Stage;
use crate::training::metrics::mean_error;

pub const NO_SIGNAL: Sign = Sign {
    name: "no-signal",
    stages: &[Stage::Contrastive, Stage::Joint],
    measure: "Pearson r of ŷ with y, validation split",
    fails_above: false,
    limit: Limit::Setting("least_signal", |s| s.least_signal),
    meaning: "The network predicts y hardly better than chance: nothing was learned, or the labels do not belong to the \
              clips.",
    advice: "Check the data with `mug data check`, then train longer or with another contrastive.learning_rate.",
    judge: |evidence, _| {
        let (Evidence::Alignment { metrics, labels, .. } | Evidence::Joint { metrics, labels, .. }) = evidence else {
            return Vec::new();
        };
        let value = |key: &str| metrics.get(key).copied().flatten();
        let reading = Reading::whole(value("pearson"));
        vec![match (reading.value, value("mae")) {
            // There is an error, so there are finite predictions: either they or the labels do not vary.
            (None, Some(_)) if labels.windows(2).any(|w| w[0] != w[1]) => {
                Reading { undefined_fails: true, meaning: Some(SAME_FOR_EVERY_CLIP.to_owned()), ..reading }
            }
            (None, Some(_)) => Reading {
                meaning: Some(SAME_LABELS.to_owned()),
                advice: Some("Check the data with `mug data check`."),
                ..reading
            },
            _ => reading,
        }]
    },
};
const SAME_FOR_EVERY_CLIP: &str =
    "The network predicts the same value for every clip, so r is undefined: nothing was learned.";
const SAME_LABELS: &str =
    "Every clip of the validation split has the same label, so r is undefined, whatever is predicted.";

pub const NOT_ALIGNED: Sign = Sign {
    name: "not-aligned",
    stages: &[Stage::Contrastive],
    measure: "L_cl in units of its value at chance, validation split",
    fails_above: true,
    limit: Limit::Setting("most_contrastive", |s| s.most_contrastive),
    meaning: "z_m does not find its own h_m among the clips of a batch: contrastive learning did not align the two.",
    advice: "Raise contrastive.contrastive_weight (w_c), lower contrastive.temperature (τ), or train longer.",
    judge: |evidence, _| {
        let Evidence::Alignment { contrastive, chance, .. } = evidence else { return Vec::new() };
        let ratio = |m| contrastive[m].zip(chance[m]).map(|(loss, chance)| loss / chance);
        Modality::ALL.map(|m| Reading::of(m, ratio(m))).to_vec()
    },
};

pub const MEMORISED: Sign = Sign {
    name: "memorised",
    stages: &[Stage::Contrastive],
    measure: "MAE of ŷ_m on the training split over that on the validation split",
    fails_above: false,
    limit: Limit::Setting("least_memory_ratio", |s| s.least_memory_ratio),
    meaning: "The encoder has memorised the training labels: its representation leaves the corrector nothing of its own \
              to say.",
    advice: "End stage 1 earlier (contrastive.epochs), raise model.dropout or contrastive.weight_decay, or find more data.",
    judge: |evidence, _| {
        let Evidence::Memory { set, predictions, labels, train, valid } = *evidence else { return Vec::new() };
        let error = |m: Modality, rows: std::ops::Range<usize>| -> Option<f64> {
            let pairs = predictions.unimodal[m].get(rows.clone())?.iter().zip(labels.get(rows)?);
            // A clip that lacks the modality has no prediction of it.
            let (predicted, labels): (Vec<f32>, Vec<f32>) = pairs.filter(|(p, _)| p.is_finite()).unzip();
            mean_error(set, &predicted, &labels)
        };
        let ratio = |m: Modality| {
            let (train, valid) = error(m, 0..train).zip(error(m, train..train + valid))?;
            (valid > 0.0).then(|| train / valid)
        };
        Modality::ALL.map(|m| Reading::of(m, ratio(m))).to_vec()
    },
};

//! Stage 3: whether joint training made the predictions worse, than before it or than in another run.

use super::evidence::Evidence;
use super::sign::{Limit, Reading, Sign};
use crate::config::MetricSet;
use crate::training::bootstrap::{RESAMPLES, intervals};
use crate::training::events::{Gain, Stage};
use crate::training::metrics::{error, mean_error};

pub const JOINT_WORSE: Sign = Sign {
    name: "joint-worse",
    stages: &[Stage::Joint],
    measure: "validation MAE after stage 1 less that of the best joint epoch, in units of H",
    fails_above: false,
    limit: Limit::Setting("least_joint_gain", |s| s.least_joint_gain),
    meaning: "Joint training made the predictions worse than those of stage 1, which it began from.",
    advice: "Lower joint.learning_rate or joint.unimodal_weight (w_j), or compare with a run of w_j = 0: mug health RUN \
             --baseline RUN2.",
    judge: |evidence, limit| {
        let Evidence::Joint { before, best, label_range, .. } = evidence else { return Vec::new() };
        let gain = before.zip(*best).map(|(before, best)| (before - best) / f64::from(*label_range));
        // What is smaller is noise: the best of several epochs differs that much from one run to the next.
        let meaning = match limit {
            limit if limit < 0.0 => Some(format!(
                "Joint training made the predictions worse than those of stage 1, which it began from, by more than {} H.",
                -limit
            )),
            0.0 => None,
            limit => Some(format!(
                "Joint training made the predictions better than those of stage 1 by less than {limit} H."
            )),
        };
        vec![Reading { meaning, ..Reading::whole(gain) }]
    },
};

pub const WORSE_THAN_BASELINE: Sign = Sign {
    name: "worse-than-baseline",
    stages: &[Stage::Joint],
    measure: "validation MAE of the other run less this run's, in units of H, upper end of the 95 % interval",
    fails_above: false,
    limit: Limit::Fixed(0.0),
    meaning: "Joint training is worse than in the other run, by more than chance.",
    advice: "Lower joint.unimodal_weight (w_j), or look at whether the corrected labels are better than copies.",
    judge: |evidence, _| {
        let Evidence::Baseline { gain, label_range } = evidence else { return Vec::new() };
        vec![Reading::whole(gain.mae_interval.map(|[_, high]| high / f64::from(*label_range)))]
    },
};

/// The gain in MAE of a run's predictions over another's of the same rows, as the metrics of `set` have it, with its
/// paired interval, in units of y.
pub fn gain(set: MetricSet, own: &[f32], other: &[f32], labels: &[f32]) -> Gain {
    let mut gain = Gain::default();
    if let (Some(own_mae), Some(other_mae)) = (mean_error(set, own, labels), mean_error(set, other, labels)) {
        let terms: Vec<[f64; 1]> = labels
            .iter()
            .zip(own.iter().zip(other))
            .map(|(y, (own, other))| [error(set, *other, *y) - error(set, *own, *y)])
            .collect();
        let count = terms.len() as f64;
        gain.mae = Some(other_mae - own_mae);
        [gain.mae_interval] = intervals(&terms, RESAMPLES, |[sum]| [sum / count]);
    }
    gain
}

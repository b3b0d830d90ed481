//! The signs of failure, each a named check with a limit ([the method](crate::book::method), what can fail). Pure:
//! measures in, checks out; the machine says when, and reports them.
//!
//! One file a stage (alignment, labels, joint) holds its signs; `sign` says what a sign is made of, `evidence` what it is
//! judged by.
//!
//! ```
//! use mug::config::HealthSettings;
//! use mug::training::events::{CheckState, LabelSummaries};
//! use mug::training::health::{Evidence, look};
//!
//! // Stage 2 left the audio labels as they were.
//! let mut summaries = LabelSummaries::default();
//! summaries.train.audio.share_moved = Some(0.0);
//!
//! let evidence = Evidence::Labels { summaries: &summaries, label_range: 1.0 };
//! let checks = look(&evidence, &HealthSettings::default(), true);
//! let failing: Vec<&str> =
//!     checks.iter().filter(|c| c.state == CheckState::Failing).map(|c| c.name.as_str()).collect();
//! assert_eq!(failing, ["identity"]);
//! ```
//!
//! To add a check: write a [`Sign`] beside those of its stage, and enter it in [`CHECKS`]. A limit that people may change
//! is a field of [`HealthSettings`]; measures that no evidence has yet are a field of [`Evidence`], which the machine
//! fills in.

mod alignment;
mod evidence;
mod joint;
mod labels;
mod sign;

pub use alignment::NOT_ALIGNED;
pub use evidence::{Evidence, chance};
pub use sign::{Limit, Reading, Sign};

use crate::config::{HealthSettings, MetricSet};
use crate::training::events::{Check, Gain};

/// Every sign of failure that is looked for, in the order in which checks are reported. Runs, the console, `mug health`
/// and the help pages take them from here.
pub const CHECKS: &[Sign] = &[
    alignment::NO_SIGNAL,
    alignment::NOT_ALIGNED,
    alignment::MEMORISED,
    labels::IDENTITY,
    labels::OVER_CORRECTED,
    labels::FLATTENED,
    labels::INFLATED,
    labels::UNCERTAIN,
    labels::MOVES_MOST,
    labels::NOT_BETTER,
    labels::IGNORES_LABEL,
    joint::JOINT_WORSE,
    joint::WORSE_THAN_BASELINE,
];

/// All checks that the evidence allows: those of the run as a whole, then those of each modality. `judged`: it is not too
/// early to say whether they fail.
pub fn look(evidence: &Evidence<'_>, settings: &HealthSettings, judged: bool) -> Vec<Check> {
    let mut checks: Vec<Check> = CHECKS.iter().flat_map(|sign| sign.look(evidence, settings, judged)).collect();
    checks.sort_by_key(|check| check.modality);
    checks
}

/// This run's joint predictions of the validation split against another run's of the same rows: the checks, and the gain
/// in MAE, as the metrics of `set` have it, with its paired interval, in units of y.
pub fn of_baseline(set: MetricSet, own: &[f32], other: &[f32], labels: &[f32], label_range: f32) -> (Vec<Check>, Gain) {
    let gain = joint::gain(set, own, other, labels);
    // A run is compared with settings of its own and of the other: no limit of these checks is one of them.
    let checks = look(&Evidence::Baseline { gain: &gain, label_range }, &HealthSettings::default(), true);
    (checks, gain)
}

#[cfg(test)]
mod tests;

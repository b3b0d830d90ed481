//! Stage 2: whether the corrector (MUCN, or MLC's) corrects, and whether it collapsed.

use super::evidence::Evidence;
use super::sign::{Limit, Reading, Sign};
use crate::split::Split;
use crate::training::events::{LabelSummary, Stage};

/// One reading for each modality of what became of the training split's labels; `read` gets H, too.
fn of_each(evidence: &Evidence<'_>, read: impl Fn(&LabelSummary, f64) -> Option<f64>) -> Vec<Reading> {
    let Evidence::Labels { summaries, label_range } = evidence else { return Vec::new() };
    summaries[Split::Train].iter().map(|(m, s)| Reading::of(m, read(s, f64::from(*label_range)))).collect()
}

/// The same of several members, whose spread is known.
fn of_members(evidence: &Evidence<'_>, read: impl Fn(&LabelSummary) -> Option<f64>) -> Vec<Reading> {
    let Evidence::Labels { summaries, .. } = evidence else { return Vec::new() };
    let known = summaries[Split::Train].iter().filter(|(_, s)| s.share_clear.is_some());
    known.map(|(m, s)| Reading::of(m, read(s))).collect()
}

pub const IDENTITY: Sign = Sign {
    name: "identity",
    stages: &[Stage::Denoising],
    measure: "share of training rows whose label moved by more than 0.05 H",
    fails_above: false,
    limit: Limit::Setting("least_moved", |s| s.least_moved),
    meaning: "The corrector returns the multimodal label: nothing was corrected.",
    advice: "Copies may be the best there is where features say little; mug calibrate judges that by some labelled clips. \
             Else raise the noise (denoising.corruption), or train longer (denoising.epochs, denoising.learning_rate).",
    judge: |evidence, _| of_each(evidence, |s, _| s.share_moved),
};

pub const OVER_CORRECTED: Sign = Sign {
    name: "over-corrected",
    stages: &[Stage::Denoising],
    measure: "mean |y_m - y| in units of H, training split",
    fails_above: true,
    limit: Limit::Setting("most_change", |s| s.most_change),
    meaning: "The corrector moves labels so far that little is left of y: it over-corrects or has collapsed.",
    advice: "Use denoising.objective = \"bilevel\", or lower the noise (denoising.corruption) or \
             denoising.outer_weight (λ).",
    judge: |evidence, _| of_each(evidence, |s, h| s.mean_abs_change.map(|c| c / h)),
};

pub const FLATTENED: Sign = Sign {
    name: "flattened",
    stages: &[Stage::Denoising],
    measure: "variance of y_m over that of y, training split",
    fails_above: false,
    limit: Limit::Setting("least_variance", |s| s.least_variance),
    meaning: "The corrector has collapsed: it gives nearly the same label to every clip.",
    advice: "Use denoising.objective = \"bilevel\", or lower the noise (denoising.corruption).",
    judge: |evidence, _| of_each(evidence, |s, _| s.variance_ratio),
};

pub const INFLATED: Sign = Sign {
    name: "inflated",
    stages: &[Stage::Denoising],
    measure: "variance of y_m over that of y, training split",
    fails_above: true,
    limit: Limit::Setting("most_variance", |s| s.most_variance),
    meaning: "The corrector has collapsed: it drives labels to the ends of the range, whatever they were.",
    advice: "Use denoising.objective = \"bilevel\": the outer loss alone does this.",
    judge: |evidence, _| of_each(evidence, |s, _| s.variance_ratio),
};

pub const NOT_BETTER: Sign = Sign {
    name: "not-better",
    stages: &[Stage::Denoising],
    measure: "MAE of copies of y less that of corrected labels, against human labels, in units of H; \
              fails where its 95 % interval lies below",
    fails_above: false,
    limit: Limit::Setting("least_gain", |s| s.least_gain),
    meaning: "Corrected labels are worse labels, beyond chance: copying y is nearer to what people say.",
    advice: "End stage 1 earlier (contrastive.patience), or try another noise (denoising.corruption).",
    judge: |evidence, _| {
        let Evidence::Labels { summaries, label_range } = evidence else { return Vec::new() };
        let h = f64::from(*label_range);
        // Without human labels there is no gain, and nothing to say.
        let reading = |split, (m, s): (_, &LabelSummary)| {
            let gain = s.gain?;
            let interval = gain.mae_interval.map(|ends| ends.map(|g| g / h));
            Some(Reading { split: Some(split), interval, ..Reading::of(m, gain.mae.map(|g| g / h)) })
        };
        let of = |split: Split| summaries[split].iter().filter_map(move |judged| reading(split, judged));
        Split::ALL.into_iter().flat_map(of).collect()
    },
};

pub const UNCERTAIN: Sign = Sign {
    name: "uncertain",
    stages: &[Stage::Denoising],
    measure: "of the training labels that moved by more than 0.05 H, the share whose move is smaller than twice the \
              members' spread",
    fails_above: true,
    limit: Limit::Fixed(0.5),
    meaning: "Most moves are no larger than the correctors differ among themselves: another seed moves other labels.",
    advice: "Average more members (denoising.members, or networks of them), or lower the noise (denoising.corruption).",
    judge: |evidence, _| of_members(evidence, |s| s.share_uncertain),
};

pub const MOVES_MOST: Sign = Sign {
    name: "moves-most",
    stages: &[Stage::Denoising],
    measure: "share of training labels that moved by more than 0.05 H and by more than the members' spread",
    fails_above: true,
    limit: Limit::Fixed(0.5),
    meaning: "The corrector moves most labels and is sure of it. It learned that every label is a little wrong; of people's labels a \
              third or more equal y, and those it makes worse.",
    advice: "Corrupt fewer labels and leave the others exactly right: denoising.corruption = { permute = 0.3 }; or \
             calibrate by some labelled clips (mug calibrate).",
    judge: |evidence, _| of_members(evidence, |s| s.share_clear),
};

pub const IGNORES_LABEL: Sign = Sign {
    name: "ignores-label",
    stages: &[Stage::Denoising],
    measure: "Pearson r of y_m with y, training split",
    fails_above: false,
    limit: Limit::Setting("least_correlation", |s| s.least_correlation),
    meaning: "The corrector has collapsed: it ignores the label that it is to correct.",
    advice: "Use denoising.objective = \"bilevel\", or lower the noise (denoising.corruption).",
    judge: |evidence, _| {
        let Evidence::Labels { summaries, .. } = evidence else { return Vec::new() };
        let reading = |(m, s): (_, &LabelSummary)| Reading {
            // Corrected labels that are all the same where y is not have no r with it, and ignore it.
            undefined_fails: s.variance_ratio.is_some_and(|r| r <= 0.0),
            ..Reading::of(m, s.correlation)
        };
        summaries[Split::Train].iter().map(reading).collect()
    },
};

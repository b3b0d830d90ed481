//! The signs of failure, each as a named check with a threshold ([the method](crate::book::method), what can fail). Pure: measures in, checks out.

use crate::config::{HealthSettings, MetricSet};
use crate::modality::{Modality, PerModality};
use crate::split::Split;
use crate::training::bootstrap::{RESAMPLES, intervals};
use crate::training::events::{Check, CheckState, Gain, LabelSummaries, Metrics, PredictionValues, Stage};
use crate::training::metrics::{error, mean_error};

/// What is the same of a check in every run.
struct Sign {
    name: &'static str,
    measure: &'static str,
    /// See [`Check::fails_above`].
    fails_above: bool,
    meaning: &'static str,
    advice: &'static str,
}

const NO_SIGNAL: Sign = Sign {
    name: "no-signal",
    measure: "Pearson r of ŷ with y, validation split",
    fails_above: false,
    meaning: "The network predicts y hardly better than chance: nothing was learned, or the labels do not belong to the \
              clips.",
    advice: "Check the data with `mug data check`, then train longer or with another contrastive.learning_rate.",
};
/// As [`NO_SIGNAL`], where ŷ is the same for every clip: it has no r.
const SAME_FOR_ALL: Sign = Sign {
    meaning: "The network predicts the same value for every clip, so r is undefined: nothing was learned.",
    ..NO_SIGNAL
};
/// As [`NO_SIGNAL`], where y is the same for every clip: no prediction has an r.
const NO_SIGNAL_TO_FIND: Sign = Sign {
    meaning: "Every clip of the validation split has the same label, so r is undefined, whatever is predicted.",
    advice: "Check the data with `mug data check`.",
    ..NO_SIGNAL
};
const NOT_ALIGNED: Sign = Sign {
    name: "not-aligned",
    measure: "L_cl in units of its value at chance, validation split",
    fails_above: true,
    meaning: "z_m does not find its own h_m among the clips of a batch: contrastive learning did not align the two.",
    advice: "Raise contrastive.contrastive_weight (w_c), lower contrastive.temperature (τ), or train longer.",
};
const MEMORISED: Sign = Sign {
    name: "memorised",
    measure: "MAE of ŷ_m on the training split over that on the validation split",
    fails_above: false,
    meaning: "The encoder has memorised the training labels: its representation leaves the corrector nothing of its own \
              to say.",
    advice: "End stage 1 earlier (contrastive.epochs), raise model.dropout or contrastive.weight_decay, or find more data.",
};
const IDENTITY: Sign = Sign {
    name: "identity",
    measure: "share of training rows whose label moved by more than 0.05 H",
    fails_above: false,
    meaning: "MUCN returns the multimodal label: nothing was corrected.",
    advice: "Raise the noise (denoising.corruption), or train longer (denoising.epochs, denoising.learning_rate).",
};
const OVER_CORRECTED: Sign = Sign {
    name: "over-corrected",
    measure: "mean |y_m - y| in units of H, training split",
    fails_above: true,
    meaning: "MUCN moves labels so far that little is left of y: it over-corrects or has collapsed.",
    advice: "Use denoising.objective = \"bilevel\", or lower the noise (denoising.corruption) or \
             denoising.outer_weight (λ).",
};
const IGNORES_LABEL: Sign = Sign {
    name: "ignores-label",
    measure: "Pearson r of y_m with y, training split",
    fails_above: false,
    meaning: "MUCN has collapsed: it ignores the label that it is to correct.",
    advice: "Use denoising.objective = \"bilevel\", or lower the noise (denoising.corruption).",
};
const FLATTENED: Sign = Sign {
    name: "flattened",
    measure: "variance of y_m over that of y, training split",
    fails_above: false,
    meaning: "MUCN has collapsed: it gives nearly the same label to every clip.",
    advice: "Use denoising.objective = \"bilevel\", or lower the noise (denoising.corruption).",
};
const INFLATED: Sign = Sign {
    name: "inflated",
    measure: "variance of y_m over that of y, training split",
    fails_above: true,
    meaning: "MUCN has collapsed: it drives labels to the ends of the range, whatever they were.",
    advice: "Use denoising.objective = \"bilevel\": the outer loss alone does this.",
};
const NOT_BETTER: Sign = Sign {
    name: "not-better",
    measure: "MAE of copies of y less that of corrected labels, against human labels, training split, in units of H",
    fails_above: false,
    meaning: "Corrected labels are not better labels: copying y is nearer to what people say.",
    advice: "End stage 1 earlier (contrastive.patience), or try another noise (denoising.corruption).",
};
const JOINT_WORSE: Sign = Sign {
    name: "joint-worse",
    measure: "validation MAE after stage 1 less that of the best joint epoch, in units of H",
    fails_above: false,
    meaning: "Joint training made the predictions worse than those of stage 1, which it began from",
    advice: "Lower joint.learning_rate or joint.unimodal_weight (w_j), or compare with a run of w_j = 0: mug health RUN \
             --baseline RUN2.",
};
const WORSE_THAN_BASELINE: Sign = Sign {
    name: "worse-than-baseline",
    measure: "validation MAE of the other run less this run's, in units of H, upper end of the 95 % interval",
    fails_above: false,
    meaning: "Joint training is worse than in the other run, by more than chance.",
    advice: "Lower joint.unimodal_weight (w_j), or look at whether the corrected labels are better than copies.",
};

impl Sign {
    fn check(
        &self,
        stage: Stage,
        modality: Option<Modality>,
        value: Option<f64>,
        threshold: f64,
        judged: bool,
    ) -> Check {
        let state = match value {
            Some(value) if judged => {
                let fails = if self.fails_above { value > threshold } else { value < threshold };
                if fails { CheckState::Failing } else { CheckState::Ok }
            }
            _ => CheckState::Unknown,
        };
        self.found(stage, modality, value, threshold, state)
    }

    /// A check of which the value is undefined, and whether it fails is known from that.
    fn undefined(&self, stage: Stage, modality: Option<Modality>, threshold: f64, fails: bool) -> Check {
        let state = if fails { CheckState::Failing } else { CheckState::Unknown };
        self.found(stage, modality, None, threshold, state)
    }

    fn found(
        &self,
        stage: Stage,
        modality: Option<Modality>,
        value: Option<f64>,
        threshold: f64,
        state: CheckState,
    ) -> Check {
        Check {
            name: self.name.to_owned(),
            stage,
            modality,
            measure: self.measure.to_owned(),
            value,
            threshold,
            fails_above: self.fails_above,
            state,
            meaning: self.meaning.to_owned(),
            advice: self.advice.to_owned(),
        }
    }
}

/// What an untrained projection gives on average: the mean over `rows` rows in batches of `batch` of ln(rows of the
/// batch); `None` where there is no row to tell apart from another.
pub fn chance(rows: usize, batch: usize) -> Option<f64> {
    let (whole, rest) = (rows / batch, rows % batch);
    let sum = (whole * batch) as f64 * (batch as f64).ln() + rest as f64 * (rest.max(1) as f64).ln();
    (sum > 0.0).then(|| sum / rows as f64)
}

/// Checks of stage 1: `contrastive` is L_cl of each modality and `chance` what it is without alignment; `metrics` are of
/// ŷ, `labels` are y. All of the validation split. `judged`: it is not too early to.
pub fn of_alignment(
    contrastive: &PerModality<Option<f64>>,
    chance: Option<f64>,
    metrics: &Metrics,
    labels: &[f32],
    settings: &HealthSettings,
    judged: bool,
) -> Vec<Check> {
    let stage = Stage::Contrastive;
    let mut checks = vec![of_signal(stage, metrics, labels, settings, judged)];
    for (m, value) in contrastive.iter() {
        let value = value.zip(chance).map(|(value, chance)| value / chance);
        checks.push(NOT_ALIGNED.check(stage, Some(m), value, settings.most_contrastive, judged));
    }
    checks
}

fn of_signal(stage: Stage, metrics: &Metrics, labels: &[f32], settings: &HealthSettings, judged: bool) -> Check {
    let value = |key: &str| metrics.get(key).copied().flatten();
    let least = settings.least_signal;
    match (value("pearson"), value("mae")) {
        // There is an error, so there are finite predictions: either they or the labels do not vary.
        (None, Some(_)) if labels.windows(2).any(|w| w[0] != w[1]) => {
            SAME_FOR_ALL.undefined(stage, None, least, judged)
        }
        (None, Some(_)) => NO_SIGNAL_TO_FIND.undefined(stage, None, least, false),
        (r, _) => NO_SIGNAL.check(stage, None, r, least, judged),
    }
}

/// Whether the encoders that stage 1 hands on have memorised the training labels; `labels` are y of the same rows.
pub fn of_memory(
    set: MetricSet,
    predictions: &PredictionValues,
    labels: &[f32],
    train: usize,
    valid: usize,
    settings: &HealthSettings,
) -> Vec<Check> {
    let error = |values: &[f32], rows: std::ops::Range<usize>| -> Option<f64> {
        mean_error(set, values.get(rows.clone())?, labels.get(rows)?)
    };
    let check = |m: Modality| {
        let values = &predictions.unimodal[m];
        let ratio = error(values, 0..train).zip(error(values, train..train + valid));
        let ratio = ratio.and_then(|(train, valid)| (valid > 0.0).then(|| train / valid));
        MEMORISED.check(Stage::Contrastive, Some(m), ratio, settings.least_memory_ratio, true)
    };
    Modality::ALL.map(check).to_vec()
}

/// Checks of stage 2, from what it did to the training split's labels.
pub fn of_labels(summaries: &LabelSummaries, label_range: f32, settings: &HealthSettings, judged: bool) -> Vec<Check> {
    let h = f64::from(label_range);
    let mut checks = Vec::new();
    for (m, s) in summaries[Split::Train].iter() {
        let mut add = |sign: &Sign, value: Option<f64>, threshold: f64| {
            checks.push(sign.check(Stage::Denoising, Some(m), value, threshold, judged));
        };
        add(&IDENTITY, s.share_moved, settings.least_moved);
        add(&OVER_CORRECTED, s.mean_abs_change.map(|c| c / h), settings.most_change);
        add(&FLATTENED, s.variance_ratio, settings.least_variance);
        add(&INFLATED, s.variance_ratio, settings.most_variance);
        if let Some(gain) = s.gain {
            add(&NOT_BETTER, gain.mae.map(|g| g / h), settings.least_gain);
        }
        // Corrected labels that are all the same where y is not have no r with it, and ignore it.
        let flat = s.correlation.is_none() && s.variance_ratio.is_some_and(|r| r <= 0.0);
        let (stage, least) = (Stage::Denoising, settings.least_correlation);
        checks.push(match flat {
            true => IGNORES_LABEL.undefined(stage, Some(m), least, judged),
            false => IGNORES_LABEL.check(stage, Some(m), s.correlation, least, judged),
        });
    }
    checks
}

/// Checks of stage 3: `before` and `best` are the validation MAE of stage 1's result and of the best epoch so far,
/// `labels` the validation split's y.
pub fn of_joint(
    before: Option<f64>,
    best: Option<f64>,
    metrics: &Metrics,
    labels: &[f32],
    label_range: f32,
    settings: &HealthSettings,
    judged: bool,
) -> Vec<Check> {
    let gain = before.zip(best).map(|(before, best)| (before - best) / f64::from(label_range));
    let least = settings.least_joint_gain;
    let mut joint_worse = JOINT_WORSE.check(Stage::Joint, None, gain, least, judged);
    // What is smaller is noise: the best of several epochs differs that much from one run to the next.
    joint_worse.meaning = match least {
        least if least < 0.0 => format!("{}, by more than {} H.", JOINT_WORSE.meaning, -least),
        0.0 => format!("{}.", JOINT_WORSE.meaning),
        least => format!("Joint training made the predictions better than those of stage 1 by less than {least} H."),
    };
    vec![of_signal(Stage::Joint, metrics, labels, settings, judged), joint_worse]
}

/// This run's joint predictions of the validation split against another run's of the same rows: the check, and the gain
/// in MAE, as the metrics of `set` have it, with its paired interval, in units of y.
pub fn of_baseline(set: MetricSet, own: &[f32], other: &[f32], labels: &[f32], label_range: f32) -> (Check, Gain) {
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
    let upper = gain.mae_interval.map(|[_, high]| high / f64::from(label_range));
    (WORSE_THAN_BASELINE.check(Stage::Joint, None, upper, 0.0, true), gain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(checks: &[Check], name: &str) -> CheckState {
        checks.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no check {name}")).state
    }

    fn metrics(mae: f64, r: Option<f64>) -> Metrics {
        [("mae".to_owned(), Some(mae)), ("pearson".to_owned(), r)].into()
    }

    #[test]
    fn chance_is_the_loss_of_equal_logits() {
        assert_eq!(chance(64, 32), Some(32f64.ln()));
        assert!((chance(3, 2).unwrap() - 2.0 * 2f64.ln() / 3.0).abs() < 1e-12);
        assert_eq!((chance(0, 32), chance(1, 32)), (None, None));
    }

    #[test]
    fn alignment_and_signal() {
        let settings = HealthSettings::default();
        let of = |loss: f64, r, judged| {
            of_alignment(
                &PerModality::from_fn(|_| Some(loss)),
                Some(3.4),
                &metrics(0.3, r),
                &[0.5, -0.5],
                &settings,
                judged,
            )
        };
        let good = of(1.0, Some(0.7), true);
        assert!(good.len() == 4 && good.iter().all(|c| c.state == CheckState::Ok), "{good:?}");
        let bad = of(3.5, None, true);
        assert!(bad.iter().all(|c| c.state == CheckState::Failing), "{bad:?}");
        assert!(of(3.5, None, false).iter().all(|c| c.state == CheckState::Unknown));
        let none = of_alignment(&PerModality::default(), None, &Metrics::new(), &[], &settings, true);
        assert!(none.iter().all(|c| c.state == CheckState::Unknown));
    }

    #[test]
    fn memory_is_told_by_the_two_splits_errors() {
        let settings = HealthSettings::default();
        let labels = [0.5, -0.5, 0.5, -0.5];
        let of = |train: f32| {
            let column: Vec<f32> = (0..4).map(|i| labels[i] + if i < 2 { train } else { 0.3 }).collect();
            let unimodal = PerModality::from_fn(|_| column.clone());
            of_memory(
                MetricSet::Mosi,
                &PredictionValues { multimodal: column.clone(), unimodal },
                &labels,
                2,
                2,
                &settings,
            )
        };
        assert_eq!(state(&of(0.28), "memorised"), CheckState::Ok);
        assert_eq!(state(&of(0.01), "memorised"), CheckState::Failing);
        let empty = of_memory(MetricSet::Mosi, &PredictionValues::default(), &[], 2, 2, &settings);
        assert_eq!(state(&empty, "memorised"), CheckState::Unknown);
    }

    #[test]
    fn joint_training_is_judged_by_stage_1_and_by_another_run() {
        let settings = HealthSettings::default();
        let of =
            |before, best| of_joint(Some(before), Some(best), &metrics(best, Some(0.7)), &[], 3.0, &settings, true);
        assert_eq!(state(&of(0.9, 0.8), "joint-worse"), CheckState::Ok);
        let worse = of(0.8, 1.2);
        assert_eq!(state(&worse, "joint-worse"), CheckState::Failing);
        assert!(worse[1].meaning.ends_with("which it began from, by more than 0.05 H."), "{}", worse[1].meaning);
        // A little worse is noise, and the sentence above says how much that is.
        assert_eq!(state(&of(0.8, 0.9), "joint-worse"), CheckState::Ok);
        let strict = HealthSettings { least_joint_gain: 0.0, ..HealthSettings::default() };
        let strict = of_joint(Some(0.8), Some(0.81), &metrics(0.81, Some(0.7)), &[], 3.0, &strict, true);
        assert_eq!(state(&strict, "joint-worse"), CheckState::Failing);
        assert!(strict[1].meaning.ends_with("which it began from."), "{}", strict[1].meaning);
        let labels = vec![0.0f32; 50];
        let (good, bad): (Vec<f32>, Vec<f32>) = (vec![0.2; 50], (0..50).map(|i| 0.3 + 0.01 * i as f32).collect());
        let (check, gain) = of_baseline(MetricSet::Mosi, &good, &bad, &labels, 1.0);
        assert!(check.state == CheckState::Ok && gain.mae.is_some_and(|g| g > 0.3), "{gain:?}");
        assert_eq!(of_baseline(MetricSet::Mosi, &bad, &good, &labels, 1.0).0.state, CheckState::Failing);
        // The same predictions are no worse, and nothing to compare is nothing to say.
        assert_eq!(of_baseline(MetricSet::Mosi, &good, &good, &labels, 1.0).0.state, CheckState::Ok);
        assert_eq!(of_baseline(MetricSet::Mosi, &[], &[], &[], 1.0).0.state, CheckState::Unknown);
    }

    #[test]
    fn an_undefined_r_is_never_0() {
        let settings = HealthSettings::default();
        let of = |labels: &[f32], judged| {
            let checks = of_joint(Some(0.9), Some(0.8), &metrics(0.3, None), labels, 1.0, &settings, judged);
            let signal = checks.into_iter().find(|c| c.name == "no-signal").unwrap();
            assert_eq!(signal.value, None);
            (signal.state, signal.meaning)
        };
        // Nothing can be found in labels that are all the same: that is no failure of the network.
        let (state, meaning) = of(&[0.5, 0.5], true);
        assert!(state == CheckState::Unknown && meaning.contains("same label") && !meaning.contains("learned"));
        // The network says the same of different clips.
        let (state, meaning) = of(&[0.5, -0.5], true);
        assert!(state == CheckState::Failing && meaning.contains("undefined: nothing was learned"), "{meaning}");
        assert_eq!(of(&[0.5, -0.5], false).0, CheckState::Unknown);

        let mut summaries = LabelSummaries::default();
        summaries.train.audio.variance_ratio = Some(0.0);
        let checks = of_labels(&summaries, 1.0, &settings, true);
        let flat = |m| checks.iter().find(|c| c.name == "ignores-label" && c.modality == Some(m)).unwrap();
        assert_eq!((flat(Modality::Audio).state, flat(Modality::Audio).value), (CheckState::Failing, None));
        assert_eq!((flat(Modality::Text).state, flat(Modality::Text).value), (CheckState::Unknown, None));
    }

    #[test]
    fn a_baseline_is_judged_by_the_error_of_the_metrics() {
        let (labels, near, over) = (vec![1.0f32; 50], vec![0.9f32; 50], vec![1.4f32; 50]);
        // CH-SIMS's rule clips 1.4 to the label itself.
        let gain = of_baseline(MetricSet::Sims, &over, &near, &labels, 1.0).1;
        assert!(gain.mae.is_some_and(|g| (g - 0.1).abs() < 1e-6), "{gain:?}");
        assert_eq!(of_baseline(MetricSet::Mosi, &over, &near, &labels, 3.0).0.state, CheckState::Failing);
    }
}

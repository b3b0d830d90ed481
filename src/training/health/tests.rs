//! Checks of made-up measures.

use super::*;
use crate::modality::{Modality, PerModality};
use crate::training::events::{CheckState, LabelSummaries, Metrics, PredictionValues, Stage};

fn of_joint(
    before: Option<f64>,
    best: f64,
    r: Option<f64>,
    labels: &[f32],
    settings: &HealthSettings,
    judged: bool,
) -> Vec<Check> {
    let metrics = &metrics(best, r);
    look(&Evidence::Joint { before, best: Some(best), metrics, labels, label_range: 3.0 }, settings, judged)
}

fn state(checks: &[Check], name: &str) -> CheckState {
    checks.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no check {name}")).state
}

fn metrics(mae: f64, r: Option<f64>) -> Metrics {
    [("mae".to_owned(), Some(mae)), ("pearson".to_owned(), r)].into()
}

#[test]
fn alignment_and_signal() {
    let settings = HealthSettings::default();
    let of = |loss: f64, r, judged| {
        let (contrastive, metrics) = (&PerModality::from_fn(|_| Some(loss)), &metrics(0.3, r));
        let evidence = Evidence::Alignment {
            contrastive,
            chance: &PerModality::from_fn(|_| Some(3.4)),
            metrics,
            labels: &[0.5, -0.5],
        };
        look(&evidence, &settings, judged)
    };
    let good = of(1.0, Some(0.7), true);
    assert!(good.len() == 4 && good.iter().all(|c| c.state == CheckState::Ok), "{good:?}");
    let bad = of(3.5, None, true);
    assert!(bad.iter().all(|c| c.state == CheckState::Failing), "{bad:?}");
    assert!(of(3.5, None, false).iter().all(|c| c.state == CheckState::Unknown));
    let (contrastive, metrics) = (&PerModality::default(), &Metrics::new());
    let nothing = Evidence::Alignment { contrastive, chance: &PerModality::default(), metrics, labels: &[] };
    let none = look(&nothing, &settings, true);
    assert!(none.iter().all(|c| c.state == CheckState::Unknown));
}

#[test]
fn memory_is_told_by_the_two_splits_errors() {
    let settings = HealthSettings::default();
    let labels = [0.5, -0.5, 0.5, -0.5];
    let of = |train: f32| {
        let column: Vec<f32> = (0..4).map(|i| labels[i] + if i < 2 { train } else { 0.3 }).collect();
        let unimodal = PerModality::from_fn(|_| column.clone());
        let predictions = &PredictionValues { multimodal: column.clone(), unimodal };
        let set = MetricSet::Mosi;
        look(&Evidence::Memory { set, predictions, labels: &labels, train: 2, valid: 2 }, &settings, true)
    };
    assert_eq!(state(&of(0.28), "memorised"), CheckState::Ok);
    assert_eq!(state(&of(0.01), "memorised"), CheckState::Failing);
    let (set, predictions) = (MetricSet::Mosi, &PredictionValues::default());
    let empty = look(&Evidence::Memory { set, predictions, labels: &[], train: 2, valid: 2 }, &settings, true);
    assert_eq!(state(&empty, "memorised"), CheckState::Unknown);
}

#[test]
fn joint_training_is_judged_by_stage_1_and_by_another_run() {
    let settings = HealthSettings::default();
    let of = |before, best| of_joint(Some(before), best, Some(0.7), &[], &settings, true);
    assert_eq!(state(&of(0.9, 0.8), "joint-worse"), CheckState::Ok);
    let worse = of(0.8, 1.2);
    assert_eq!(state(&worse, "joint-worse"), CheckState::Failing);
    assert!(worse[1].meaning.ends_with("which it began from, by more than 0.05 H."), "{}", worse[1].meaning);
    // A little worse is noise, and the sentence above says how much that is.
    assert_eq!(state(&of(0.8, 0.9), "joint-worse"), CheckState::Ok);
    let strict = HealthSettings { least_joint_gain: 0.0, ..HealthSettings::default() };
    let strict = of_joint(Some(0.8), 0.81, Some(0.7), &[], &strict, true);
    assert_eq!(state(&strict, "joint-worse"), CheckState::Failing);
    assert!(strict[1].meaning.ends_with("which it began from."), "{}", strict[1].meaning);
    let labels = [0.0f32; 50];
    let (good, bad): (Vec<f32>, Vec<f32>) = (vec![0.2; 50], (0..50).map(|i| 0.3 + 0.01 * i as f32).collect());
    let of = |own: &[f32], other: &[f32]| of_baseline(MetricSet::Mosi, own, other, &labels[..own.len()], 1.0);
    let judged = |own: &[f32], other: &[f32]| state(&of(own, other).0, "worse-than-baseline");
    let gain = of(&good, &bad).1;
    assert!(judged(&good, &bad) == CheckState::Ok && gain.mae.is_some_and(|g| g > 0.3), "{gain:?}");
    assert_eq!(judged(&bad, &good), CheckState::Failing);
    // The same predictions are no worse, and nothing to compare is nothing to say.
    assert_eq!(judged(&good, &good), CheckState::Ok);
    assert_eq!(judged(&[], &[]), CheckState::Unknown);
}

#[test]
fn an_undefined_r_is_never_0() {
    let settings = HealthSettings::default();
    let of = |labels: &[f32], judged| {
        let checks = of_joint(Some(0.9), 0.3, None, labels, &settings, judged);
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
    let checks = look(&Evidence::Labels { summaries: &summaries, label_range: 1.0 }, &settings, true);
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
    let checks = of_baseline(MetricSet::Mosi, &over, &near, &labels, 3.0).0;
    assert_eq!(state(&checks, "worse-than-baseline"), CheckState::Failing);
}

#[test]
fn checks_of_a_modality_stand_together_in_the_order_of_the_list() {
    let mut summaries = LabelSummaries::default();
    summaries.train.audio.gain = Some(Gain::default());
    summaries.train.audio.share_clear = Some(0.0);
    let checks = look(&Evidence::Labels { summaries: &summaries, label_range: 1.0 }, &HealthSettings::default(), true);
    let names = |m| checks.iter().filter(|c| c.modality == Some(m)).map(|c| c.name.as_str()).collect::<Vec<_>>();
    let listed: Vec<&str> = CHECKS.iter().filter(|s| s.stages == [Stage::Denoising]).map(|s| s.name).collect();
    assert_eq!(names(Modality::Audio), listed);
    // Only where there are members, or human labels, is anything said of what they say of the corrected ones.
    assert_eq!(names(Modality::Text), [&listed[..4], &listed[7..]].concat());
    assert_eq!(listed[4..7], ["uncertain", "moves-most", "not-better"]);
    assert!(checks.is_sorted_by_key(|c| c.modality));
}

#[test]
fn the_list_says_what_runs_do() {
    for (i, sign) in CHECKS.iter().enumerate() {
        assert!(CHECKS[..i].iter().all(|s| s.name != sign.name), "two checks are called {}", sign.name);
        for sentence in [sign.meaning, sign.advice] {
            assert!(sentence.ends_with('.') && !sentence.contains("  "), "{}: {sentence}", sign.name);
        }
        // A limit is the setting that it is said to be.
        if let Limit::Setting(key, of) = sign.limit {
            let changed: HealthSettings = toml::from_str(&format!("{key} = 123.0")).unwrap();
            assert_eq!(of(&changed), 123.0, "{key}");
        }
    }
    let (gain, metrics, summaries) = (&Gain::default(), &Metrics::new(), &LabelSummaries::default());
    let (contrastive, predictions) = (&PerModality::default(), &PredictionValues::default());
    let (set, labels, label_range) = (MetricSet::Mosi, &[][..], 1.0);
    let of = |evidence: &Evidence<'_>| look(evidence, &HealthSettings::default(), true);
    let all = [
        of(&Evidence::Alignment { contrastive, chance: &PerModality::default(), metrics, labels }),
        of(&Evidence::Memory { set, predictions, labels, train: 0, valid: 0 }),
        of(&Evidence::Labels { summaries, label_range }),
        of(&Evidence::Joint { before: None, best: None, metrics, labels, label_range }),
        of(&Evidence::Baseline { gain, label_range }),
    ];
    let found: Vec<(&str, Stage)> = all.iter().flatten().map(|c| (c.name.as_str(), c.stage)).collect();
    let always = |s: &&Sign| !["uncertain", "moves-most", "not-better"].contains(&s.name);
    for sign in CHECKS.iter().filter(always) {
        let stages: Vec<Stage> = Stage::ALL.into_iter().filter(|s| found.contains(&(sign.name, *s))).collect();
        assert_eq!(stages, sign.stages, "{}", sign.name);
    }
}

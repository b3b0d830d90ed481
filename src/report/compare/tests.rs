//! Tests of runs side by side.

use super::*;
use crate::digest::Stamp;
use crate::report::fixture::{empty, events, finished, write_events};
use crate::run::directory::{DataRecord, Manifest, RunDir};
use crate::run::list::RunState;
use crate::run::tail::read_view;
use crate::run::view::RunView;

fn view(dir: &RunDir) -> RunView {
    read_view(&dir.events_path()).unwrap()
}

#[test]
fn what_differs_stands_beside_what_came_of_it() {
    let (_a, a) = finished("a", &["joint.unimodal_weight=0.3"]);
    let (_b, b) = finished("better", &["joint.unimodal_weight=0", "denoising.corruption={permute=0.2}"]);
    let mut better = events();
    better.last_mut().unwrap()["summary"]["metrics"]["test"]["mae"] = 0.25.into();
    write_events(&b, &better);
    let comparison = compare(&[(&a, &view(&a)), (&b, &view(&b))]);
    let keys: Vec<&str> = comparison.settings.iter().map(|s| &*s.key).collect();
    assert_eq!(keys, ["denoising.corruption.gaussian", "joint.unimodal_weight", "denoising.corruption.permute"]);
    assert_eq!(comparison.settings[1].values, [Some("0.3".to_owned()), Some("0.0".to_owned())]);
    let result = |name: &str| comparison.results.iter().find(|r| r.name == name).unwrap();
    assert_eq!(
        (result("test mae").values.clone(), result("test mae").best.clone()),
        (vec![Some(0.36), Some(0.25)], vec![1])
    );
    assert_eq!(result("valid mae").values, [Some(1.0 / 3.0), Some(1.0 / 3.0)]);
    assert!(result("valid mae").best.is_empty(), "the same");
    assert_eq!(result("labels train audio pearson").values, [Some(0.9), Some(0.9)]);
    assert!(comparison.results.iter().all(|r| r.name != "valid f1"), "undefined in all runs");
    let text = comparison.lines().join("\n");
    for line in [
        "  joint.unimodal_weight               0.3       0.0",
        "  test MAE                        0.3600    0.2500*",
        "state                            finished  finished",
        "best epoch                        joint 3   joint 3",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}

#[test]
fn one_run_is_a_column_of_its_own() {
    let (_a, a) = finished("a", &["joint.unimodal_weight=0.7"]);
    let text = compare(&[(&a, &view(&a))]).lines().join("\n");
    assert!(text.contains("\nsettings\n") && text.contains("\nresults\n") && !text.contains('*'), "{text}");
    let has = |key: &str, value: &str| text.lines().any(|l| l.trim_start().starts_with(key) && l.ends_with(value));
    assert!(has("joint.unimodal_weight", "0.7") && has("joint.epochs", "20") && has("test MAE", "0.3600"), "{text}");
}

#[test]
fn runs_that_have_not_got_far_and_runs_of_other_data_are_not_ranked() {
    let (_a, a) = finished("a", &[]);
    let (_b, b) = empty("b", &[]);
    let comparison = compare(&[(&a, &view(&a)), (&b, &view(&b))]);
    assert_eq!(comparison.runs[1].state, RunState::Died);
    assert!(comparison.settings.is_empty() && comparison.results.iter().all(|r| r.best.is_empty()));
    assert!(comparison.lines().iter().any(|l| l == "all settings are the same"));
    let (_c, mut c) = finished("c", &[]);
    c.set_manifest(Manifest { dataset: "/data/other.pkl".into(), ..c.manifest().clone() }).unwrap();
    let comparison = compare(&[(&a, &view(&a)), (&c, &view(&c))]);
    assert!(!comparison.same_data && comparison.results.iter().all(|r| r.best.is_empty()));
    assert_eq!(comparison.settings[0].values, [Some("demo".to_owned()), Some("other".to_owned())]);
}

#[test]
fn one_file_under_two_names_is_the_same_data() {
    let (_a, mut a) = finished("a", &[]);
    let (_b, mut b) = finished("b", &[]);
    let manifest = |dir: &RunDir, dataset: &str, fingerprint: &str, digest: Option<&str>| Manifest {
        dataset: dataset.into(),
        fingerprint: Some(fingerprint.into()),
        data: digest.map(|d| DataRecord { stamp: Stamp { bytes: 1, modified: 1 }, sha256: d.repeat(8) }),
        ..dir.manifest().clone()
    };
    let mut same = |one: (&str, Option<&str>), other: (&str, Option<&str>)| {
        a.set_manifest(manifest(&a, "/data/sims.pkl", one.0, one.1)).unwrap();
        b.set_manifest(manifest(&b, "/data/copy.pkl", other.0, other.1)).unwrap();
        let comparison = compare(&[(&a, &view(&a)), (&b, &view(&b))]);
        let rows = comparison.settings.iter().filter(|s| s.key.starts_with("data SHA")).count();
        (comparison.same_data, rows)
    };
    assert_eq!(same(("9-12", None), ("9-12", None)), (true, 0));
    assert_eq!(same(("9-12", None), ("9-13", None)), (false, 0));
    assert_eq!(same(("9-12", Some("12345678")), ("9-12", None)), (true, 0), "not known yet is no difference");
    // A fingerprint is of samples only, where the file is large; the digest is not.
    assert_eq!(same(("9-12", Some("12345678")), ("9-12", Some("87654321"))), (false, 1));
}

#[test]
fn runs_with_other_noise_in_their_labels_have_other_data() {
    let same = |one: &[&str], other: &[&str]| {
        let ((_a, a), (_b, b)) = (finished("a", one), finished("b", other));
        compare(&[(&a, &view(&a)), (&b, &view(&b))]).same_data
    };
    const FLIP: &str = "data.label_noise={flip=0.2}";
    assert!(same(&[FLIP], &[FLIP]) && same(&[], &["data.label_noise_seed=2"]), "no noise, whatever its seed");
    assert!(!same(&[FLIP], &[]) && !same(&[FLIP], &["data.label_noise={flip=0.3}"]));
    assert!(!same(&[FLIP], &[FLIP, "data.label_noise_seed=2"]));
    assert!(!same(&[FLIP], &[FLIP, "data.label_noise_splits=[\"train\",\"test\"]"]));
}

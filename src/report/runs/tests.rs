//! Filters, orders and tables of runs.

use std::collections::BTreeMap;

use super::*;
use crate::report::filter::Field;
use crate::run::list::{RunResult, RunState, RunSummary};
use crate::run::view::Phase;
use crate::training::events::Stage;

fn run(name: &str, weight: f64, mae: Option<f64>) -> RunSummary {
    let mut result = RunResult {
        stage: Some(Stage::Joint),
        epoch: Some(3),
        metrics: Default::default(),
        costs: BTreeMap::new(),
        peak_memory: None,
        labels: BTreeMap::from([("text.mae".to_owned(), 0.25)]),
    };
    result.metrics.test.insert("mae".into(), mae);
    RunSummary {
        name: name.into(),
        path: format!("/runs/{name}").into(),
        dataset: "/data/Sims.pkl".into(),
        state: RunState::At(Phase::Finished),
        stage: Some(Stage::Joint),
        epoch: 3,
        epochs: 20,
        progress: 1.0,
        created: "2026-11-23T10:00:00Z".into(),
        updated: 1_800_000_000,
        result: mae.is_some().then_some(result),
        fault: None,
        study: Some("ablation".into()),
        tags: vec!["paper".into(), "基线".into()],
        note: "old text features".into(),
        settings: BTreeMap::from([
            ("joint.unimodal_weight".to_owned(), weight.into()),
            ("denoising.corruption.gaussian".to_owned(), serde_json::Value::Null),
            ("denoising.corruption.permute".to_owned(), 0.2.into()),
        ]),
    }
}

#[test]
fn facts_settings_and_metrics_select() {
    let run = run("Sims-a", 0.3, Some(0.41234));
    let passes = |text: &str| {
        Filter::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).is_none_or(|filter| filter.matches(&run))
    };
    for yes in [
        "",
        "SIMS",
        "paper finished",
        "基线",
        "\"old text\" nothing or sims",
        "dataset = sims",
        "dataset = /data/sims.pkl",
        "dataset = sims and joint.unimodal_weight > 0",
        "joint.unimodal_weight = 0.3",
        "tag = paper not tag = old",
        "tag = 基线",
        "study = ablation state = finished",
        "state ~ fin stage = joint epoch >= 3 done = 1",
        "name ~ sims begun ~ 2026-11",
        "test.mae < 0.5",
        "mae = 0.4123",
        "labels.text.mae < mae",
        "test.mae > 2 * denoising.corruption.permute",
        "denoising.corruption.permute = 0.2",
        // A setting that is the program's own.
        "denoising.learner = meta-corrector or not denoising.learner = nothing",
        "training.seed >= 0 seed >= 0",
        "note ~ FEATURES",
        "not live",
    ] {
        assert!(passes(yes), "{yes}");
    }
    for no in [
        "mosi",
        "tag = pap",
        "not sims",
        "state = died",
        "test.mae > 0.5",
        "valid.mae < 9",
        "valid.mae > -9",
        "test.mae != 0.4123",
        "joint.unimodal_weight != 0.3",
        "joint.unimodal_weight = 0.3001",
        // The run does not have it.
        "denoising.corruption.gaussian >= 0",
        "live",
        "seconds > 0",
    ] {
        assert!(!passes(no), "{no}");
    }
}

#[test]
fn small_settings_are_told_apart() {
    let with = |rate: f64| {
        let mut run = run("a", 0.0, None);
        run.settings.insert("joint.learning_rate".into(), rate.into());
        run
    };
    let filter = Filter::parse("joint.learning_rate = 5e-5").unwrap().unwrap();
    assert!(filter.matches(&with(5e-5)) && !filter.matches(&with(4e-5)) && !filter.matches(&with(1e-5)));
}

#[test]
fn mistakes_are_named_with_the_nearest_name() {
    for (source, part) in [
        ("datset = sims", "did you mean dataset?"),
        ("unimodal_weight > 0", "did you mean joint.unimodal_weight?"),
        ("joint.unimodal_wait > 0", "did you mean joint.unimodal_weight?"),
        ("joint > 0", "joint is a section"),
        ("test.maee < 1", "did you mean test.mae?"),
        ("maee < 1", "did you mean mae?"),
        ("colour = red", "expected name, dataset,"),
        ("state = finishd", "no state finishd; did you mean finished?; expected"),
        ("test.mae < low", "expected a number"),
        ("dataset > 3", "expected =, != or ~"),
        ("tag:paper", "expected tag ~ paper"),
        ("state:", "expected state ~ ..."),
        ("test.mae <", "expected a value"),
        ("gap.text < 1", "no fact of a run gap.text"),
    ] {
        let error = Filter::parse(source).unwrap_err().to_string();
        assert!(error.contains(part), "{source}: {error}");
    }
    let runs = [run("a", 0.0, None)];
    let doubt = |text: &str| doubt(&Filter::parse(text).unwrap().unwrap(), &runs);
    assert!(doubt("stoped").unwrap().contains("did you mean state = stopped?"));
    assert!(doubt("mae").unwrap().contains("mae > ..."));
    assert_eq!((doubt("paper"), doubt("wonderful")), (None, None));
}

#[test]
fn orders_are_by_any_column_and_what_is_missing_comes_last() {
    let mut runs =
        vec![run("b", 0.3, Some(0.5)), run("a", 0.1, None), run("d", 0.1, Some(0.4)), run("c", 0.2, Some(0.4))];
    runs[3].settings.remove("joint.unimodal_weight");
    let by = |keys: &str| {
        let mut order: Vec<usize> = (0..runs.len()).collect();
        arrange(&runs, &mut order, &SortKey::parse_list(keys).unwrap());
        order.iter().map(|at| &*runs[*at].name).collect::<String>()
    };
    assert_eq!((by(""), by("name"), by("-name")), ("badc".into(), "abcd".into(), "dcba".into()));
    assert_eq!((by("mae"), by("-test.mae")), ("dcba".into(), "bdca".into()));
    assert_eq!((by("test.mae,name"), by("test.mae,-name")), ("cdba".into(), "dcba".into()));
    // c has the program's own weight, which is greater.
    let own = runs[3].setting("joint.unimodal_weight").unwrap().as_f64().unwrap();
    assert!(own > 0.1);
    let last = if own >= 0.3 { "adbc" } else { "adcb" };
    assert_eq!(by("joint.unimodal_weight"), last);
    let error = SortKey::parse_list("name,test.maa").unwrap_err().to_string();
    assert!(error.contains("no fact of a run test.maa") && error.contains("test.mae"), "{error}");
    assert_eq!(SortKey::parse_list("test.mae").unwrap()[0].to_string(), "test.mae ↑");
    assert!(SortKey::parse_list("test.pearson,begun").unwrap().iter().all(|k| k.reverse));
}

#[test]
fn a_table_shows_what_differs_and_the_metrics_there_are() {
    let names = |runs: &[RunSummary]| {
        columns(&runs.iter().collect::<Vec<_>>()).iter().map(|c| c.name().into_owned()).collect::<Vec<_>>().join(" ")
    };
    let mut runs = vec![run("a", 0.1, None), run("b", 0.1, None)];
    assert_eq!(names(&runs), "name state");
    runs[1] = run("b", 0.2, Some(0.5));
    assert_eq!(names(&runs), "name state joint.unimodal_weight test.mae labels.text.mae");
    runs[1].tags.clear();
    runs[1].settings.remove("denoising.corruption.gaussian");
    assert_eq!(
        names(&runs),
        "name state tag denoising.corruption.gaussian joint.unimodal_weight test.mae labels.text.mae"
    );
    assert_eq!(names(&[]), "name state");
}

#[test]
fn every_name_that_is_told_is_a_column() {
    for name in Column::names() {
        let column = Column::parse(&name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!((column.name().into_owned(), Field::name(&column).into_owned()), (name.clone(), name));
    }
}

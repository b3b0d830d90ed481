//! What events make of a view.

use super::*;
use crate::training::events::{Body, CheckState, Cut, Event, Moment, PartSize, StageState, Work};

fn at(stage: Stage, epoch: u32, step: u64, body: Body) -> Event {
    Event { time: 0.0, stage: Some(stage), epoch, step, body }
}

fn embedding(moment: Moment, epoch: u32, step: u64) -> Event {
    let file = crate::run::embedding::file_name(epoch, moment);
    at(Stage::Contrastive, epoch, step, Body::Embedding { moment, file, stride: 1, dim: 2, values: None })
}

fn predictions(stage: Stage, epoch: u32, step: u64) -> Event {
    let file = crate::run::predictions::file_name(epoch, Some(stage));
    at(stage, epoch, step, Body::Predictions { file, values: None })
}

fn health(stage: Stage, step: u64, state: CheckState) -> Event {
    let check = Check {
        name: "identity".into(),
        stage,
        modality: None,
        split: None,
        interval: None,
        measure: String::new(),
        value: Some(0.0),
        threshold: 0.1,
        fails_above: false,
        state,
        meaning: String::new(),
        advice: String::new(),
    };
    at(stage, 1, step, Body::Health { checks: vec![check] })
}

/// As older versions recorded it.
const PREPARED: &str = r#"{"dataset":"x","device":"CPU","samples":{"train":1,"valid":1,"test":1},
    "shapes":{"text":[1,1],"audio":[1,1],"vision":[1,1]},"label_range":1.0,"metric_keys":[],
    "unimodal_labels":false,"plan":[],"parameters":[1,1]}"#;

#[test]
fn what_was_found_in_the_data_is_in_the_log_once_and_old_records_have_none() {
    let mut view = RunView::default();
    let mut apply = |findings: &str| {
        let prepared = PREPARED.replace("\"parameters\":[1,1]", &format!("\"parameters\":[1,1]{findings}"));
        let body = Body::Prepared(serde_json::from_str(&prepared).unwrap());
        view.apply(&Event { time: 0.0, stage: None, epoch: 0, step: 0, body });
        view.log.iter().map(|l| l.message.clone()).collect::<Vec<_>>()
    };
    assert!(apply("").is_empty());
    assert_eq!(apply(r#","findings":["a: b"]"#), ["found in the data: a: b"]);
    // Taken up again, with a finding that this version of the program adds.
    let both = ["found in the data: a: b", "found in the data: c"];
    assert_eq!(apply(r#","findings":["a: b","c"]"#), both);
}

#[test]
fn a_run_fails_before_it_begins_or_later() {
    let fault = Event { stage: None, ..at(Stage::Joint, 0, 0, Body::Fault { message: "no pickle".into() }) };
    let mut view = RunView::default();
    view.apply(&fault);
    assert_eq!(view.failed_to_begin(), Some("no pickle"));
    let mut view = RunView { prepared: Some(serde_json::from_str(PREPARED).unwrap()), ..RunView::default() };
    view.apply(&fault);
    assert_eq!((view.failed_to_begin(), view.fault.as_deref()), (None, Some("no pickle")));
}

fn moments(view: &RunView) -> Vec<(Moment, u32)> {
    view.embeddings.iter().map(|e| (e.moment, e.epoch)).collect()
}

#[test]
fn what_lies_after_a_resumes_position_is_void_and_comes_again() {
    let mut view = RunView::default();
    let resumed = |stage, step| at(stage, 1, step, Body::Resumed { device: "cpu".into() });
    let all = [
        embedding(Moment::Before, 0, 0),
        embedding(Moment::During, 1, 4),
        embedding(Moment::During, 2, 8),
        predictions(Stage::Contrastive, 2, 8),
        embedding(Moment::After, 2, 8),
        health(Stage::Contrastive, 8, CheckState::Ok),
        health(Stage::Denoising, 4, CheckState::Failing),
        predictions(Stage::Joint, 1, 4),
    ];
    all.iter().for_each(|e| view.apply(e));
    let (before, after) = ((Moment::Before, 0), (Moment::After, 2));
    assert_eq!(moments(&view), [before, (Moment::During, 1), (Moment::During, 2), after]);
    assert_eq!((view.predictions.len(), view.health.len(), view.failing().count()), (2, 2, 1));
    // Said again by a process that took the run up just before: nothing is there twice.
    all.iter().for_each(|e| view.apply(e));
    assert_eq!((view.embeddings.len(), view.predictions.len(), view.health.len()), (4, 2, 2));
    view.apply(&resumed(Stage::Denoising, 0));
    assert_eq!((view.embeddings.len(), view.predictions.len(), view.failing().count()), (4, 1, 0));
    view.apply(&resumed(Stage::Contrastive, 5));
    assert_eq!(moments(&view), [before, (Moment::During, 1)]);
    assert_eq!((view.predictions.len(), view.health.len()), (0, 0));
    view.apply(&at(Stage::Contrastive, 1, 0, Body::Restarted));
    assert!(view.embeddings.is_empty());
}

#[test]
fn a_cut_stage_that_goes_on_makes_void_what_it_handed_on_and_what_came_after() {
    let mut view = RunView::default();
    let cut = |cut| at(Stage::Contrastive, 2, 8, Body::StageCut { cut });
    let standing = |view: &RunView| view.stage(Stage::Contrastive).cut;
    view.apply(&cut(Cut::Asked));
    assert_eq!(standing(&view), Some(Cut::Asked));
    view.apply(&cut(Cut::TakenBack));
    assert_eq!(standing(&view), None);
    let finished = at(Stage::Contrastive, 2, 8, Body::StageChanged { state: StageState::Finished });
    for event in [
        cut(Cut::Asked),
        embedding(Moment::During, 2, 8),
        predictions(Stage::Contrastive, 2, 8),
        embedding(Moment::After, 2, 8),
        finished,
        cut(Cut::Done),
        health(Stage::Denoising, 4, CheckState::Failing),
        predictions(Stage::Joint, 1, 4),
        at(Stage::Joint, 1, 4, Body::Finished { summary: Summary::default() }),
    ] {
        view.apply(&event);
    }
    assert_eq!((standing(&view), view.phase), (Some(Cut::Done), Phase::Finished));
    view.apply(&cut(Cut::Undone));
    assert_eq!((standing(&view), view.phase), (None, Phase::Training));
    assert_eq!(moments(&view), [(Moment::During, 2)]);
    assert!(view.predictions.is_empty() && view.health.is_empty() && view.summary.is_none());
    assert_eq!((view.stage, view.stage(Stage::Contrastive).step), (Some(Stage::Contrastive), 8));
}

#[test]
fn a_check_that_passes_again_fails_no_more() {
    let mut view = RunView::default();
    view.apply(&health(Stage::Joint, 1, CheckState::Failing));
    assert_eq!(view.failing().count(), 1);
    view.apply(&health(Stage::Joint, 2, CheckState::Ok));
    assert_eq!((view.failing().count(), view.health.len(), view.health[0].step), (0, 1, 2));
}

#[test]
fn learning_rates_keep_their_value_until_they_change_and_are_void_with_their_steps() {
    let mut view = RunView::default();
    view.stages[0].steps_per_epoch = 4;
    let step = |n: u64, rates: &[(&str, f64)]| {
        let rates = rates.iter().map(|(group, rate)| ((*group).to_owned(), *rate)).collect();
        at(Stage::Contrastive, 1, n, Body::Step { scalars: [("loss".to_owned(), Some(1.0))].into(), rates })
    };
    for (n, rates) in [(1, &[("network", 0.5)][..]), (2, &[]), (3, &[("bert", 0.25)]), (4, &[("network", 0.125)])] {
        view.apply(&step(n, rates));
    }
    let rates = |view: &RunView| -> Vec<(String, Vec<f32>)> {
        view.stages[0].rates().map(|(group, rates)| (group.to_owned(), rates.clone())).collect()
    };
    let found = rates(&view);
    assert_eq!(found[1], ("network".to_owned(), vec![0.5, 0.5, 0.5, 0.125]));
    assert!(found[0].0 == "bert" && found[0].1[..2].iter().all(|r| r.is_nan()) && found[0].1[2..] == [0.25, 0.25]);
    assert_eq!(view.stages[0].scalar_names(), ["loss", "learning_rate_bert", "learning_rate_network"]);
    // Taken up after the second step: what came later did not happen, and a rate that is not told again is as it was.
    view.apply(&at(Stage::Contrastive, 1, 2, Body::Resumed { device: "CPU".into() }));
    view.apply(&step(3, &[]));
    let found = rates(&view);
    assert_eq!(found[1].1, [0.5, 0.5, 0.5]);
    assert!(found[0].1.iter().all(|r| r.is_nan()));
}

#[test]
fn parameters_are_those_of_the_stage_that_began_last() {
    let mut view = RunView::default();
    let parts = |trained| vec![PartSize { part: "text".into(), trained, frozen: 3 }];
    view.apply(&at(Stage::Joint, 1, 0, Body::Parameters { parts: parts(1) }));
    view.apply(&at(Stage::Joint, 1, 0, Body::Parameters { parts: parts(2) }));
    assert_eq!(view.stages[2].parameters, parts(2));
    view.apply(&at(Stage::Contrastive, 1, 0, Body::Restarted));
    assert!(view.stages[2].parameters.is_empty());
}

#[test]
fn what_is_prepared_is_shown_while_it_is() {
    let mut view = RunView::default();
    let now = |done| Preparing { work: Work::Weights, of: "x".into(), done, total: Some(9) };
    let preparing = |done| Event { time: 0.0, stage: None, epoch: 0, step: 0, body: Body::Preparing(now(done)) };
    view.apply(&preparing(0));
    view.apply(&preparing(4));
    assert_eq!((view.preparing.clone(), view.phase), (Some(now(4)), Phase::Preparing));
    let body = Body::Prepared(serde_json::from_str(PREPARED).unwrap());
    view.apply(&Event { time: 0.0, stage: None, epoch: 0, step: 0, body });
    assert_eq!(view.preparing, None);
    view.apply(&preparing(9));
    view.apply(&at(Stage::Joint, 1, 1, Body::Fault { message: "x".into() }));
    assert_eq!(view.preparing, None);
}

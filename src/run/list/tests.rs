//! Tests of what lists say of runs.

use super::lister::INDEX;
use super::skim::{IN_FULL, skim};
use super::*;
use crate::run::directory::RunDir;
use crate::run::lock::RunLock;
use crate::run::recorder::Recorder;
use crate::run::recorder::tests::{run_dir, step};
use crate::run::tags;
use crate::run::view::Phase;
use crate::training::events::{Body, Event, Prepared, Stage, StagePlan, StageState, StageSummary, Summary};

fn prepared() -> Event {
    let plan = Stage::ALL.map(|stage| StagePlan { stage, epochs: 10, steps_per_epoch: 1000 });
    let body = Body::Prepared(Prepared {
        dataset: "demo".into(),
        device: "CPU".into(),
        samples: Default::default(),
        shapes: Default::default(),
        label_range: 1.0,
        metric_keys: vec![],
        unimodal_labels: false,
        plan: plan.to_vec(),
        parameters: (0, 0),
        findings: vec![],
        in_sample: vec![],
        label_source: Default::default(),
        modalities: Vec::new(),
    });
    Event { time: 0.0, stage: None, epoch: 0, step: 0, body }
}

fn record(dir: &RunDir, events: impl IntoIterator<Item = Event>) {
    let mut recorder = Recorder::open(dir).unwrap();
    events.into_iter().for_each(|e| recorder.push(e));
    recorder.flush().unwrap();
}

#[test]
fn states_with_and_without_a_process() {
    let (root, dir) = run_dir();
    let state = || list_runs(root.path())[0].state;
    assert_eq!(state(), RunState::Died, "made and never started");
    let lock = RunLock::acquire(&dir, &mut |_| {}).unwrap();
    assert_eq!(state(), RunState::At(Phase::Preparing));
    let here = Event { body: Body::StageChanged { state: StageState::Running }, ..step(1) };
    record(&dir, [prepared(), here.clone(), step(500)]);
    assert_eq!(state(), RunState::At(Phase::Training));
    record(&dir, [Event { body: Body::Paused, ..step(500) }]);
    assert_eq!(state(), RunState::At(Phase::Paused));
    drop(lock);
    assert_eq!(state(), RunState::Died);
    record(&dir, [Event { body: Body::Stopped, ..step(500) }]);
    assert_eq!(state(), RunState::At(Phase::Stopped));
    let run = &list_runs(root.path())[0];
    assert_eq!((run.stage, run.epoch, run.epochs), (Some(Stage::Denoising), 1, 10));
    assert!((run.progress - (1.0 + 0.05) / 3.0).abs() < 1e-9, "{}", run.progress);
    record(&dir, [Event { body: Body::Finished { summary: Summary::default() }, ..step(900) }]);
    assert_eq!((state(), list_runs(root.path())[0].progress), (RunState::At(Phase::Finished), 1.0));
}

#[test]
fn a_long_file_is_skimmed_to_the_same_result() {
    let (_root, dir) = run_dir();
    record(&dir, std::iter::once(prepared()).chain((1..=9000).map(step)));
    assert!(std::fs::metadata(dir.events_path()).unwrap().len() > IN_FULL);
    let _lock = RunLock::acquire(&dir, &mut |_| {}).unwrap();
    let summary = summarise(&dir);
    assert_eq!(summary.state, RunState::At(Phase::Training));
    assert!((summary.progress - (1.0 + 0.9) / 3.0).abs() < 1e-9, "{}", summary.progress);
    assert!(skim(&dir.events_path()).events < 5000);
}

#[test]
fn a_finished_run_carries_its_figures_however_long_its_record_is() {
    let (root, dir) = run_dir();
    record(&dir, std::iter::once(prepared()).chain((1..=9000).map(step)));
    assert_eq!(list_runs(root.path())[0].result, None);
    let mut summary = Summary { peak_memory: Some(8192), ..Summary::default() };
    let (operations, peak_memory) = (Some(1200), Some(4096));
    let joint = StageSummary { best_epoch: 7, seconds: 2.5, operations, peak_memory, ..StageSummary::default() };
    summary.stages.insert(Stage::Joint, joint);
    summary.metrics.test.insert("mae".into(), Some(0.25));
    summary.metrics.valid.insert("f1".into(), None);
    record(&dir, [Event { body: Body::Finished { summary }, ..step(9001) }]);
    let json = serde_json::to_value(&list_runs(root.path())[0]).unwrap();
    let costs = serde_json::json!({"seconds": 2.5, "samples_per_second": null, "operations": 1200,
        "peak_memory": 4096, "gpu_memory": null});
    let expected = serde_json::json!({"stage": "joint", "epoch": 7, "valid": {"f1": null}, "test": {"mae": 0.25},
        "costs": {"joint": costs}, "peak_memory": 8192});
    assert_eq!(json["result"], expected);
    let place = ["stage", "epoch", "epochs", "progress", "state"].map(|key| json[key].clone());
    assert_eq!(serde_json::json!(place), serde_json::json!(["denoising", 1, 10, 1.0, "finished"]));
    assert!(skim(&dir.events_path()).events < 50, "of a finished run the last events tell all");
}

#[test]
fn what_rests_is_not_read_again_and_the_index_serves_the_next_program() {
    let root = tempfile::tempdir().unwrap();
    let manifest = run_dir().1.manifest().clone();
    for i in 0..20 {
        let dir = RunDir::create(root.path(), Some(&format!("run-{i}")), &manifest).unwrap();
        record(&dir, [Event { body: Body::Finished { summary: Summary::default() }, ..step(1) }]);
    }
    let mut lister = Lister::open(root.path());
    assert_eq!(lister.list().len(), 20);
    assert!(root.path().join(INDEX).exists());
    // Content that another program cannot read: it must come from the index.
    let unread = root.path().join("run-3/run.toml");
    let text = std::fs::read_to_string(&unread).unwrap();
    let time = std::fs::metadata(&unread).unwrap().modified().unwrap();
    let rewrite = |text: &str, time| {
        std::fs::write(&unread, text).unwrap();
        std::fs::File::options().write(true).open(&unread).unwrap().set_modified(time).unwrap();
    };
    rewrite(&"x".repeat(text.len()), time);
    for runs in [lister.list(), list_runs(root.path())] {
        assert!(runs.len() == 20 && runs.iter().all(|r| r.state == RunState::At(Phase::Finished)));
    }
    rewrite(&"x".repeat(text.len()), time + std::time::Duration::from_secs(1));
    assert_eq!((lister.list().len(), list_runs(root.path()).len()), (19, 19));
    std::fs::remove_dir_all(root.path().join("run-4")).unwrap();
    std::fs::write(root.path().join(INDEX), "{").unwrap();
    assert_eq!((lister.list().len(), list_runs(root.path()).len()), (18, 18));
}

#[test]
fn cells_of_studies_are_runs_with_the_name_of_their_study() {
    let (root, dir) = run_dir();
    let cells = root.path().join("studies/noise/runs");
    RunDir::create(&cells, Some("mucn-s1"), dir.manifest()).unwrap();
    std::fs::write(root.path().join("studies/noise/study.toml"), "").unwrap();
    std::fs::create_dir_all(root.path().join("studies/empty")).unwrap();
    let mut found: Vec<_> = list_runs(root.path()).into_iter().map(|r| (r.study, r.name)).collect();
    found.sort();
    assert_eq!(found, [(None, dir.name().to_owned()), (Some("noise".into()), "mucn-s1".into())]);
}

#[test]
fn tags_and_notes_are_of_now() {
    let (root, dir) = run_dir();
    record(&dir, [Event { body: Body::Finished { summary: Summary::default() }, ..step(1) }]);
    let mut lister = Lister::open(root.path());
    assert!(lister.list()[0].tags.is_empty());
    tags::change(dir.path(), |t| (_ = t.tags.insert("a".into()), t.note = "n".into()).1).unwrap();
    let run = &lister.list()[0];
    assert_eq!((run.tags.clone(), run.note.as_str()), (vec!["a".to_owned()], "n"));
    std::fs::write(dir.path().join(tags::FILE), "\u{0}").unwrap();
    assert!(lister.list()[0].tags.is_empty());
}

#[test]
fn what_is_no_run_is_left_out() {
    let (root, dir) = run_dir();
    std::fs::write(root.path().join("note.txt"), "x").unwrap();
    std::fs::create_dir(root.path().join("empty")).unwrap();
    std::fs::write(dir.events_path(), b"\xff\xff\nnonsense").unwrap();
    assert_eq!(list_runs(root.path()).len(), 1);
    assert!(list_runs(&root.path().join("missing")).is_empty());
}

#[test]
fn runs_of_the_same_second_lie_in_one_order() {
    let (root, dir) = run_dir();
    for (study, run) in ["b", "c", "a"].into_iter().flat_map(|study| ["x", "y"].map(|run| (study, run))) {
        let cells = root.path().join("studies").join(study).join("runs");
        record(&RunDir::create(&cells, Some(run), dir.manifest()).unwrap(), [prepared()]);
    }
    std::fs::remove_dir_all(dir.path()).unwrap();
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(100);
    for run in list_runs(root.path()) {
        std::fs::File::options().append(true).open(run.path.join("events.jsonl")).unwrap().set_modified(then).unwrap();
    }
    let names: Vec<String> = list_runs(root.path()).into_iter().map(|r| r.study.unwrap() + "/" + &r.name).collect();
    assert_eq!(names, ["c/y", "b/y", "a/y", "c/x", "b/x", "a/x"]);
}

//! The three stages as a whole: the same numbers again, the same numbers after a resume, and the same on WGPU.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use mug::config::Settings;
use mug::dataset::Dataset;
use mug::device::{ComputeDevice, DeviceRequest, choose};
use mug::training::control::Control;
use mug::training::events::{
    Body, Command, EmbeddingValues, Event, LabelValues, Moment, PredictionValues, Stage, Summary,
};
use mug::training::metrics;
use mug::training::{Job, Outcome, TrainingError, train};

#[path = "support/clips.rs"]
mod clips;

fn dataset(clips: usize) -> Arc<Dataset> {
    clips::demo_clips(clips, clips / 2, &settings(""), |_| {})
}

fn settings(set: &str) -> Settings {
    let small = "[model]\nhidden = 8\nrepresentation = 8\nfused = 8\ncorrector_hidden = 8\n[training]\nbatch_size = 8\n\
                 checkpoint_seconds = 0\n[contrastive]\nepochs = 2\n[denoising]\nepochs = 3\n[joint]\nepochs = 2\n";
    let sets: Vec<String> = set.split_whitespace().map(str::to_owned).collect();
    Settings::parse(small, "the test's settings", &sets).unwrap()
}

fn job(dataset: &Arc<Dataset>, set: &str, device: ComputeDevice, folder: &Path, resume: bool) -> Job {
    let checkpoints = folder.join("checkpoints");
    Job { settings: settings(set), stages: Stage::ALL.to_vec(), dataset: dataset.clone(), device, checkpoints, resume }
}

fn cpu() -> ComputeDevice {
    choose(DeviceRequest::Cpu).unwrap()
}

/// What a run computed: everything but times.
#[derive(Debug, Default, PartialEq)]
struct Record {
    /// Stage, step and losses of every step, then of every epoch.
    losses: Vec<(Stage, u64, String)>,
    labels: Option<Arc<LabelValues>>,
    /// By moment and epoch.
    embeddings: BTreeMap<(Moment, u32), Arc<EmbeddingValues>>,
    /// By stage.
    predictions: BTreeMap<Stage, Arc<PredictionValues>>,
    summary: Summary,
}

/// Reduces events as a viewer does: what lies behind a resume's position is void.
fn record(events: &[Event]) -> Record {
    let mut record = Record::default();
    for event in events {
        let at = event.stage.map(|s| (s, event.step));
        match (&event.body, at) {
            (Body::Resumed { .. }, Some(at)) => record.losses.retain(|l| (l.0, l.1) <= at),
            (Body::Restarted, Some((stage, _))) => record.losses.retain(|l| l.0 < stage),
            (Body::Step { scalars }, Some((s, n))) => record.losses.push((s, n, format!("{scalars:?}"))),
            (Body::Epoch { train, valid, metrics, .. }, Some((s, n))) => {
                record.losses.push((s, n, format!("{train:?} {valid:?} {metrics:?}")));
            }
            (Body::Labels { values, .. }, _) => record.labels = values.clone(),
            (Body::Embedding { moment, values: Some(values), .. }, _) => {
                record.embeddings.insert((*moment, event.epoch), values.clone());
            }
            (Body::Predictions { values: Some(values), .. }, Some((stage, _))) => {
                record.predictions.insert(stage, values.clone());
            }
            (Body::Finished { summary }, _) => record.summary = summary.clone(),
            _ => {}
        }
    }
    for stage in record.summary.stages.values_mut() {
        stage.seconds = 0.0;
        stage.samples_per_second = None;
    }
    record
}

fn run(job: Job) -> Record {
    let (sender, events) = channel::<Event>();
    assert_eq!(train(job, &Control::new(), &sender).unwrap(), Outcome::Finished);
    drop(sender);
    record(&events.iter().collect::<Vec<_>>())
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_another_seed_others() {
    let data = dataset(30);
    let one = |set: &str| run(job(&data, set, cpu(), tempfile::tempdir().unwrap().path(), false));
    let first = one("");
    assert!(first == one(""), "the same seed gave other numbers");
    assert!(first.losses != one("training.seed=2").losses, "another seed gave the same numbers");
    // 30 clips in batches of 8: 4 steps an epoch, 7 epochs, a line an epoch, and one for the beginning.
    assert_eq!(first.losses.len(), 7 * 4 + 7 + 1);
}

#[test]
fn representations_and_predictions_are_of_every_row_and_of_the_weights_they_speak_of() {
    let data = dataset(30);
    let record = run(job(&data, "", cpu(), tempfile::tempdir().unwrap().path(), false));
    let moments: Vec<Moment> = record.embeddings.keys().map(|k| k.0).collect();
    assert!(moments.starts_with(&[Moment::Before, Moment::During]) && moments.ends_with(&[Moment::After]));
    for ((moment, epoch), values) in &record.embeddings {
        assert_eq!((values.rows, values.dim, values.data.len()), (60, 8, 60 * 6 * 8), "{moment:?} {epoch}");
    }
    // The weights handed on are those of the best epoch, which were looked at when they came.
    let best = record.summary.stages[&Stage::Contrastive].best_epoch;
    let last = *record.embeddings.keys().next_back().unwrap();
    assert!(record.embeddings[&last] == record.embeddings[&(Moment::During, best)]);
    assert!(record.embeddings[&last] != record.embeddings[&(Moment::Before, 0)]);
    assert_eq!(record.predictions.len(), 2);
    let test = &record.predictions[&Stage::Joint].multimodal[45..];
    let found = metrics::evaluate(data.metrics, test, data.labels(mug::split::Split::Test));
    assert_eq!(found, record.summary.metrics.test);
}

/// Runs until `nth` step events of `stage` were seen, then stops at whatever step that turns out to be.
fn run_until(job: Job, stage: Stage, nth: usize) -> (Result<Outcome, TrainingError>, Vec<Event>) {
    let control = Control::new();
    let (sender, events) = channel::<Event>();
    let stopper = std::thread::spawn({
        let control = control.clone();
        move || watch(events, &control, stage, nth)
    });
    let outcome = train(job, &control, &sender);
    drop(sender);
    (outcome, stopper.join().unwrap())
}

fn watch(events: Receiver<Event>, control: &Control, stage: Stage, nth: usize) -> Vec<Event> {
    let mut seen = Vec::new();
    let mut steps = 0;
    for event in events {
        if event.stage == Some(stage) && matches!(event.body, Body::Step { .. }) {
            steps += 1;
            if steps == nth {
                control.send(Command::StopNow);
            }
        }
        seen.push(event);
    }
    seen
}

#[test]
fn a_resumed_run_equals_the_uninterrupted_one_bit_for_bit() {
    let data = dataset(80);
    let whole = run(job(&data, "", cpu(), tempfile::tempdir().unwrap().path(), false));
    for (stage, nth) in [(Stage::Contrastive, 3), (Stage::Denoising, 11), (Stage::Joint, 1), (Stage::Joint, 12)] {
        let folder = tempfile::tempdir().unwrap();
        let (outcome, mut events) = run_until(job(&data, "", cpu(), folder.path(), false), stage, nth);
        assert_eq!(outcome.unwrap(), Outcome::Stopped, "{stage} {nth}");
        let (outcome, rest) = run_until(job(&data, "", cpu(), folder.path(), true), stage, usize::MAX);
        assert_eq!(outcome.unwrap(), Outcome::Finished);
        events.extend(rest);
        // Not assert_eq: two whole runs fill a screen many times over.
        assert!(record(&events) == whole, "stopped in {stage} at about step {nth}, and then other numbers came out");
    }
}

#[test]
fn a_restarted_stage_comes_out_as_before() {
    let data = dataset(40);
    let whole = run(job(&data, "", cpu(), tempfile::tempdir().unwrap().path(), false));
    let control = Control::new();
    let (sender, events) = channel::<Event>();
    let folder = tempfile::tempdir().unwrap();
    let again = std::thread::spawn({
        let control = control.clone();
        move || {
            let mut seen: Vec<Event> = Vec::new();
            for event in events {
                let first = !seen.iter().any(|e| e.stage == Some(Stage::Joint));
                if first && event.stage == Some(Stage::Joint) {
                    control.send(Command::RestartStage { stage: Stage::Denoising });
                }
                seen.push(event);
            }
            seen
        }
    });
    train(job(&data, "", cpu(), folder.path(), false), &control, &sender).unwrap();
    drop(sender);
    let events = again.join().unwrap();
    assert!(events.iter().any(|e| matches!(e.body, Body::Restarted)));
    assert!(record(&events) == whole, "the restarted run gave other numbers");
}

#[test]
fn a_stage_without_what_it_builds_on_is_refused_by_name() {
    let data = dataset(20);
    let folder = tempfile::tempdir().unwrap();
    let job = Job { stages: vec![Stage::Joint], ..job(&data, "", cpu(), folder.path(), false) };
    let (sender, _events) = channel::<Event>();
    let error = train(job, &Control::new(), &sender).unwrap_err().to_string();
    assert!(error.contains("stage joint needs the result of stage"), "{error}");
}

#[test]
fn every_stage_on_wgpu_agrees_with_the_cpu() {
    let gpu = match choose(DeviceRequest::Gpu) {
        Ok(gpu) => gpu,
        Err(why) => {
            assert!(!std::env::var("MUG_TEST_REQUIRE").is_ok_and(|r| r.contains("gpu")), "{why}");
            println!("skipped: {why}");
            return;
        }
    };
    let data = dataset(16);
    let set = "contrastive.epochs=1 denoising.epochs=1 joint.epochs=1";
    let losses = |device: ComputeDevice| -> Vec<(Stage, f32)> {
        let (sender, events) = channel::<Event>();
        let folder = tempfile::tempdir().unwrap();
        train(job(&data, set, device, folder.path(), false), &Control::new(), &sender).unwrap();
        drop(sender);
        let step = |e: Event| match e.body {
            Body::Step { scalars } => Some((e.stage?, scalars["loss"]?)),
            _ => None,
        };
        events.iter().filter_map(step).collect()
    };
    let (cpu, gpu) = (losses(cpu()), losses(gpu));
    assert_eq!(cpu.len(), 6);
    for (a, b) in cpu.iter().zip(&gpu) {
        assert!(a.0 == b.0 && (a.1 - b.1).abs() < 2e-4 * a.1.abs().max(1.0), "{cpu:?} against {gpu:?}");
    }
}

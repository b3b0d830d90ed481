//! The three stages as a whole: the same numbers again, the same numbers after a resume, and the same on WGPU.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use mug::config::Settings;
use mug::dataset::Dataset;
use mug::device::{ComputeDevice, DeviceRequest, choose};
use mug::training::control::Control;
use mug::training::events::{
    Body, Command, Cut, EmbeddingValues, Event, LabelValues, Moment, PredictionValues, Stage, StageState, Summary,
};
use mug::training::listener::Listener;
use mug::training::metrics;
use mug::training::{Job, Outcome, TrainingError, train};

use crate::support::clips::demo_clips;

pub fn dataset(clips: usize) -> Arc<Dataset> {
    demo_clips(clips, clips / 2, &settings(""), |_| {})
}

fn settings(set: &str) -> Settings {
    let small = "[model]\nhidden = 8\nrepresentation = 8\nfused = 8\ncorrector_hidden = 8\n[training]\nbatch_size = 8\n\
                 checkpoint_seconds = 0\n[contrastive]\nepochs = 2\n[denoising]\nepochs = 3\n[joint]\nepochs = 2\n";
    let sets: Vec<String> = set.split_whitespace().map(str::to_owned).collect();
    Settings::parse(small, "the test's settings", &sets).unwrap()
}

pub fn job(dataset: &Arc<Dataset>, set: &str, device: ComputeDevice, folder: &Path, resume: bool) -> Job {
    let checkpoints = folder.join("checkpoints");
    Job {
        settings: settings(set),
        stages: Stage::ALL.to_vec(),
        dataset: dataset.clone(),
        text: None,
        device,
        checkpoints,
        resume,
    }
}

pub fn cpu() -> ComputeDevice {
    choose(DeviceRequest::Cpu).unwrap()
}

/// What a run computed: everything but times.
#[derive(Debug, Default, PartialEq)]
pub struct Record {
    /// Stage, step, losses and changed learning rates of every step, then of every epoch.
    pub losses: Vec<(Stage, u64, String)>,
    pub labels: Option<Arc<LabelValues>>,
    /// By moment and epoch.
    embeddings: BTreeMap<(Moment, u32), Arc<EmbeddingValues>>,
    /// By stage.
    predictions: BTreeMap<Stage, Arc<PredictionValues>>,
    pub summary: Summary,
}

/// Reduces events as a viewer does: what lies behind a resume's position is void.
pub fn record(events: &[Event]) -> Record {
    let mut record = Record::default();
    for event in events {
        let at = event.stage.map(|s| (s, event.step));
        match (&event.body, at) {
            (Body::Resumed { .. }, Some(at)) => record.losses.retain(|l| (l.0, l.1) <= at),
            (Body::StageCut { cut: Cut::Undone }, Some(at)) => {
                record.losses.retain(|l| (l.0, l.1) <= at);
                record.embeddings.retain(|(moment, _), _| at.0 != Stage::Contrastive || *moment != Moment::After);
                record.predictions.retain(|stage, _| *stage < at.0);
            }
            (Body::Restarted, Some((stage, _))) => record.losses.retain(|l| l.0 < stage),
            (Body::Step { scalars, rates }, Some((s, n))) => {
                record.losses.push((s, n, format!("{scalars:?} {rates:?}")));
            }
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
    record.summary.peak_memory = None;
    for stage in record.summary.stages.values_mut() {
        stage.seconds = 0.0;
        stage.samples_per_second = None;
        (stage.peak_memory, stage.gpu_memory) = (None, None);
    }
    record
}

pub fn run(job: Job) -> Record {
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
pub fn run_until(job: Job, stage: Stage, nth: usize) -> (Result<Outcome, TrainingError>, Vec<Event>) {
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
fn members_networks_are_resumed_bit_for_bit_and_leave_a_spread() {
    let data = dataset(40);
    let set = "denoising.members={networks=2,correctors=2}";
    let whole = run(job(&data, set, cpu(), tempfile::tempdir().unwrap().path(), false));
    let labels = whole.labels.as_ref().unwrap();
    let spread = labels.spread.as_ref().unwrap();
    assert!(spread.audio.len() == labels.corrected.audio.len() && spread.audio.iter().all(|s| *s > 0.0));
    for (stage, nth) in [(Stage::Contrastive, 3), (Stage::Denoising, 2), (Stage::Joint, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (outcome, mut events) = run_until(job(&data, set, cpu(), folder.path(), false), stage, nth);
        assert_eq!(outcome.unwrap(), Outcome::Stopped, "{stage}");
        let (outcome, rest) = run_until(job(&data, set, cpu(), folder.path(), true), stage, usize::MAX);
        assert_eq!(outcome.unwrap(), Outcome::Finished);
        events.extend(rest);
        assert!(record(&events) == whole, "stopped in {stage}, and then other numbers came out");
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

/// Tells whether an event is the one that a command waits for.
type Due = fn(&Event) -> bool;

/// Sends each command with the first event that it waits for, one after the other, on the training thread itself.
struct Commander {
    control: Control,
    waiting: Mutex<VecDeque<(Due, Command)>>,
    seen: Mutex<Vec<Event>>,
}

impl Listener for Commander {
    fn tell(&self, event: Event) -> Result<(), TrainingError> {
        let mut waiting = self.waiting.lock().unwrap();
        if waiting.front().is_some_and(|(due, _)| due(&event)) {
            self.control.send(waiting.pop_front().unwrap().1);
        }
        self.seen.lock().unwrap().push(event);
        Ok(())
    }

    fn settle(&self) -> Result<(), TrainingError> {
        Ok(())
    }
}

fn commanded(job: Job, commands: &[(Due, Command)]) -> Vec<Event> {
    let control = Control::new();
    let waiting = Mutex::new(commands.iter().copied().collect());
    let commander = Commander { control: control.clone(), waiting, seen: Mutex::default() };
    assert_eq!(train(job, &control, &commander).unwrap(), Outcome::Finished);
    assert!(commander.waiting.lock().unwrap().is_empty(), "not every command was sent");
    commander.seen.into_inner().unwrap()
}

fn cuts(events: &[Event]) -> Vec<(Stage, Cut)> {
    let cut = |e: &Event| match e.body {
        Body::StageCut { cut } => e.stage.map(|s| (s, cut)),
        _ => None,
    };
    events.iter().filter_map(cut).collect()
}

fn begins(event: &Event, stage: Stage) -> bool {
    event.stage == Some(stage) && matches!(event.body, Body::StageChanged { state: StageState::Running })
}

#[test]
fn a_stage_that_was_ended_early_goes_on_as_if_it_had_not_been() {
    let data = dataset(40);
    let set = "contrastive.epochs=3 joint.epochs=3";
    let whole = run(job(&data, set, cpu(), tempfile::tempdir().unwrap().path(), false));
    let begin: [Due; 3] =
        [|e| begins(e, Stage::Contrastive), |e| begins(e, Stage::Denoising), |e| begins(e, Stage::Joint)];
    for stage in Stage::ALL {
        let folder = tempfile::tempdir().unwrap();
        let cut = (begin[stage.index()], Command::StopAfterEpoch);
        let mut events = commanded(job(&data, set, cpu(), folder.path(), false), &[cut]);
        assert_eq!(cuts(&events), [(stage, Cut::Asked), (stage, Cut::Done)]);
        assert!(record(&events) != whole, "the cut changed nothing");
        // By another process, when everything is done ...
        let control = Control::new();
        control.send(Command::ContinueStage { stage });
        let (sender, rest) = channel::<Event>();
        let again = job(&data, set, cpu(), folder.path(), true);
        assert_eq!(train(again, &control, &sender).unwrap(), Outcome::Finished);
        drop(sender);
        events.extend(rest);
        assert_eq!(cuts(&events)[2..], [(stage, Cut::Undone)]);
        assert!(record(&events) == whole, "{stage} went on, and then other numbers came out");
    }
    // ... and by the same one, from the middle of a later stage.
    let folder = tempfile::tempdir().unwrap();
    let commands =
        [(begin[0], Command::StopAfterEpoch), (begin[2], Command::ContinueStage { stage: Stage::Contrastive })];
    let events = commanded(job(&data, set, cpu(), folder.path(), false), &commands);
    assert_eq!(cuts(&events).last(), Some(&(Stage::Contrastive, Cut::Undone)));
    assert!(record(&events) == whole, "other numbers came out");
}

#[test]
fn the_wish_to_end_a_stage_is_taken_back_and_only_cut_stages_are_gone_on_with() {
    let data = dataset(40);
    let whole = run(job(&data, "", cpu(), tempfile::tempdir().unwrap().path(), false));
    let folder = tempfile::tempdir().unwrap();
    let first: Due = |e| begins(e, Stage::Contrastive);
    let asked: Due = |e| matches!(e.body, Body::StageCut { cut: Cut::Asked });
    let joint: Due = |e| begins(e, Stage::Joint);
    // The command to pause holds the epoch open until the wish is taken back.
    let paused: Due = |e| matches!(e.body, Body::Paused);
    let kept: Due = |e| matches!(e.body, Body::StageCut { cut: Cut::TakenBack });
    let commands = [
        (first, Command::Pause),
        (paused, Command::StopAfterEpoch),
        (asked, Command::KeepStage),
        (kept, Command::Resume),
        (joint, Command::ContinueStage { stage: Stage::Contrastive }),
    ];
    let events = commanded(job(&data, "", cpu(), folder.path(), false), &commands);
    assert_eq!(cuts(&events), [(Stage::Contrastive, Cut::Asked), (Stage::Contrastive, Cut::TakenBack)]);
    let refused = |e: &Event| matches!(&e.body, Body::Log { message, .. } if message.contains("was not ended early"));
    assert!(events.iter().any(refused));
    assert!(record(&events) == whole, "other numbers came out");
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
    // Batches of 7 and a crooked λ: where the signs of errors cancel, a gradient is 0 but for rounding, and AdamW's first
    // step makes a whole step of that.
    for more in ["", "data.missing.text=0.3 data.missing.audio=0.5", "model.modalities=[\"audio\",\"vision\"]"] {
        agree(&gpu, more);
    }
}

fn agree(gpu: &ComputeDevice, more: &str) {
    let data = demo_clips(14, 7, &settings(more), |_| {});
    let set = "contrastive.epochs=1 denoising.epochs=1 joint.epochs=1 training.batch_size=7 denoising.outer_weight=0.7";
    let set = &format!("{set} {more}");
    let losses = |device: ComputeDevice| -> Vec<(Stage, f32)> {
        let (sender, events) = channel::<Event>();
        let folder = tempfile::tempdir().unwrap();
        train(job(&data, set, device, folder.path(), false), &Control::new(), &sender).unwrap();
        drop(sender);
        let step = |e: Event| match e.body {
            Body::Step { scalars, .. } => Some((e.stage?, scalars["loss"]?)),
            _ => None,
        };
        events.iter().filter_map(step).collect()
    };
    let (cpu, gpu) = (losses(cpu()), losses(gpu.clone()));
    assert_eq!(cpu.len(), 6);
    for (a, b) in cpu.iter().zip(&gpu) {
        assert!(a.0 == b.0 && (a.1 - b.1).abs() < 2e-4 * a.1.abs().max(1.0), "{more}: {cpu:?} against {gpu:?}");
    }
}

//! Events that come back, and disks and files that do not.

use super::*;
use std::sync::Arc;

use crate::config::Settings;
use crate::device::DeviceRequest;
use crate::modality::PerModality;
use crate::run::directory::Manifest;
use crate::run::tail::EventTail;
use crate::run::{embedding, labels, predictions};
use crate::training::events::{EmbeddingValues, LabelSummaries, LabelValues, Moment, PredictionValues, StageState};

/// A fresh run directory; it goes when the first of the two is dropped.
pub(crate) fn run_dir() -> (tempfile::TempDir, RunDir) {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings::built_in("demo").unwrap();
    let manifest = Manifest::new("demo", None, DeviceRequest::Cpu, Stage::ALL.to_vec(), settings);
    let dir = RunDir::create(root.path(), Some("test"), &manifest).unwrap();
    (root, dir)
}

pub(crate) fn step(step: u64) -> Event {
    let scalars = [("loss".to_owned(), Some(1.0 / step as f32)), ("task".to_owned(), None)].into();
    Event {
        time: step as f64 * 0.1,
        stage: Some(Stage::Denoising),
        epoch: 1,
        step,
        body: Body::Step { scalars, rates: Default::default() },
    }
}

fn labels(values: usize) -> Event {
    let column = vec![0.5; values];
    let corrected = PerModality { text: column.clone(), audio: column.clone(), vision: column };
    let body = Body::Labels {
        refresh: 7,
        file: String::new(),
        summaries: LabelSummaries::default(),
        values: Some(Arc::new(LabelValues { corrected, ..LabelValues::default() })),
    };
    Event { body, ..step(3) }
}

#[test]
fn what_is_recorded_is_read_back_and_labels_lie_in_their_file() {
    let (_root, dir) = run_dir();
    let mut recorder = Recorder::open(&dir).unwrap();
    for n in 1..=3 {
        recorder.push(step(n));
    }
    recorder.push(labels(4));
    recorder.push_here(Body::Stopped);
    recorder.flush().unwrap();
    assert!(!recorder.is_behind());
    assert_eq!(recorder.written(), std::fs::metadata(dir.events_path()).unwrap().len());
    let events = EventTail::open(dir.events_path()).poll().unwrap();
    assert_eq!(events.len(), 5);
    assert_eq!(events[..3], [step(1), step(2), step(3)]);
    let Body::Labels { file, .. } = &events[3].body else { panic!("{:?}", events[3]) };
    assert_eq!(file, "labels/0007-denoising.npy");
    assert_eq!(labels::read(&dir.path().join(file)).unwrap().corrected.audio, [0.5; 4]);
    assert_eq!((events[4].step, &events[4].body), (3, &Body::Stopped));
}

#[test]
fn representations_and_predictions_lie_in_their_files_and_may_be_written_again() {
    let (_root, dir) = run_dir();
    let mut recorder = Recorder::open(&dir).unwrap();
    let embedding = EmbeddingValues { rows: 1, dim: 2, data: vec![0.5; 12] };
    let column = vec![1.0, -1.0];
    let unimodal = PerModality { text: column.clone(), audio: column.clone(), vision: column.clone() };
    let predictions = PredictionValues { multimodal: column, unimodal };
    let values = Some(Arc::new(embedding.clone()));
    let body = Body::Embedding { moment: Moment::After, file: String::new(), stride: 1, dim: 2, values };
    let event = Event { body, ..step(3) };
    let body = Body::Predictions { file: String::new(), values: Some(Arc::new(predictions.clone())) };
    for event in [event.clone(), Event { body, ..step(3) }, event] {
        recorder.push(event);
    }
    recorder.flush().unwrap();
    let files: Vec<_> = EventTail::open(dir.events_path())
        .poll()
        .unwrap()
        .into_iter()
        .map(|e| match e.body {
            Body::Embedding { file, .. } | Body::Predictions { file, .. } => file,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(files, ["embeddings/0001-after.npy", "predictions/0001-denoising.npy", "embeddings/0001-after.npy"]);
    assert_eq!(embedding::read(&dir.path().join(&files[0])).unwrap(), embedding);
    assert_eq!(predictions::read(&dir.path().join(&files[1])).unwrap(), predictions);
}

#[test]
fn a_line_torn_by_a_dead_process_costs_that_line_only() {
    let (_root, dir) = run_dir();
    let mut recorder = Recorder::open(&dir).unwrap();
    recorder.push(step(1));
    recorder.push(step(2));
    recorder.flush().unwrap();
    drop(recorder);
    let whole = std::fs::read(dir.events_path()).unwrap();
    std::fs::write(dir.events_path(), &whole[..whole.len() - 5]).unwrap();
    let mut tail = EventTail::open(dir.events_path());
    assert_eq!(tail.poll().unwrap(), [step(1)]);
    let mut recorder = Recorder::open(&dir).unwrap();
    recorder.push(step(3));
    recorder.flush().unwrap();
    // The same for one that was watching and for one that comes later.
    assert_eq!(tail.poll().unwrap(), [step(3)]);
    assert_eq!(tail.unreadable(), 1);
    assert_eq!(EventTail::open(dir.events_path()).poll().unwrap(), [step(1), step(3)]);
}

#[test]
fn nothing_is_lost_while_the_disk_refuses() {
    let (_root, dir) = run_dir();
    let mut recorder = Recorder::open(&dir).unwrap();
    std::fs::remove_dir(dir.labels_dir()).unwrap();
    recorder.push(step(1));
    recorder.push(labels(1));
    recorder.push(step(4));
    assert!(recorder.flush().unwrap_err().to_string().contains("0007-denoising.npy"));
    recorder.push(step(5));
    assert!(recorder.flush().is_err() && recorder.is_behind());
    std::fs::create_dir(dir.labels_dir()).unwrap();
    recorder.flush().unwrap();
    let steps: Vec<u64> = EventTail::open(dir.events_path()).poll().unwrap().iter().map(|e| e.step).collect();
    assert_eq!(steps, [1, 3, 4, 5]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_the_events_stay() {
    let (_root, dir) = run_dir();
    let mut recorder = Recorder::open(&dir).unwrap();
    recorder.file = File::options().write(true).open("/dev/full").unwrap();
    recorder.push(step(1));
    let text = recorder.flush().unwrap_err().to_string();
    assert!(text.contains("events.jsonl") && text.contains("No space"), "{text}");
    assert!(recorder.is_behind() && recorder.written() == 0);
}

#[test]
fn a_deleted_directory_is_noticed() {
    let (root, dir) = run_dir();
    let mut recorder = Recorder::open(&dir).unwrap();
    std::fs::remove_dir_all(root.path()).unwrap();
    recorder.looked = Instant::now() - LOOK_EVERY;
    recorder.push(Event { body: Body::StageChanged { state: StageState::Running }, ..step(1) });
    assert!(matches!(recorder.flush(), Err(RecordError::Gone { .. })));
    assert!(recorder.flush().is_err() && recorder.is_behind(), "still gone at the next try");
}

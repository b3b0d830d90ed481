//! Labels that a calibration chose: what they are, and that stage 3 learns from them, after a resume too.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

use mug::dataset::Dataset;
use mug::modality::{Modality, PerModality};
use mug::split::Split;
use mug::training::calibration::{Calibrator, Chosen, Handed};
use mug::training::control::Control;
use mug::training::events::{Body, CheckState, Command, Event, LabelValues, Stage};
use mug::training::{Job, Outcome, TrainingError, train};

use crate::stages::{Record, cpu, dataset, job, record, run, run_until};

const ROWS: usize = 80;

fn data() -> Arc<Dataset> {
    dataset(ROWS / 2)
}

/// The test's run, as it stands in this folder.
fn taken_up(folder: &Path) -> Job {
    job(&data(), "", cpu(), folder, true)
}

/// Labels that nobody would take for the corrector's.
fn made_up() -> Chosen {
    let corrected = PerModality::from_fn(|m| (0..ROWS).map(|i| (i % (3 + m as usize)) as f32 * 0.5).collect());
    let values = LabelValues { corrected, ..LabelValues::default() };
    Chosen { choices: PerModality::default(), values, judged: vec![3, 5] }
}

/// Hands made-up labels to the run in this folder.
fn hand_on(folder: &Path) -> Handed {
    let mut calibrator = Calibrator::open(taken_up(folder)).unwrap();
    let handed = calibrator.hand_on(&made_up(), 0).unwrap();
    calibrator.commit().unwrap();
    handed
}

/// What a run takes down that goes on with the command.
fn commanded(folder: &Path, command: Command) -> Vec<Event> {
    let (sender, events) = channel::<Event>();
    let control = Control::new();
    control.send(command);
    assert_eq!(train(taken_up(folder), &control, &sender).unwrap(), Outcome::Finished);
    drop(sender);
    events.iter().collect()
}

/// The losses of stage 3.
fn joint(record: &Record) -> Vec<&(Stage, u64, String)> {
    record.losses.iter().filter(|loss| loss.0 == Stage::Joint).collect()
}

#[test]
fn the_runs_own_corruption_gives_the_runs_own_labels_and_copies_are_y() {
    let folder = tempfile::tempdir().unwrap();
    let whole = run(job(&data(), "", cpu(), folder.path(), false));
    let calibrator = Calibrator::open(taken_up(folder.path())).unwrap();
    // Nobody judged anything but text, where y is what people say.
    let mut people = PerModality::from_fn(|_| vec![f32::NAN; ROWS]);
    let y: Vec<f32> = Split::ALL.iter().flat_map(|&s| data().labels(s).to_vec()).collect();
    people.text[..20].copy_from_slice(&y[..20]);
    let mut tried = Vec::new();
    let chosen = calibrator.choose(&people, &mut |name| tried.push(name.to_owned())).unwrap();
    assert_eq!((tried.len(), &*tried[0], &*tried[7]), (8, "copies", "gaussian 0.3"));
    assert_eq!((&*chosen.choices.text.chosen, &*chosen.choices.audio.chosen), ("copies", "gaussian 0.3"));
    assert_eq!((chosen.choices.text.labelled, chosen.choices.text.candidates.len()), (20, 8));
    assert_eq!(chosen.judged, (0..20).collect::<Vec<_>>());
    assert_eq!(chosen.values.corrected.text, y);
    // Labels that are meant to be copies raise no check; the others are judged as ever.
    let mut calibrator = Calibrator::open(taken_up(folder.path())).unwrap();
    let handed = calibrator.hand_on(&chosen, 0).unwrap();
    let Body::Health { checks } = &handed.events[1].body else { panic!("{:?}", handed.events[1]) };
    let state = |m| checks.iter().find(|c| c.name == "identity" && c.modality == Some(m)).unwrap().state;
    assert_eq!(state(Modality::Text), CheckState::Unknown);
    assert_ne!(state(Modality::Audio), CheckState::Unknown);
    let own = whole.labels.unwrap();
    assert!(chosen.values.corrected.audio == own.corrected.audio && own.corrected.audio != y);
    // Copies are the same for every member.
    let (spread, own) = (chosen.values.spread.unwrap(), own.spread.as_ref().unwrap());
    assert!(spread.audio == own.audio && spread.text == vec![0.0; ROWS]);
}

#[test]
fn stage_3_learns_from_calibrated_labels_and_is_resumed_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let before = run(job(&data(), "", cpu(), folder.path(), false));
    let handed = hand_on(folder.path());
    assert!(handed.stage_3_keeps && handed.refresh > 0);
    let Body::Labels { refresh, values: Some(values), summaries, .. } = &handed.events[0].body else {
        panic!("{:?}", handed.events)
    };
    assert_eq!(
        (handed.events[0].stage, *refresh, &**values),
        (Some(Stage::Denoising), handed.refresh, &made_up().values)
    );
    // The clips that made the choice are not judged.
    assert_eq!(summaries.train.text.annotated, Some(ROWS / 2 - 2));
    let restart = Command::RestartStage { stage: Stage::Joint };
    let after = record(&commanded(folder.path(), restart));
    assert!(joint(&after).len() == joint(&before).len() && joint(&after) != joint(&before));
    assert_eq!(after.summary.labels, Some(*summaries));
    assert!(record(&commanded(folder.path(), restart)).losses == after.losses, "begun anew it gave other numbers");
    // Stopped within stage 3, and gone on with.
    let other = tempfile::tempdir().unwrap();
    run_until(job(&data(), "", cpu(), other.path(), false), Stage::Denoising, 2).0.unwrap();
    hand_on(other.path());
    let (outcome, mut events) = run_until(taken_up(other.path()), Stage::Joint, 3);
    assert_eq!(outcome.unwrap(), Outcome::Stopped);
    events.extend(run_until(taken_up(other.path()), Stage::Joint, usize::MAX).1);
    let resumed = record(&events);
    assert!(
        joint(&resumed) == joint(&after),
        "calibrated during stage 2 and stopped in stage 3, it gave other numbers"
    );
    // Stage 2 showed its own labels while it went on, and at last those that stage 3 learns from.
    assert_eq!(*resumed.labels.unwrap(), made_up().values);
}

#[test]
fn a_stage_3_that_has_begun_keeps_its_labels_until_it_is_begun_anew() {
    let whole = run(job(&data(), "", cpu(), tempfile::tempdir().unwrap().path(), false));
    let folder = tempfile::tempdir().unwrap();
    let (outcome, mut events) = run_until(job(&data(), "", cpu(), folder.path(), false), Stage::Joint, 2);
    assert_eq!(outcome.unwrap(), Outcome::Stopped);
    assert!(hand_on(folder.path()).stage_3_keeps);
    events.extend(run_until(taken_up(folder.path()), Stage::Joint, usize::MAX).1);
    assert!(record(&events).losses == whole.losses);
    let anew = record(&commanded(folder.path(), Command::RestartStage { stage: Stage::Joint }));
    assert!(joint(&anew) != joint(&whole));
    // With another network the choice does not hold.
    let all = record(&commanded(folder.path(), Command::RestartStage { stage: Stage::Contrastive }));
    assert!(all.losses == whole.losses && all.labels == whole.labels);
}

#[test]
fn without_stage_1_there_is_nothing_to_calibrate() {
    let missing = |folder: &Path| match Calibrator::open(taken_up(folder)) {
        Err(TrainingError::MissingStage { needs, .. }) => needs,
        Err(e) => panic!("{e}"),
        Ok(_) => panic!("there is no stage 1"),
    };
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(missing(folder.path()), Stage::Contrastive);
    run_until(job(&data(), "", cpu(), folder.path(), false), Stage::Contrastive, 2).0.unwrap();
    assert_eq!(missing(folder.path()), Stage::Contrastive);
}

//! Checkpoints that are written while training goes on, and what else a run tells of its training: learning rates and the
//! network's size.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use mug::training::control::Control;
use mug::training::events::{Body, Command, Event, Level, Stage};
use mug::training::listener::Listener;
use mug::training::{Outcome, TrainingError, train, verify_checkpoints};

use crate::stages::{cpu, dataset, job, record, run};

/// Large enough that a checkpoint is not written between two steps.
const WIDE: &str = "model.hidden=192 model.representation=64 training.batch_size=8 contrastive.epochs=2 \
    denoising.epochs=1 joint.epochs=1";

/// Does something at each event, on the training thread, and keeps them.
pub struct Doing<F> {
    pub seen: Mutex<Vec<Event>>,
    pub act: F,
}

impl<F: Fn(&Event, &[Event])> Listener for Doing<F> {
    fn tell(&self, event: Event) -> Result<(), TrainingError> {
        let mut seen = self.seen.lock().unwrap();
        (self.act)(&event, &seen);
        seen.push(event);
        Ok(())
    }

    fn settle(&self) -> Result<(), TrainingError> {
        Ok(())
    }
}

fn is_step(event: &Event, stage: Stage, step: u64) -> bool {
    matches!(event.body, Body::Step { .. }) && event.stage == Some(stage) && event.step == step
}

#[test]
fn a_checkpoint_at_every_step_changes_nothing_and_each_is_told() {
    let data = dataset(32);
    let whole = run(job(&data, WIDE, cpu(), tempfile::tempdir().unwrap().path(), false));
    let folder = tempfile::tempdir().unwrap();
    let control = Control::new();
    let act = |event: &Event, _: &[Event]| {
        if matches!(event.body, Body::Step { .. }) {
            control.send(Command::Checkpoint);
        }
    };
    let doing = Doing { seen: Mutex::default(), act };
    assert_eq!(train(job(&data, WIDE, cpu(), folder.path(), false), &control, &doing).unwrap(), Outcome::Finished);
    let events = doing.seen.into_inner().unwrap();
    assert!(record(&events) == whole, "checkpoints changed the numbers");
    let told = events.iter().filter(|e| matches!(e.body, Body::Checkpointed { .. })).count();
    // 4 steps an epoch, 4 epochs; each but a stage's last is followed by another step or by its end. The stages' ends
    // write their own.
    assert!(told >= 12 + 3, "{told}");
    assert_eq!(verify_checkpoints(&folder.path().join("checkpoints")).1, Vec::<String>::new());
}

#[test]
fn a_run_that_is_stopped_while_a_checkpoint_is_written_goes_on_from_where_it_stood() {
    let data = dataset(32);
    let whole = run(job(&data, WIDE, cpu(), tempfile::tempdir().unwrap().path(), false));
    for (stage, step) in [(Stage::Contrastive, 3), (Stage::Denoising, 2), (Stage::Joint, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let control = Control::new();
        let act = |event: &Event, _: &[Event]| {
            if is_step(event, stage, step) {
                control.send(Command::Checkpoint);
                control.send(Command::StopNow);
            }
        };
        let doing = Doing { seen: Mutex::default(), act };
        let first = train(job(&data, WIDE, cpu(), folder.path(), false), &control, &doing).unwrap();
        assert_eq!(first, Outcome::Stopped);
        let mut events = doing.seen.into_inner().unwrap();
        let doing = Doing { seen: Mutex::default(), act: |_: &Event, _: &[Event]| {} };
        let rest = train(job(&data, WIDE, cpu(), folder.path(), true), &Control::new(), &doing).unwrap();
        assert_eq!(rest, Outcome::Finished);
        events.extend(doing.seen.into_inner().unwrap());
        assert!(record(&events) == whole, "stopped in {stage} after step {step}, and then other numbers came out");
    }
}

#[test]
fn a_disk_that_refuses_a_checkpoint_parks_the_run_until_it_takes_one() {
    let data = dataset(32);
    let whole = run(job(&data, WIDE, cpu(), tempfile::tempdir().unwrap().path(), false));
    let folder = tempfile::tempdir().unwrap();
    // Where checkpoints are put together lies something that is no folder.
    let blocked: PathBuf = folder.path().join("checkpoints").join(".aside");
    let control = Control::new();
    let act = |event: &Event, _: &[Event]| {
        if is_step(event, Stage::Contrastive, 2) {
            fs::write(&blocked, "no folder").unwrap();
            control.send(Command::Checkpoint);
        }
        if matches!(event.body, Body::Paused) {
            fs::remove_file(&blocked).unwrap();
            control.send(Command::Resume);
        }
    };
    let doing = Doing { seen: Mutex::default(), act };
    assert_eq!(train(job(&data, WIDE, cpu(), folder.path(), false), &control, &doing).unwrap(), Outcome::Finished);
    let events = doing.seen.into_inner().unwrap();
    let is_told = |e: &Event| matches!(&e.body, Body::Log { level: Level::Error, message } if message.contains("paused until it can be written"));
    let at = events.iter().position(is_told).expect("a refused checkpoint is told");
    let then: Vec<&Body> = events[at + 1..].iter().map(|e| &e.body).take(3).collect();
    assert!(matches!(then[..], [Body::Paused, Body::Unpaused, Body::Checkpointed { .. }]), "{then:?}");
    assert!(record(&events) == whole, "a refused checkpoint changed the numbers");
}

#[test]
fn learning_rates_are_told_where_they_change_and_the_networks_size_as_each_stage_begins() {
    let data = dataset(32);
    let told = |set: &str| {
        let doing = Doing { seen: Mutex::default(), act: |_: &Event, _: &[Event]| {} };
        let folder = tempfile::tempdir().unwrap();
        train(job(&data, set, cpu(), folder.path(), false), &Control::new(), &doing).unwrap();
        doing.seen.into_inner().unwrap()
    };
    let rates = |events: &[Event], stage: Stage| -> Vec<(u64, String, f64)> {
        let of = |e: &Event| match &e.body {
            Body::Step { rates, .. } if e.stage == Some(stage) => {
                rates.iter().map(|(group, rate)| (e.step, group.clone(), *rate)).collect()
            }
            _ => Vec::new(),
        };
        events.iter().flat_map(of).collect()
    };
    let events = told(
        "contrastive.learning_rate=0.002 joint.learning_rate=0.003 denoising.decay=true \
        denoising.learning_rate=0.01",
    );
    let constant = |rate| vec![(1, "network".to_owned(), rate)];
    assert_eq!(rates(&events, Stage::Contrastive), constant(0.002));
    assert_eq!(rates(&events, Stage::Joint), constant(0.003));
    // 3 epochs of 4 steps: from the whole rate down by a twelfth of it each step.
    let decaying = rates(&events, Stage::Denoising);
    assert_eq!(decaying.len(), 12);
    for (i, (step, group, rate)) in decaying.iter().enumerate() {
        assert_eq!((*step, group.as_str()), (i as u64 + 1, "corrector"));
        assert!((rate - 0.01 * (1.0 - i as f64 / 12.0)).abs() < 1e-12, "{i} {rate}");
    }
    let rivals = told(
        "denoising.learner=mlc denoising.members=1 denoising.decay=false denoising.encoder_rate=0.5 denoising.look_ahead=2",
    );
    let groups = rates(&rivals, Stage::Denoising);
    assert_eq!(groups[0], (1, "network".to_owned(), 0.5));
    assert!(groups.len() == 2 && groups[1].0 == 2 && groups[1].1 == "corrector", "{groups:?}");

    let sizes = |events: &[Event], stage: Stage| -> Vec<(String, u64, u64)> {
        let of = |e: &Event| match &e.body {
            Body::Parameters { parts } if e.stage == Some(stage) => Some(parts.clone()),
            _ => None,
        };
        let mut told = events.iter().filter_map(of);
        let parts = told.next().expect("a stage tells its size");
        assert!(told.next().is_none(), "{stage} tells its size twice");
        parts.into_iter().map(|p| (p.part, p.trained, p.frozen)).collect()
    };
    let names = |sizes: &[(String, u64, u64)]| sizes.iter().map(|s| s.0.clone()).collect::<Vec<_>>();
    let network = ["text", "audio", "vision", "heads", "fusion", "projections"];
    let first = sizes(&events, Stage::Contrastive);
    assert_eq!(names(&first), network);
    assert!(first.iter().all(|s| s.1 > 0 && s.2 == 0), "{first:?}");
    let Body::Prepared(prepared) = &events[0].body else { panic!("{:?}", events[0]) };
    assert_eq!(first.iter().map(|s| s.1).sum::<u64>(), prepared.parameters.0 as u64);
    let second = sizes(&events, Stage::Denoising);
    assert_eq!((names(&second[..6]), second[6].0.as_str()), (network.map(str::to_owned).to_vec(), "corrector"));
    assert!(second[..6].iter().zip(&first).all(|(now, then)| (now.1, now.2) == (0, then.1)), "{second:?}");
    assert_eq!((second[6].1, second[6].2), (prepared.parameters.1 as u64, 0));
    let third = sizes(&events, Stage::Joint);
    assert!(third.iter().all(|s| (s.1 == 0) == (s.0 == "projections")), "{third:?}");
    let rival = sizes(&rivals, Stage::Denoising);
    let held: Vec<&str> = rival.iter().filter(|s| s.1 == 0).map(|s| s.0.as_str()).collect();
    assert_eq!(held, ["fusion", "projections"]);
}

//! Settings that are changed while a run trains: the numbers are those of the settings, and the same again after a resume.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use mug::config::Change;
use mug::training::control::Control;
use mug::training::events::{Body, Command, Event, Stage};
use mug::training::listener::Listener;
use mug::training::{Outcome, TrainingError, train};

use crate::stages::{Record, cpu, dataset, job, record, run};

fn set(text: &str) -> Command {
    Command::Set { change: Change::parse(text).unwrap() }
}

/// Keeps events, and sends commands when one comes that they wait for: on the training thread, so always at the same step.
struct Director<'a> {
    control: &'a Control,
    events: Mutex<Vec<Event>>,
    plan: Mutex<Vec<(Stage, u32, Vec<Command>)>>,
}

impl<'a> Director<'a> {
    /// After these epochs of stages these commands.
    fn new(control: &'a Control, plan: Vec<(Stage, u32, Vec<Command>)>) -> Self {
        Self { control, events: Mutex::default(), plan: Mutex::new(plan) }
    }
}

impl Listener for Director<'_> {
    fn tell(&self, event: Event) -> Result<(), TrainingError> {
        if let (Body::Epoch { .. }, Some(stage)) = (&event.body, event.stage) {
            let mut plan = self.plan.lock().unwrap();
            if let Some(at) = plan.iter().position(|(s, e, _)| (*s, *e) == (stage, event.epoch)) {
                plan.remove(at).2.into_iter().for_each(|command| self.control.send(command));
            }
        }
        self.events.lock().unwrap().push(event);
        Ok(())
    }

    fn settle(&self) -> Result<(), TrainingError> {
        Ok(())
    }
}

/// The changes that the events tell of last, as settings files have them, each with stage and step.
fn changes(events: &[Event]) -> Vec<(String, Stage, u64)> {
    let last =
        events.iter().rev().find_map(|e| if let Body::Changed { changes } = &e.body { Some(changes) } else { None });
    last.into_iter().flatten().map(|c| (c.change.to_string(), c.stage, c.step)).collect()
}

#[test]
fn what_is_changed_before_the_first_step_is_as_if_the_run_had_begun_so() {
    let data = dataset(30);
    let folder = tempfile::tempdir().unwrap();
    let control = Control::new();
    let all = [
        "contrastive.learning_rate=0.01",
        "joint.epochs=3",
        "joint.unimodal_weight=0.25",
        "denoising.outer_weight=0.5",
    ];
    all.iter().for_each(|text| control.send(set(text)));
    // Ones that are not taken change nothing.
    control.send(set("joint.epochs=1.5"));
    control.send(set("joint.epochs=3"));
    let (sender, events) = channel::<Event>();
    assert_eq!(train(job(&data, "", cpu(), folder.path(), false), &control, &sender).unwrap(), Outcome::Finished);
    drop(sender);
    let events: Vec<Event> = events.iter().collect();
    let texts: Vec<String> = changes(&events).into_iter().map(|c| c.0).collect();
    assert_eq!(texts, all);
    let begun_so = run(job(&data, &all.join(" "), cpu(), tempfile::tempdir().unwrap().path(), false));
    assert!(record(&events) == begun_so, "other numbers than those of the settings");
}

/// A run with changes in the middle of each stage; `stop`: it is stopped there and taken up again. Returns what it computed
/// and the changes.
fn changed(stop: Option<(Stage, u32)>) -> (Record, Vec<(String, Stage, u64)>) {
    let data = dataset(30);
    let folder = tempfile::tempdir().unwrap();
    let mut plan = vec![
        (Stage::Contrastive, 1, vec![set("contrastive.learning_rate=0.003"), set("contrastive.epochs=4")]),
        // Changed while it is parked.
        (Stage::Denoising, 1, vec![Command::Pause, set("denoising.learning_rate=0.002"), Command::Resume]),
        (Stage::Joint, 1, vec![set("joint.unimodal_weight=0.1"), set("joint.epochs=5"), set("joint.patience=0")]),
    ];
    if let Some((stage, epoch)) = stop {
        match plan.iter_mut().find(|(s, e, _)| (*s, *e) == (stage, epoch)) {
            Some((_, _, commands)) => commands.push(Command::StopNow),
            None => plan.push((stage, epoch, vec![Command::StopNow])),
        }
    }
    let (mut events, mut resume) = (Vec::new(), false);
    loop {
        let control = Control::new();
        let director = Director::new(&control, std::mem::take(&mut plan));
        let outcome = train(job(&data, "", cpu(), folder.path(), resume), &control, &director).unwrap();
        // What was to come after the stop comes in the next process.
        plan = director.plan.into_inner().unwrap();
        events.extend(director.events.into_inner().unwrap());
        if outcome == Outcome::Finished {
            return (record(&events), changes(&events));
        }
        assert!(!resume, "stopped twice");
        resume = true;
    }
}

#[test]
fn changes_are_repeated_exactly_by_a_process_that_takes_the_run_up() {
    let (whole, made) = changed(None);
    assert_eq!(made.len(), 6, "{made:?}");
    assert_eq!((made[0].1, made[0].2), (Stage::Contrastive, 4));
    let epochs = |stage: Stage| whole.summary.stages[&stage].epochs;
    assert_eq!((epochs(Stage::Contrastive), epochs(Stage::Joint)), (4, 5));
    let plain = run(job(
        &dataset(30),
        "contrastive.epochs=4 joint.epochs=5 joint.patience=0",
        cpu(),
        tempfile::tempdir().unwrap().path(),
        false,
    ));
    assert!(plain.losses != whole.losses, "the changes changed nothing");
    for stop in
        [(Stage::Contrastive, 1), (Stage::Contrastive, 3), (Stage::Denoising, 2), (Stage::Joint, 1), (Stage::Joint, 4)]
    {
        let (again, told) = changed(Some(stop));
        assert!(again == whole, "stopped at {stop:?} it computed other numbers");
        assert_eq!(told, made, "{stop:?}");
    }
}

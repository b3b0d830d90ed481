//! A host in this process with a trainer that counts, talked to through its socket.

use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;

use super::client::{self, ClientError, Link, LinkEvent};
use super::wire::{self, Down};
use super::*;
use crate::run::list::{RunState, summarise};
use crate::run::lock;
use crate::run::recorder::tests::run_dir;
use crate::run::tail::read_view;
use crate::run::view::{Phase, RunView};
use crate::training::events::{Event, Rates, Scalars, Stage, StageState};
use crate::training::listener::Listener;

/// Runs steps until it is told to stop, or `steps` are done.
fn counting(steps: u64) -> Trainer {
    Box::new(move |_, _, _, control, reports| {
        let send = |step: u64, body| {
            let event = Event { time: step as f64, stage: Some(Stage::Contrastive), epoch: 1, step, body };
            reports.tell(event).map_err(|e| e.to_string())
        };
        send(0, Body::StageChanged { state: StageState::Running })?;
        let mut parked = false;
        let mut step = 0;
        while step < steps {
            match if parked { Some(control.wait()) } else { control.poll() } {
                Some(Command::Pause) if !parked => {
                    parked = true;
                    send(step, Body::Paused)?;
                }
                Some(Command::Resume) if parked => {
                    parked = false;
                    send(step, Body::Unpaused)?;
                }
                Some(Command::StopNow) => return Ok(Outcome::Stopped),
                _ => {}
            }
            if !parked {
                std::thread::sleep(Duration::from_millis(1));
                step += 1;
                send(step, Body::Step { scalars: Scalars::new(), rates: Rates::new() })?;
            }
        }
        send(step, Body::Finished { summary: Default::default() })?;
        Ok(Outcome::Finished)
    })
}

pub(super) fn options() -> HostOptions {
    HostOptions {
        signals: false,
        retry: Duration::from_millis(20),
        gone: Duration::from_millis(100),
        ..HostOptions::default()
    }
}

fn start(dir: &RunDir, trainer: Trainer) -> JoinHandle<Result<Served, HostError>> {
    let there = dir.clone();
    let host = std::thread::spawn(move || serve(there, trainer, &options()));
    until(|| lock::holder(dir).is_some());
    host
}

/// Waits for something that happens soon; a minute is for machines that are very busy.
pub(super) fn until(mut happened: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if happened() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not happen within a minute");
}

fn link(dir: &RunDir) -> (Link, Receiver<LinkEvent>) {
    let (notify, events) = mpsc::channel();
    (client::connect(dir, notify).unwrap(), events)
}

pub(super) fn stop(dir: &RunDir) {
    let (link, events) = link(dir);
    link.send(Command::StopNow).unwrap();
    assert!(matches!(next(&events), LinkEvent::Hello { .. }));
    assert_eq!(next(&events), LinkEvent::Accepted(Command::StopNow));
}

pub(super) fn view(dir: &RunDir) -> RunView {
    read_view(&dir.events_path()).unwrap()
}

/// The next event that is no mere news of growth.
fn next(events: &Receiver<LinkEvent>) -> LinkEvent {
    loop {
        match events.recv_timeout(Duration::from_secs(60)).unwrap() {
            LinkEvent::Recorded { .. } => {}
            other => return other,
        }
    }
}

#[test]
fn a_run_is_paused_resumed_and_stopped_through_its_socket() {
    let (_root, dir) = run_dir();
    let host = start(&dir, counting(u64::MAX));
    let (link, events) = link(&dir);
    assert!(matches!(next(&events), LinkEvent::Hello { pid, run, .. } if pid == std::process::id() && run == "test"));
    until(|| view(&dir).phase == Phase::Training);
    link.send(Command::Resume).unwrap();
    assert!(matches!(next(&events), LinkEvent::Refused { command: Command::Resume, .. }));
    link.send(Command::Pause).unwrap();
    assert_eq!(next(&events), LinkEvent::Accepted(Command::Pause));
    until(|| view(&dir).phase == Phase::Paused);
    assert_eq!(summarise(&dir).state, RunState::At(Phase::Paused));
    let parked = view(&dir).stage(Stage::Contrastive).step;
    link.send(Command::Resume).unwrap();
    assert_eq!(next(&events), LinkEvent::Accepted(Command::Resume));
    until(|| view(&dir).stage(Stage::Contrastive).step > parked);
    link.send(Command::StopNow).unwrap();
    assert_eq!(next(&events), LinkEvent::Accepted(Command::StopNow));
    let LinkEvent::Closed { reason } = next(&events) else { panic!() };
    assert!(reason.contains("stopped") && reason.contains("mug resume test"), "{reason}");
    assert_eq!(host.join().unwrap().unwrap(), Served { outcome: Outcome::Stopped, signal: None });
    assert_eq!(summarise(&dir).state, RunState::At(Phase::Stopped));
    assert!(matches!(client::connect(&dir, mpsc::channel().0), Err(ClientError::NotRunning { .. })));
}

#[test]
fn read_only_viewers_watch_and_cannot_command_and_the_last_news_arrives() {
    let (_root, dir) = run_dir();
    let host = start(&dir, counting(300));
    let (notify, events) = mpsc::channel();
    let link = client::connect_as(&dir, true, notify).unwrap();
    link.send(Command::StopNow).unwrap();
    let mut recorded = 0;
    let mut refused = false;
    loop {
        match events.recv_timeout(Duration::from_secs(60)).unwrap() {
            LinkEvent::Hello { recorded: bytes, .. } | LinkEvent::Recorded { bytes } => recorded = bytes,
            LinkEvent::Refused { reason, .. } => refused = reason.contains("read-only"),
            LinkEvent::Closed { reason } => break assert_eq!(reason, "the run finished"),
            other => panic!("{other:?}"),
        }
    }
    assert!(refused);
    assert_eq!(recorded, std::fs::metadata(dir.events_path()).unwrap().len());
    assert_eq!(host.join().unwrap().unwrap().outcome, Outcome::Finished);
    assert_eq!(view(&dir).stage(Stage::Contrastive).steps.len(), 300);
}

#[test]
fn one_host_a_run_and_the_socket_is_private_and_goes_with_it() {
    let (_root, dir) = run_dir();
    let host = start(&dir, counting(u64::MAX));
    assert!(matches!(serve(dir.clone(), counting(1), &options()), Err(HostError::Lock(LockError::Held { .. }))));
    let socket = lock::holder(&dir).unwrap().socket.unwrap();
    assert_eq!(socket.metadata().unwrap().mode() & 0o777, 0o600);
    assert_eq!(socket.parent().unwrap().metadata().unwrap().mode() & 0o777, 0o700);
    stop(&dir);
    host.join().unwrap().unwrap();
    assert!(!socket.exists() && !lock::is_alive(&dir));
}

#[test]
fn garbage_and_silent_and_vanishing_viewers_do_no_harm() {
    let (_root, dir) = run_dir();
    let host = start(&dir, counting(u64::MAX));
    let socket = lock::holder(&dir).unwrap().socket.unwrap();
    let hello = wire::encode(&Down::Hello { version: "x".into(), read_only: false }).unwrap();
    let pause = wire::encode(&Down::Command { number: 0, command: Command::Pause }).unwrap();
    let mut other_version = hello.clone();
    other_version[3] = 99;
    let mut oversized = hello.clone();
    oversized.extend(b"mg\0\x01\xff\xff\xff\xff");
    let speeches: [&[u8]; 8] =
        [b"", b"GET / HTTP/1.1\r\n\r\n", &hello[..5], &other_version, &oversized, &pause, &[0; 100_000], &hello];
    let mut held = Vec::new();
    for speech in speeches {
        for _ in 0..3 {
            let mut stream = UnixStream::connect(&socket).unwrap();
            stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
            // The host may hang up before it has read it all.
            let _ = stream.write_all(speech);
            held.push(stream);
        }
    }
    // Those that said something wrong are hung up on.
    for stream in &mut held[3..6] {
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        assert!(said.starts_with(b"mg"), "the hello came first");
    }
    let (link, events) = link(&dir);
    assert!(matches!(next(&events), LinkEvent::Hello { .. }));
    assert!(view(&dir).phase != Phase::Paused, "a command before the hello is not obeyed");
    link.send(Command::StopNow).unwrap();
    assert_eq!(next(&events), LinkEvent::Accepted(Command::StopNow));
    assert_eq!(host.join().unwrap().unwrap().outcome, Outcome::Stopped);
}

#[test]
fn more_viewers_than_allowed_are_turned_away_and_the_run_goes_on() {
    let (_root, dir) = run_dir();
    let host = start(&dir, counting(u64::MAX));
    let links: Vec<_> = (0..64).map(|_| link(&dir)).collect();
    let turned_away = client::connect(&dir, mpsc::channel().0).unwrap_err().to_string();
    assert!(turned_away.contains("64 viewers"), "{turned_away}");
    // A command gets through all the same.
    let (notify, events) = mpsc::channel();
    let errand = client::connect_to_command(&dir, notify).unwrap();
    errand.send(Command::StopNow).unwrap();
    assert!(matches!(next(&events), LinkEvent::Hello { .. }));
    assert_eq!(next(&events), LinkEvent::Accepted(Command::StopNow));
    host.join().unwrap().unwrap();
    for (_, events) in &links {
        assert!(events.iter().any(|e| matches!(e, LinkEvent::Closed { .. })));
    }
}

#[test]
fn faults_and_panics_are_recorded() {
    let fails: Trainer = Box::new(|_, _, _, _, _| Err("the device failed".to_owned()));
    let index = [1, 2].len() + 1;
    let panics: Trainer =
        Box::new(move |_, _, _, _, _| if index > 2 { panic!("index {index}") } else { Err(String::new()) });
    for (trainer, wanted) in [(fails, "the device failed"), (panics, "panicked: index 3")] {
        let (_root, dir) = run_dir();
        let text = serve(dir.clone(), trainer, &options()).unwrap_err().to_string();
        assert!(text.contains(wanted), "{text}");
        assert_eq!(summarise(&dir).state, RunState::At(Phase::Faulted));
        assert!(view(&dir).fault.unwrap().contains(wanted));
    }
}

#[test]
fn a_disk_that_refuses_parks_the_run_and_loses_nothing() {
    let (_root, dir) = run_dir();
    let (file, aside) = (dir.events_path(), dir.path().join("aside"));
    let host = start(&dir, counting(2000));
    let (_link, events) = link(&dir);
    until(|| view(&dir).stage(Stage::Contrastive).step > 20);
    std::fs::rename(&file, &aside).unwrap();
    loop {
        if let LinkEvent::Trouble { message: Some(message) } = next(&events) {
            break assert!(message.contains("events.jsonl"), "{message}");
        }
    }
    std::fs::rename(&aside, &file).unwrap();
    assert_eq!(next(&events), LinkEvent::Trouble { message: None });
    // Resumed by the host itself, to the end.
    assert_eq!(host.join().unwrap().unwrap().outcome, Outcome::Finished);
    let view = view(&dir);
    assert_eq!(view.stage(Stage::Contrastive).steps.step, (1..=2000).collect::<Vec<u64>>());
    assert!(view.log.iter().any(|l| l.level == Level::Error && l.message.contains("paused")));
}

#[test]
fn a_directory_that_stays_gone_ends_the_run() {
    let (root, dir) = run_dir();
    let host = start(&dir, counting(u64::MAX));
    until(|| view(&dir).stage(Stage::Contrastive).step > 5);
    std::fs::remove_dir_all(root.path()).unwrap();
    assert!(matches!(host.join().unwrap(), Err(HostError::Unwritten(_))));
}

#[test]
fn a_swept_socket_comes_back() {
    let (_root, dir) = run_dir();
    let host = start(&dir, counting(u64::MAX));
    std::fs::remove_file(lock::holder(&dir).unwrap().socket.unwrap()).unwrap();
    until(|| lock::holder(&dir).is_some_and(|h| h.socket.is_some_and(|s| s.exists())));
    stop(&dir);
    host.join().unwrap().unwrap();
}

#[test]
fn what_was_told_before_settling_is_recorded_and_a_disk_that_refuses_is_told_at_once() {
    let trainer: Trainer = Box::new(|dir, _, _, _, reports| {
        let step = |step: u64| {
            let body = Body::Step { scalars: Scalars::new(), rates: Rates::new() };
            reports.tell(Event { time: 0.0, stage: Some(Stage::Contrastive), epoch: 1, step, body }).unwrap();
        };
        for n in 1..=300 {
            step(n);
            if n % 10 == 0 {
                reports.settle().unwrap();
                assert_eq!(view(dir).stage(Stage::Contrastive).steps.len() as u64, n);
            }
        }
        let (file, aside) = (dir.events_path(), dir.path().join("aside"));
        std::fs::rename(&file, &aside).unwrap();
        step(301);
        let refusal = reports.settle().unwrap_err().to_string();
        assert!(refusal.contains("events.jsonl was deleted, moved or replaced"), "{refusal}");
        assert!(reports.settle().is_err(), "and again");
        std::fs::rename(&aside, &file).unwrap();
        until(|| reports.settle().is_ok());
        assert_eq!(view(dir).stage(Stage::Contrastive).steps.len(), 301);
        Ok(Outcome::Stopped)
    });
    let (_root, dir) = run_dir();
    assert_eq!(serve(dir, trainer, &options()).unwrap().outcome, Outcome::Stopped);
}

#[test]
fn a_deleted_lock_comes_back_and_a_run_that_another_process_has_is_left_alone() {
    let (_root, dir) = run_dir();
    let host = start(&dir, counting(u64::MAX));
    std::fs::remove_file(dir.lock_path()).unwrap();
    until(|| lock::holder(&dir).is_some());
    until(|| view(&dir).log.iter().any(|l| l.message.contains("host.lock was deleted")));
    let another = lock::Holder {
        machine: "node7".into(),
        boot: "b7".into(),
        token: "there".into(),
        locks: lock::Reach::Machine,
        ..lock::holder(&dir).unwrap()
    };
    std::fs::write(dir.lock_path(), serde_json::to_vec(&another).unwrap()).unwrap();
    let lost = host.join().unwrap().unwrap_err();
    assert!(matches!(&lost, HostError::Lost(m) if m.contains("node7")), "{lost}");
    assert_eq!(lock::holder(&dir), Some(another));
    assert!(!view(&dir).phase.is_over(), "its record is the other's now");
}

#[test]
fn a_record_that_was_cut_short_never_ends_in_finished() {
    let shorten = |path: &std::path::Path| {
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    };
    let delete = |path: &std::path::Path| std::fs::remove_file(path).unwrap();
    let replace = |path: &std::path::Path| {
        let other = path.with_extension("other");
        std::fs::copy(path, &other).unwrap();
        std::fs::rename(&other, path).unwrap();
    };
    let overwrite = |path: &std::path::Path| {
        std::fs::write(path, vec![b'x'; std::fs::metadata(path).unwrap().len() as usize + 4096]).unwrap();
    };
    let damages: [&dyn Fn(&std::path::Path); 4] = [&shorten, &delete, &replace, &overwrite];
    for (n, damage) in damages.into_iter().enumerate() {
        let (_root, dir) = run_dir();
        let host = start(&dir, counting(1500));
        until(|| view(&dir).stage(Stage::Contrastive).step > 20);
        damage(&dir.events_path());
        let ended = host.join().unwrap();
        assert!(matches!(ended, Err(HostError::Unwritten(_))), "{n}: {ended:?}");
        assert_eq!(summarise(&dir).state, RunState::At(Phase::Faulted), "{n}");
        let fault = view(&dir).fault.unwrap();
        assert!(fault.contains("the record is not whole") && fault.contains("events.jsonl"), "{n}: {fault}");
    }
}

#[test]
fn what_another_program_appends_to_the_record_is_said_and_costs_nothing() {
    let (_root, dir) = run_dir();
    let host = start(&dir, counting(600));
    until(|| view(&dir).stage(Stage::Contrastive).step > 20);
    let mut file = std::fs::File::options().append(true).open(dir.events_path()).unwrap();
    file.write_all(b"a line without an end").unwrap();
    assert_eq!(host.join().unwrap().unwrap().outcome, Outcome::Finished);
    let view = view(&dir);
    assert!(view.log.iter().any(|l| l.message.contains("another program appended")), "{:?}", view.log);
    assert!(view.stage(Stage::Contrastive).steps.len() >= 599);
}

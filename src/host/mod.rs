//! The process of a run: it trains, records, and listens to viewers.
//!
//! ```text
//!   training thread ──words──▶ recorder thread ──standing──▶ one task a viewer ──▶ sockets
//!         ▲                      │ ▲                              │
//!         └──────── control ─────┴─┼──────── control ◀────────────┘
//!                                  └─words── main thread (signals, accepting, end of training)
//! ```
//!
//! | channel  | from → to                 | owner of the receiver | capacity | when full |
//! |----------|---------------------------|-----------------------|----------|-----------|
//! | words    | training, main → recorder | recorder thread       | none     | cannot be: training never waits to tell an event. While the disk refuses, the recorder pauses training, keeps everything, and past 200 000 events drops optimiser steps, counted |
//! | standing | recorder, viewers → tasks | each task             | one      | a newer value replaces the older: a slow viewer misses news in between, never the last |
//! | control  | viewers, signals, recorder → training | training thread | none | commands are a few bytes and answered one by one |
//! | socket   | task → viewer             | the viewer            | the kernel's | the task waits, nobody else does |
//!
//! Before each checkpoint training asks the recorder to settle: it waits until all events before are synced, or is told
//! why they cannot be, which it takes for a disk that refuses the checkpoint. So a checkpoint never stands without the
//! events before it, and a process killed at any moment leaves whole curves.
//!
//! Order of ending: training returns and says so → the recorder writes what is left, the last
//! word of the run (finished, stopped, fault) included, and syncs → viewers are told and get half a second to read it →
//! the socket is removed → the lock is released. A second SIGINT ends the process at once; what was recorded stands.
//!
//! Training runs under a guard: a panic becomes a fault event with its message.
//!
//! It imports from `run` (what is recorded) and the floors below it; it shows nothing. `frames`, `wire` and `client` are the
//! socket's protocol, `listener` and `hub` its server, `recording` and `standing` the recorder thread and what it says,
//! `telling` what people are told who do not look on,
//! `trainer`, `prepare`, `data_watch` and `metering` the training thread and what goes beside it, `calibrate` the work on a run that nobody trains.
//!
//! To add a request: a [`Command`] of training and its line in `standing::Standing::judge`, which says when it is refused.
//! To add a message to viewers: its form in [`wire::Up`], and what the console makes of it in [`client::LinkEvent`].

pub mod calibrate;
pub mod client;
pub mod content;
mod data_watch;
mod frames;
mod hub;
mod listener;
mod metering;
mod options;
pub mod place;
pub mod predict;
pub mod prepare;
mod recording;
mod signals;
pub mod spawn;
mod standing;
mod telling;
#[cfg(test)]
mod tests;
pub mod text;
pub mod trainer;
pub mod wire;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::run::FileError;
use crate::run::directory::{Manifest, RunDir};
use crate::run::lock::{Kept, LockError, RunLock};
use crate::run::recorder::Recorder;
use crate::training::Outcome;
use crate::training::control::Control;
use crate::training::events::{Body, Command, Level};
use hub::Hub;
use listener::Listener;
pub use options::HostOptions;
pub use recording::Reports;
use recording::{Recording, complain};
use signals::{Ask, Signals};
use standing::Standing;

/// Trains a run: called once, on the training thread, with the run directory, its manifest, whether to go on from its
/// checkpoints, the control to look at and where to report. An error is a message for people.
pub type Trainer =
    Box<dyn FnOnce(&RunDir, Manifest, bool, Control, Reports) -> Result<Outcome, String> + Send + 'static>;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    pub outcome: Outcome,
    /// The signal that asked for the end, if one did.
    pub signal: Option<i32>,
}

/// Why a run could not be served to a proper end.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("cannot set up the run's process: {0}")]
    System(#[from] std::io::Error),
    /// Recorded as the run's last event.
    #[error("{0}")]
    Fault(String),
    #[error("the run's last events could not be written: {0}")]
    Unwritten(String),
    #[error("{0}")]
    Lost(String),
}

/// How often the lock and the socket's file are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// A sign of life is given at every so many looks.
const LOOKS_A_SIGN: u64 = 5;

/// Trains a run in this process, on a thread of its own, until it ends.
///
/// # Errors
/// The run is being trained already, its directory cannot be written, or training failed.
pub fn serve(dir: RunDir, trainer: Trainer, options: &HostOptions) -> Result<Served, HostError> {
    let mut lock = RunLock::acquire(&dir, &mut |message| complain(message))?;
    dir.remove_parts();
    let recorder = Recorder::open(&dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let control = Control::new();
    if let Some(stage) = options.restart {
        control.send(Command::RestartStage { stage });
    }
    if let Some(stage) = options.continue_stage {
        control.send(Command::ContinueStage { stage });
    }
    let standing = Arc::new(watch::Sender::new(Standing::new(recorder.written())));
    let result = runtime.block_on(async {
        // Before training starts, so that no signal falls between the two.
        let signals = if options.signals { Some(Signals::new()?) } else { None };
        let recording = Recording::start(&dir, recorder, control.clone(), standing.clone(), options)?;
        if let Some(remark) = lock.remark() {
            recording.note(Level::Warning, remark);
        }
        let listener = Listener::open(&dir, &mut lock, &recording);
        let training = start_training(&dir, trainer, options.resume, &control, &recording)?;
        let hub = Arc::new(Hub::new(&dir, control.clone(), standing.clone()));
        Host { dir: &dir, lock: &mut lock, listener, hub, recording, training, signals, asked: None, lost: None }
            .run()
            .await
    });
    // Tasks that hang on to a viewer that does not read are not waited for.
    runtime.shutdown_background();
    drop(lock);
    result
}

/// How the training thread ended.
enum End {
    Outcome(Outcome),
    Fault(String),
}

fn start_training(
    dir: &RunDir,
    trainer: Trainer,
    resume: bool,
    control: &Control,
    recording: &Recording,
) -> Result<oneshot::Receiver<End>, HostError> {
    let (tell, told) = oneshot::channel();
    let (dir, control) = (dir.clone(), control.clone());
    let manifest = dir.manifest().clone();
    let reports = recording.reports();
    std::thread::Builder::new().name("training".into()).stack_size(16 << 20).spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(|| trainer(&dir, manifest, resume, control, reports.clone())));
        let end = match result {
            Ok(Ok(outcome)) => End::Outcome(outcome),
            Ok(Err(message)) => End::Fault(message),
            Err(panic) => End::Fault(format!(
                "training panicked: {}; this is a defect of the program. The last checkpoint stands: mug resume {}",
                panic_message(&*panic),
                dir.name()
            )),
        };
        let last = match &end {
            End::Outcome(Outcome::Stopped) => Some(Body::Stopped),
            End::Outcome(Outcome::Finished) => None,
            End::Fault(message) => Some(Body::Fault { message: message.clone() }),
        };
        reports.ended(last);
        // The main thread waits for this.
        let _ = tell.send(end);
    })?;
    Ok(told)
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// What the main thread has in hand while a run is trained.
struct Host<'a> {
    dir: &'a RunDir,
    lock: &'a mut RunLock,
    listener: Option<Listener>,
    hub: Arc<Hub>,
    recording: Recording,
    training: oneshot::Receiver<End>,
    signals: Option<Signals>,
    /// The signal that asked for the end.
    asked: Option<i32>,
    /// Another process has the run, and who.
    lost: Option<String>,
}

impl Host<'_> {
    async fn run(mut self) -> Result<Served, HostError> {
        let mut look = tokio::time::interval(LOOK);
        let (mut looks, mut end) = (0_u64, None);
        loop {
            tokio::select! {
                stream = accept(&mut self.listener) => {
                    if let Some(stream) = stream {
                        self.hub.clone().serve(stream);
                    }
                }
                (number, ask) = signals::next(&mut self.signals) => self.on_signal(number, ask),
                ended = &mut self.training, if end.is_none() => {
                    end = Some(ended.unwrap_or_else(|_| End::Fault("the training thread vanished".into())));
                }
                written = self.recording.ended(), if end.is_some() => {
                    let reason = match (&end, &written) {
                        _ if self.lost.is_some() => self.lost.clone().unwrap_or_default(),
                        (Some(End::Fault(message)), _) => format!("the run failed: {message}"),
                        (_, Err(message)) => format!("the run's last events could not be written: {message}"),
                        (Some(End::Outcome(Outcome::Finished)), _) => "the run finished".to_owned(),
                        _ => format!("the run was stopped; mug resume {} goes on with it", self.dir.name()),
                    };
                    self.hub.close(reason).await;
                    return match (end, written) {
                        _ if self.lost.is_some() => Err(HostError::Lost(self.lost.unwrap_or_default())),
                        (Some(End::Fault(message)), _) => Err(HostError::Fault(message)),
                        (_, Err(message)) => Err(HostError::Unwritten(message)),
                        (Some(End::Outcome(outcome)), Ok(())) => Ok(Served { outcome, signal: self.asked }),
                        (None, Ok(())) => Err(HostError::Fault("recording ended before training did".into())),
                    };
                }
                _ = look.tick(), if self.lost.is_none() => {
                    self.look_after_lock();
                    if looks % LOOKS_A_SIGN == 0 {
                        self.lock.touch();
                    }
                    looks += 1;
                    if self.lost.is_none() {
                        Listener::keep(&mut self.listener, self.dir, self.lock, &self.recording);
                    }
                }
            }
        }
    }

    /// Makes sure that this process still is the one that has the run; where another has it, that one's record and
    /// checkpoints are left alone.
    fn look_after_lock(&mut self) {
        match self.lock.check(self.dir) {
            Kept::Whole => {}
            Kept::Restored(what) => {
                let message =
                    format!("{what} by another program; it was put right, and no other process had taken the run");
                self.recording.note(Level::Warning, message);
            }
            Kept::Lost(by) => {
                let message = format!(
                    "run {} was taken{by} while this process trained it: this one ends and writes nothing more to it",
                    self.dir.name()
                );
                complain(&message);
                self.recording.abandon(message.clone());
                self.lost = Some(message);
                self.hub.stop();
            }
        }
    }

    fn on_signal(&mut self, number: i32, ask: Ask) {
        match ask {
            Ask::End => {}
            Ask::Nothing => return,
            Ask::Hangup => {
                // The terminal is gone; the run is not. What it printed there goes nowhere from now on.
                self.recording.note(Level::Info, "the terminal is gone; the run goes on".into());
                return;
            }
        }
        if number == signals::INT && self.asked == Some(number) {
            Listener::remove(&mut self.listener);
            std::process::exit(128 + number);
        }
        let first = self.asked.is_none();
        self.recording.signalled();
        // The first one is the reason, but a SIGINT after another signal counts as the first SIGINT.
        if first || number == signals::INT {
            self.asked = Some(number);
        }
        if first {
            let message = format!(
                "{}: finishing the batch and writing a checkpoint; go on later with mug train --resume {}",
                signals::name(number),
                self.dir.name()
            );
            self.recording.note(Level::Warning, message);
        }
        self.hub.stop();
    }
}

async fn accept(listener: &mut Option<Listener>) -> Option<tokio::net::UnixStream> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

//! The recorder thread: writes events as they come, and when the disk refuses, pauses training and tries again.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::HostOptions;
use super::standing::Standing;
use crate::run::recorder::{RecordError, Recorder};
use crate::run::view::Phase;
use crate::training::control::Control;
use crate::training::events::{Body, Command, Event, Level};

/// From the main and the training thread to the recorder thread.
pub(super) enum Note {
    /// Record this at the moment of the last event.
    Body(Body),
    /// No more events come; this is the last word, unless training has said one itself.
    TrainingEnded(Option<Body>),
}

/// The other threads' end of the recorder thread.
pub(super) struct Recording {
    /// Until training takes it.
    events: Option<Sender<Event>>,
    notes: Sender<Note>,
    ended: oneshot::Receiver<Result<(), String>>,
}

impl Recording {
    pub fn start(
        recorder: Recorder,
        control: Control,
        standing: Arc<watch::Sender<Standing>>,
        options: &HostOptions,
    ) -> io::Result<Recording> {
        let (events, received) = mpsc::channel();
        let (notes, noted) = mpsc::channel();
        let (tell, ended) = oneshot::channel();
        let (retry, gone) = (options.retry, options.gone);
        std::thread::Builder::new().name("recorder".into()).spawn(move || {
            let thread = Thread {
                recorder,
                received,
                noted,
                control,
                standing,
                retry,
                gone,
                trouble: None,
                resumes: 0,
                last: None,
            };
            // The main thread may have ended already, by a second SIGINT.
            let _ = tell.send(thread.run());
        })?;
        Ok(Recording { events: Some(events), notes, ended })
    }

    /// The sender for the training thread; there is one.
    pub fn take_events(&mut self) -> Option<Sender<Event>> {
        self.events.take()
    }

    pub fn notes(&self) -> Sender<Note> {
        self.notes.clone()
    }

    /// Records a line for people.
    pub fn note(&self, level: Level, message: String) {
        // A host that has recorded its end has no more to say.
        let _ = self.notes.send(Note::Body(Body::Log { level, message }));
    }

    /// Resolves once everything is written, or will not be.
    pub async fn ended(&mut self) -> Result<(), String> {
        (&mut self.ended).await.unwrap_or_else(|_| Err("the recorder thread panicked".into()))
    }
}

/// A time of a disk that refuses.
struct Trouble {
    since: Instant,
    tried: Instant,
    /// The end was asked for because the directory did not come back.
    stopping: bool,
}

struct Thread {
    recorder: Recorder,
    received: Receiver<Event>,
    noted: Receiver<Note>,
    control: Control,
    standing: Arc<watch::Sender<Standing>>,
    retry: Duration,
    gone: Duration,
    trouble: Option<Trouble>,
    /// How often a park after a trouble is still taken for its consequence: training may have parked twice, once because
    /// it was told to and once because its checkpoint met the same disk.
    resumes: u32,
    /// The last word, once training has ended.
    last: Option<Option<Body>>,
}

/// Events taken in before they are written.
const BATCH: usize = 4096;
/// The longest wait for an event: notes come on a channel of their own and are looked at in between.
const WAIT: Duration = Duration::from_millis(200);

impl Thread {
    fn run(mut self) -> Result<(), String> {
        loop {
            let over = self.take_in();
            if over && let Some(body) = self.last.as_mut().and_then(Option::take) {
                // The phase tells whether training has said it itself.
                if !self.standing.borrow().phase.is_over() {
                    self.recorder.push_here(body.clone());
                    self.standing.send_modify(|s| {
                        s.phase = match body {
                            Body::Stopped => Phase::Stopped,
                            _ => Phase::Faulted,
                        }
                    });
                }
            }
            if self.trouble.as_ref().is_some_and(|t| t.tried.elapsed() < self.retry) && !self.must_give_up() {
                continue;
            }
            match self.recorder.flush() {
                Ok(()) => {
                    if let Some(trouble) = self.trouble.take() {
                        self.recover(&trouble);
                        continue;
                    }
                    let recorded = self.recorder.written();
                    self.standing.send_if_modified(|s| std::mem::replace(&mut s.recorded, recorded) != recorded);
                    if over {
                        return Ok(());
                    }
                }
                Err(error) => {
                    let message = error.to_string();
                    self.suffer(error);
                    if over && self.must_give_up() {
                        return Err(message);
                    }
                }
            }
        }
    }

    /// Takes in what has come, waiting a little for it. True once training has ended and everything it sent is here.
    fn take_in(&mut self) -> bool {
        let mut note = None;
        let mut first = match self.received.recv_timeout(WAIT) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            // The sender lives with training: from now on only notes come.
            Err(RecvTimeoutError::Disconnected) => {
                let nothing_to_wait_for = self.last.is_some() && self.trouble.is_none();
                note = self.noted.recv_timeout(if nothing_to_wait_for { Duration::ZERO } else { WAIT }).ok();
                None
            }
        };
        while let Some(note) = note.take().or_else(|| self.noted.try_recv().ok()) {
            match note {
                Note::Body(body) => self.recorder.push_here(body),
                Note::TrainingEnded(body) => self.last = Some(body),
            }
        }
        for _ in 0..BATCH {
            let Some(event) = first.take().or_else(|| self.received.try_recv().ok()) else {
                return self.last.is_some();
            };
            self.standing.send_if_modified(|s| {
                let before = s.phase;
                s.apply(&event);
                s.phase != before
            });
            match event.body {
                Body::Step { .. } => self.resumes = 0,
                Body::Paused if self.trouble.is_none() && self.resumes > 0 && !self.standing.borrow().wants_pause => {
                    self.resumes -= 1;
                    self.control.send(Command::Resume);
                }
                _ => {}
            }
            self.recorder.push(event);
        }
        false
    }

    /// Nobody waits for the disk any longer: the end was asked for, or there is no directory to wait for.
    fn must_give_up(&self) -> bool {
        self.last.is_some() && self.trouble.as_ref().is_some_and(|t| self.standing.borrow().wants_stop || t.stopping)
    }

    fn suffer(&mut self, error: RecordError) {
        let gone = matches!(error, RecordError::Gone { .. });
        let message = error.to_string();
        let now = Instant::now();
        if let Some(trouble) = &mut self.trouble {
            trouble.tried = now;
            if gone && !trouble.stopping && trouble.since.elapsed() >= self.gone {
                trouble.stopping = true;
                complain(&format!("{message}; it did not come back, the run ends"));
                self.control.send(Command::StopNow);
            }
            return;
        }
        let message = format!("{message}; the run is paused until it can be written again, nothing recorded is lost");
        complain(&message);
        self.recorder.push_here(Body::Log { level: Level::Error, message: message.clone() });
        self.trouble = Some(Trouble { since: now, tried: now, stopping: false });
        self.standing.send_modify(|s| s.trouble = Some(message));
        if self.last.is_none() {
            self.control.send(Command::Pause);
        }
    }

    fn recover(&mut self, trouble: &Trouble) {
        let seconds = trouble.since.elapsed().as_secs();
        let message = format!("events can be written again after {seconds} s; everything in between is recorded");
        complain(&message);
        self.recorder.push_here(Body::Log { level: Level::Info, message });
        let mut goes_on = false;
        self.standing.send_modify(|s| {
            s.trouble = None;
            goes_on = !s.wants_pause && !s.wants_stop;
        });
        if goes_on && self.last.is_none() && !trouble.stopping {
            self.resumes = 2;
            self.control.send(Command::Resume);
        }
    }
}

/// Says something in `host.log` or on the terminal, which may both be out of order too.
fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "mug: {message}");
}

//! The recorder thread: writes events as they come, and when the disk refuses, pauses training and tries again.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::options::HostOptions;
use super::standing::Standing;
use super::telling::Telling;
use crate::run::directory::RunDir;
use crate::run::recorder::{RecordError, Recorder};
use crate::run::view::Phase;
use crate::training::TrainingError;
use crate::training::control::Control;
use crate::training::events::{Body, Command, Event, Level};
use crate::training::listener::Listener;

/// To the recorder thread, from the training and the main thread.
enum Word {
    Event(Event),
    /// Record this at the moment of the last event.
    Note(Body),
    /// Answer once everything before is on the disk, or with why it cannot be now.
    Settle(Sender<Result<(), String>>),
    /// Write nothing more, whatever comes: the run belongs to another process; why.
    Abandon(String),
    /// A signal asked for the end.
    Signalled,
    /// No more events come; this is the last word, unless training has said one itself.
    TrainingEnded(Option<Body>),
}

/// The training thread's end of the recorder thread.
#[derive(Clone, Debug)]
pub struct Reports(Sender<Word>);

/// How long a checkpoint waits for the events before it. A disk that refuses answers sooner; this is for one that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

impl Reports {
    /// Records something at the moment of the last event.
    pub fn note(&self, body: Body) {
        // Fails only when the recorder is gone, and then the whole process is going.
        let _ = self.0.send(Word::Note(body));
    }

    /// Says that training is over.
    pub(super) fn ended(&self, last: Option<Body>) {
        // The recorder does not end before this.
        let _ = self.0.send(Word::TrainingEnded(last));
    }
}

impl Listener for Reports {
    fn tell(&self, event: Event) -> Result<(), TrainingError> {
        self.0.send(Word::Event(event)).map_err(|_| TrainingError::NoListener)
    }

    fn settle(&self) -> Result<(), TrainingError> {
        let (answer, answered) = mpsc::channel();
        self.0.send(Word::Settle(answer)).map_err(|_| TrainingError::NoListener)?;
        match answered.recv_timeout(PATIENCE) {
            Ok(result) => result.map_err(|message| TrainingError::Unrecorded { message }),
            Err(RecvTimeoutError::Disconnected) => Err(TrainingError::NoListener),
            Err(RecvTimeoutError::Timeout) => {
                Err(TrainingError::Unrecorded { message: format!("the disk did not answer for {PATIENCE:?}") })
            }
        }
    }
}

/// The main thread's end of the recorder thread.
pub(super) struct Recording {
    words: Sender<Word>,
    ended: oneshot::Receiver<Result<(), String>>,
}

impl Recording {
    pub fn start(
        dir: &RunDir,
        recorder: Recorder,
        control: Control,
        standing: Arc<watch::Sender<Standing>>,
        options: &HostOptions,
    ) -> io::Result<Recording> {
        let (words, received) = mpsc::channel();
        let (tell, ended) = oneshot::channel();
        let (retry, gone) = (options.retry, options.gone);
        let reports = Reports(words.clone());
        let telling = Telling::new(dir, options.notify.clone(), move |body| reports.note(body));
        std::thread::Builder::new().name("recorder".into()).spawn(move || {
            let thread = Thread {
                recorder,
                received,
                control,
                standing,
                retry,
                gone,
                trouble: None,
                resumes: 0,
                settling: Vec::new(),
                abandoned: None,
                telling,
                last: None,
            };
            // The main thread may have ended already, by a second SIGINT.
            let _ = tell.send(thread.run());
        })?;
        Ok(Recording { words, ended })
    }

    /// For the training thread.
    pub fn reports(&self) -> Reports {
        Reports(self.words.clone())
    }

    /// Records a line for people.
    pub fn note(&self, level: Level, message: String) {
        // A host that has recorded its end has no more to say.
        let _ = self.words.send(Word::Note(Body::Log { level, message }));
    }

    /// Leaves the record to another process: nothing more is written, no checkpoint either, since each is settled first.
    pub fn abandon(&self, why: String) {
        // As above.
        let _ = self.words.send(Word::Abandon(why));
    }

    /// Says that it is a signal that asks for the end.
    pub fn signalled(&self) {
        // As above.
        let _ = self.words.send(Word::Signalled);
    }

    /// Resolves once everything is written, or will not be.
    pub async fn ended(&mut self) -> Result<(), String> {
        (&mut self.ended).await.unwrap_or_else(|_| Err("the recorder thread panicked".into()))
    }
}

/// A period in which the disk refuses to write.
struct Trouble {
    since: Instant,
    tried: Instant,
    /// The end was asked for because the directory did not come back.
    stopping: bool,
}

struct Thread {
    recorder: Recorder,
    received: Receiver<Word>,
    control: Control,
    standing: Arc<watch::Sender<Standing>>,
    retry: Duration,
    gone: Duration,
    trouble: Option<Trouble>,
    /// How many parks after such a period are taken as caused by it: training may have parked twice, once because
    /// it was told to and once because its checkpoint met the same disk.
    resumes: u32,
    /// Who waits for everything until now to be on the disk.
    settling: Vec<Sender<Result<(), String>>>,
    /// Why nothing is written any more.
    abandoned: Option<String>,
    telling: Telling,
    /// The last word, once training has ended.
    last: Option<Option<Body>>,
}

/// The most words that are taken in before events are written.
const BATCH: usize = 4096;
/// The longest wait for a word: what was written is synced, and a disk that refused is tried again, in between.
const WAIT: Duration = Duration::from_millis(200);

impl Thread {
    fn run(mut self) -> Result<(), String> {
        loop {
            let over = self.take_in();
            if let Some(why) = self.abandoned.clone() {
                self.settled(&Err(why.clone()));
                if over {
                    return Err(why);
                }
                continue;
            }
            if over && let Some(body) = self.last.as_mut().and_then(Option::take) {
                // The phase tells whether training has said it itself; a fault that is found after its last word counts.
                if matches!(body, Body::Fault { .. }) || !self.standing.borrow().phase.is_over() {
                    self.telling.look(&body);
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
                let known = self.standing.borrow().trouble.clone();
                self.settled(&Err(known.unwrap_or_default()));
                continue;
            }
            // At the end, too: what is said to be recorded then is not looked at again.
            let written =
                if self.settling.is_empty() && !over { self.recorder.flush() } else { self.recorder.settle() };
            match written {
                Ok(()) => {
                    self.settled(&Ok(()));
                    if let Some(trouble) = self.trouble.take() {
                        self.recover(&trouble);
                        continue;
                    }
                    let recorded = self.recorder.written();
                    self.standing.send_if_modified(|s| std::mem::replace(&mut s.recorded, recorded) != recorded);
                    if over {
                        // Told last, when everything is written and shown: a command takes its time.
                        let Some(why) = self.telling.end() else { return Ok(()) };
                        self.recorder.push_here(Body::Log { level: Level::Warning, message: why });
                    }
                }
                Err(error) => {
                    let message = error.to_string();
                    self.suffer(error);
                    self.settled(&Err(message.clone()));
                    if over && self.must_give_up() {
                        self.leave_word(&message);
                        self.telling.look(&Body::Fault { message: message.clone() });
                        // The record cannot hold why nobody was told.
                        self.telling.end().iter().for_each(|why| complain(why));
                        return Err(message);
                    }
                }
            }
        }
    }

    /// Takes in what has come, waiting a little for it. True once training has ended and everything it sent is here.
    fn take_in(&mut self) -> bool {
        let wait = if self.last.is_some() && self.trouble.is_none() { Duration::ZERO } else { WAIT };
        let mut word = match self.received.recv_timeout(wait) {
            Ok(word) => Some(word),
            Err(RecvTimeoutError::Timeout) => None,
            // Nobody is left who could say anything: training never began.
            Err(RecvTimeoutError::Disconnected) => {
                self.last.get_or_insert(None);
                None
            }
        };
        for _ in 0..BATCH {
            match word.take().or_else(|| self.received.try_recv().ok()) {
                None => return self.last.is_some(),
                Some(Word::Event(event)) => self.take_event(event),
                Some(Word::Note(Body::System { .. })) if !self.wants_usage() => {}
                Some(Word::Note(body)) => self.recorder.push_here(body),
                Some(Word::Signalled) => self.telling.signalled(),
                Some(Word::TrainingEnded(body)) => self.last = Some(body),
                Some(Word::Abandon(why)) => self.abandoned = Some(why),
                Some(Word::Settle(answer)) => {
                    // Training waits: no more can come from it.
                    self.settling.push(answer);
                    return false;
                }
            }
        }
        false
    }

    /// What the machine does is recorded while it works for the run and the disk takes it.
    fn wants_usage(&self) -> bool {
        let phase = self.standing.borrow().phase;
        self.trouble.is_none() && self.last.is_none() && phase != Phase::Paused && !phase.is_over()
    }

    fn take_event(&mut self, event: Event) {
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
        self.telling.look_at(&event);
        self.recorder.push(event);
    }

    fn settled(&mut self, result: &Result<(), String>) {
        for answer in self.settling.drain(..) {
            // A checkpoint that stopped waiting asks again.
            let _ = answer.send(result.clone());
        }
    }

    /// Nobody waits for the disk any longer: the end was asked for, or there is no directory to wait for.
    fn must_give_up(&self) -> bool {
        self.last.is_some() && self.trouble.as_ref().is_some_and(|t| self.standing.borrow().wants_stop || t.stopping)
    }

    fn suffer(&mut self, error: RecordError) {
        let gone =
            matches!(error, RecordError::Gone { .. } | RecordError::Short { .. } | RecordError::Overwritten { .. });
        let message = self.recorder.in_words(&error);
        let now = Instant::now();
        if let Some(trouble) = &mut self.trouble {
            trouble.tried = now;
            if gone && !trouble.stopping && trouble.since.elapsed() >= self.gone {
                trouble.stopping = true;
                complain(&format!("{message}; what was recorded did not come back, the run ends"));
                self.control.send(Command::StopNow);
            }
            return;
        }
        let message = format!("paused until it can be written: {message}; nothing is lost");
        complain(&message);
        self.recorder.push_here(Body::Log { level: Level::Error, message: message.clone() });
        self.trouble = Some(Trouble { since: now, tried: now, stopping: false });
        self.standing.send_modify(|s| s.trouble = Some(message));
        if self.last.is_none() {
            self.control.send(Command::Pause);
        }
    }

    /// Records how the run ends in whatever file there is now: one whose rows are missing is never taken for finished.
    fn leave_word(&mut self, message: &str) {
        let message = format!("the record is not whole: {message}");
        // Without a directory there is nothing to write to, and who started the run is told.
        let _ = self.recorder.accept_damage().and_then(|()| {
            self.recorder.push_here(Body::Fault { message });
            self.recorder.settle()
        });
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
pub(super) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "mug: {message}");
}

//! Tells the person whose run it is, by a command of theirs, that it has ended or that signs of failure appeared.
//!
//! The recorder thread says what happens; one thread runs the commands, one after the other. Signs of failure wait for
//! nobody: those that come while a command runs are told together in the next one. The end is waited for, so long and no
//! longer, because the process ends after it.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

use serde_json::json;

use crate::notify::{self, Message, Reason, Settings, Subject};
use crate::run::directory::RunDir;
use crate::training::events::{Body, Event, Level, Summary};
use crate::training::is_divergence;

/// How a run that was stopped by a signal is told at most: a batch system kills soon.
const HURRY: Duration = Duration::from_secs(5);
/// How the log names a sign of failure that appeared.
const SIGN: &str = "health: ";

/// What is told of one run.
pub(super) struct Telling {
    settings: Settings,
    dir: RunDir,
    /// To the thread that runs commands; `None` where nobody is to be told.
    commands: Option<SyncSender<Job>>,
    /// Signs of failure that are to be told.
    signs: Vec<String>,
    /// Where training is: stage, epoch, step, active seconds.
    place: serde_json::Value,
    end: Option<End>,
    signalled: bool,
}

/// A command to run.
struct Job {
    message: Message,
    limit: Duration,
    /// Gets how it went, where somebody waits for it.
    answer: Option<Sender<Option<String>>>,
}

/// How the run ended.
enum End {
    Finished(Box<Summary>),
    Stopped,
    Fault(String),
}

impl Telling {
    /// For a run and what its person asked for. A cell of a study tells nothing.
    ///
    /// `note` records something.
    pub fn new(
        dir: &RunDir,
        settings: Result<Settings, String>,
        note: impl Fn(Body) + Clone + Send + 'static,
    ) -> Telling {
        let mut commands = None;
        let settings = settings.unwrap_or_else(|why| {
            complain(&note, why);
            Settings::default()
        });
        if !settings.command.is_empty() && dir.manifest().cell.is_none() {
            let (sender, jobs) = mpsc::sync_channel(1);
            let (own, complaints) = (settings.command.clone(), note.clone());
            let work = move || work(&own, &jobs, &note);
            match std::thread::Builder::new().name("telling".into()).spawn(work) {
                Ok(_) => commands = Some(sender),
                Err(e) => complain(&complaints, format!("notify.command cannot be run: {e}")),
            }
        }
        let dir = dir.clone();
        Telling { settings, dir, commands, signs: Vec::new(), place: json!({}), end: None, signalled: false }
    }

    /// Takes note of an event.
    pub fn look_at(&mut self, event: &Event) {
        if self.commands.is_none() {
            return;
        }
        let Event { time, stage, epoch, step, body } = event;
        self.look(body);
        match body {
            Body::Log { level: Level::Warning, message } if message.starts_with(SIGN) => {
                self.place = json!({ "stage": stage, "epoch": epoch, "step": step, "seconds": time });
                self.signs.push(message[SIGN.len()..].to_owned());
            }
            Body::Step { .. } | Body::Epoch { .. } | Body::StageChanged { .. } => {
                self.place = json!({ "stage": stage, "epoch": epoch, "step": step, "seconds": time });
                self.tell_signs();
            }
            _ => {}
        }
    }

    /// Takes note of what may be the run's last word.
    pub fn look(&mut self, body: &Body) {
        match body {
            Body::Finished { summary } => self.end = Some(End::Finished(summary.clone().into())),
            Body::Stopped => self.end = Some(End::Stopped),
            Body::Fault { message } => self.end = Some(End::Fault(message.clone())),
            _ => {}
        }
    }

    /// Takes note that a signal asked for the end.
    pub fn signalled(&mut self) {
        self.signalled = true;
    }

    /// Tells the signs of failure that appeared, unless the last ones are still being told.
    fn tell_signs(&mut self) {
        if self.signs.is_empty() {
            return;
        }
        if !self.settings.wants(Reason::Unhealthy) {
            return self.signs.clear();
        }
        let text = format!("run {}: {}", self.dir.name(), self.signs.join("; "));
        let message = self.message(Reason::Unhealthy, text, self.place.clone());
        let job = Job { message, limit: Duration::from_secs(self.settings.timeout), answer: None };
        if self.commands.as_ref().is_some_and(|commands| commands.try_send(job).is_ok()) {
            self.signs.clear();
        }
    }

    /// Tells how the run ended, once; returns why nobody was told, where nobody was.
    pub fn end(&mut self) -> Option<String> {
        let commands = self.commands.take()?;
        let name = self.dir.name();
        let (reason, text, figures) = match self.end.take()? {
            End::Finished(summary) => {
                let test = summary.metrics.test.get("mae").copied().flatten();
                let figure = test.map_or(String::new(), |mae| format!(", test MAE {mae:.4}"));
                let figures = serde_json::to_value(&summary).unwrap_or_default();
                (Reason::Finished, format!("run {name} is finished{figure}"), figures)
            }
            // A person who stops a run knows it.
            End::Stopped if !self.signalled => return None,
            End::Stopped => {
                let text = format!("run {name} was stopped by a signal; mug resume {name} goes on with it");
                (Reason::Stopped, text, self.place.clone())
            }
            End::Fault(why) => {
                let reason = if is_divergence(&why) { Reason::Diverged } else { Reason::Failed };
                (reason, format!("run {name} failed: {why}"), self.place.clone())
            }
        };
        if !self.settings.wants(reason) {
            return None;
        }
        let mut limit = Duration::from_secs(self.settings.timeout);
        if self.signalled {
            limit = limit.min(HURRY);
        }
        let (answer, answered) = mpsc::channel();
        let job = Job { message: self.message(reason, text, figures), limit, answer: Some(answer) };
        let busy = || "notify.command: it still runs for a sign of failure; the run's end was not told".to_owned();
        if commands.try_send(job).is_err() {
            return Some(busy());
        }
        match answered.recv_timeout(limit + Duration::from_secs(2)) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => Some(busy()),
            Err(RecvTimeoutError::Disconnected) => Some("notify.command: the thread that runs it is gone".to_owned()),
        }
    }

    fn message(&self, reason: Reason, text: String, figures: serde_json::Value) -> Message {
        let (name, path) = (self.dir.name().to_owned(), self.dir.path().to_owned());
        Message { subject: Subject::Run, name, path, reason, text, figures }
    }
}

/// Runs commands until there are no more.
fn work(command: &[String], jobs: &Receiver<Job>, note: &impl Fn(Body)) {
    for Job { message, limit, answer } in jobs {
        let failed = notify::run(command, limit, &message).err().map(|e| e.to_string());
        match (answer, failed) {
            (Some(answer), failed) => {
                // Whoever waited may have given it up.
                let _ = answer.send(failed);
            }
            (None, Some(why)) => complain(note, why),
            (None, None) => {}
        }
    }
}

fn complain(note: &impl Fn(Body), message: String) {
    note(Body::Log { level: Level::Warning, message });
}

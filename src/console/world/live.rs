//! The world behind the screen: datasets, runs, the attached run's directory and its process. Everything here happens on
//! threads of its own and is answered by messages, so that no file system and no socket can hold up the screen.
//!
//! Threads: one that looks into datasets, one after the other; for each attachment one that tails the events, one that
//! keeps the link to the run's process, one that reads label tables, one that writes marks, one that looks for neighbours; one for each run
//! beside it; one that looks for runs, one that puts the label table in order, one that lays representations out (its own queue of one,
//! embedding/worker.rs), one that remembers how the console is arranged; short ones for the rest. All of an attachment's
//! end when another run is attached or the screen is gone.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use super::attachment::Attachment;
use super::follower::Follower;
use super::inspection::{catalogue, check_all, inspect_all, request};
use super::latest::Latest;
use super::mailbox::Mailbox;
use super::projector::Projector;
use super::reading::Reading;
use super::start::Start;
use super::studies::StudyWatch;
use super::unfinished::{Piece, Unfinished};
use super::worker::spawn;
use super::{figure, preferences, reports, studies};
use crate::console::state::effect::{Arrangement, Backend, Begin, Effect, Export};
use crate::console::state::message::Message;
use crate::console::state::preferences::Preferences;
use crate::host::prepare::PrepareError;
use crate::host::spawn::{start_detached, take_up};
use crate::run::directory::RunDir;
use crate::run::list::Lister;
use crate::run::organise::Change;
use crate::training::events::Level;

/// What runs started here are given.
#[derive(Clone, Debug)]
pub struct Given {
    pub runs_root: PathBuf,
    pub start: Start,
    pub read_only: bool,
}

/// The backend of a real console.
pub struct Live {
    given: Given,
    mailbox: Mailbox,
    /// Data files named by path.
    extra: Arc<Mutex<Vec<PathBuf>>>,
    inspector: Sender<String>,
    /// Run directories whose process is being started.
    starting: Arc<Mutex<HashSet<PathBuf>>>,
    attachment: Option<Attachment>,
    /// The runs beside the attached one.
    followers: Vec<Follower>,
    lister: Latest<()>,
    studies: StudyWatch,
    arranger: Latest<Arrangement>,
    rememberer: Latest<(Preferences, Piece)>,
    unfinished: Unfinished,
    projector: Projector,
    tmux: bool,
}

/// Time that a file being written has left when somebody leaves.
const FILE: Duration = Duration::from_secs(10);
/// The same for a mark or the arrangement of columns, which take a moment.
const MOMENT: Duration = Duration::from_secs(2);

impl Live {
    pub fn new(given: Given, mailbox: Mailbox, tmux: bool) -> Self {
        let extra = Arc::new(Mutex::new(given.start.files.clone()));
        let (inspector, targets) = mpsc::channel();
        let (own, answers) = (given.start.clone(), mailbox.clone());
        spawn(&mailbox, "datasets", move || inspect_all(&own, &targets, &answers));
        let answers = mailbox.clone();
        let mut runs = Lister::open(&given.runs_root);
        let lister = Latest::new(&mailbox, "runs", move |()| answers.send(Message::Runs(runs.list())));
        let studies = StudyWatch::new(&mailbox, given.runs_root.clone());
        let answers = mailbox.clone();
        let arranger = Latest::new(&mailbox, "order", move |asked: Arrangement| {
            answers.send(Message::Arranged { number: asked.number, index: asked.order() })
        });
        let answers = mailbox.clone();
        let rememberer = Latest::new(&mailbox, "preferences", move |(asked, piece): (Preferences, Piece)| {
            let written = preferences::path().map_or(Ok(()), |path| preferences::write(&path, &asked));
            written.map_or_else(|e| answers.send(warning(piece.fail(e.to_string()))), |()| true)
        });
        let starting = Arc::default();
        let projector = Projector::new(mailbox.clone());
        Self {
            given,
            mailbox,
            extra,
            inspector,
            starting,
            attachment: None,
            followers: Vec::new(),
            lister,
            studies,
            arranger,
            projector,
            rememberer,
            unfinished: Unfinished::default(),
            tmux,
        }
    }

    fn open(&self, typed: String) {
        let (mailbox, extra, start) = (self.mailbox.clone(), self.extra.clone(), self.given.start.clone());
        spawn(&self.mailbox, "open", move || {
            // As it is named, links and all: the name says which settings are meant.
            let path = match std::path::absolute(expand(&typed)) {
                Ok(path) if path.is_file() => path,
                Ok(path) if path.exists() => {
                    return note(&mailbox, Level::Error, format!("{}: expected a file", path.display()));
                }
                Ok(path) => return note(&mailbox, Level::Error, format!("there is no file {}", path.display())),
                Err(e) => return note(&mailbox, Level::Error, format!("cannot open {typed}: {e}")),
            };
            let extra = {
                let mut extra = extra.lock().unwrap_or_else(PoisonError::into_inner);
                if !extra.contains(&path) {
                    extra.push(path.clone());
                }
                extra.clone()
            };
            let items = catalogue(&start, &extra);
            let own = path.display().to_string();
            if let Some(item) = items.iter().find(|i| i.target == own).cloned() {
                mailbox.send(Message::Datasets(items.clone()));
                mailbox.send(Message::Opened(item));
                check_all(&start, &items, &mailbox);
            }
        });
    }

    fn train(&self, dataset: String) {
        let (given, mailbox, starting) = (self.given.clone(), self.mailbox.clone(), self.starting.clone());
        spawn(&self.mailbox, "start", move || match request(&given.start, &dataset).create(&given.runs_root) {
            Ok(dir) => {
                let name = dir.name().to_owned();
                begin(&starting, dir.path());
                mailbox.send(Message::Created { path: dir.path().to_owned(), name });
                report_start(start_detached(&dir).map_err(|e| e.to_string()), &dir, &starting, &mailbox);
            }
            Err(e) => {
                if matches!(e, PrepareError::Unusable { .. }) {
                    mailbox.send(Message::Checked { target: dataset, problem: Some(e.to_string()) });
                }
                mailbox.send(Message::Problem(e.to_string()));
            }
        });
    }

    fn take_up(&self, path: PathBuf, from: Begin) {
        let (mailbox, starting) = (self.mailbox.clone(), self.starting.clone());
        begin(&starting, &path);
        spawn(&self.mailbox, "start", move || match RunDir::open(&path) {
            Ok(dir) => {
                let started = take_up(&dir, from, &mut |message| note(&mailbox, Level::Info, message.to_owned()));
                report_start(started.map_err(|e| e.to_string()), &dir, &starting, &mailbox);
            }
            Err(e) => {
                end(&starting, &path);
                note(&mailbox, Level::Error, e.to_string());
            }
        });
    }

    /// Has a study's process end, or starts one that goes on with it; both take a while.
    fn on_study(&self, path: PathBuf, act: fn(&Path) -> Result<String, String>) {
        let mailbox = self.mailbox.clone();
        spawn(&self.mailbox, "study", move || match act(&path) {
            Ok(done) => note(&mailbox, Level::Info, done),
            Err(why) => note(&mailbox, Level::Error, why),
        });
    }

    fn copy(&self, content: String) {
        if !self.tmux {
            return;
        }
        // Besides the escape sequence: tmux's own buffer, and through it (-w) the clipboard of the terminal outside.
        spawn(&self.mailbox, "clipboard", move || {
            let mut tmux = Program::new("tmux");
            tmux.args(["load-buffer", "-w", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let child = tmux.spawn();
            // Where there is no such program the escape sequence was all there is.
            if let Ok(mut child) = child {
                if let Some(mut input) = child.stdin.take() {
                    let _ = input.write_all(content.as_bytes());
                }
                let _ = child.wait();
            }
        });
    }

    /// Waits a little for what is being written for a person; returns what was not written.
    pub fn leave(&self) -> Vec<String> {
        self.unfinished.leave()
    }

    fn read(&self, attach: u64, reading: Reading) {
        if let Some(attachment) = self.attachment.as_ref().filter(|a| a.number() == attach) {
            attachment.read(reading);
        }
    }
}

impl Backend for Live {
    fn perform(&mut self, effect: Effect) {
        let mailbox = self.mailbox.clone();
        match effect {
            Effect::ScanDatasets => {
                let (extra, start) = (self.extra.clone(), self.given.start.clone());
                spawn(&self.mailbox, "catalogue", move || {
                    let extra = extra.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    let items = catalogue(&start, &extra);
                    mailbox.send(Message::Datasets(items.clone()));
                    check_all(&start, &items, &mailbox);
                });
            }
            Effect::Open(typed) => self.open(typed),
            Effect::Inspect(target) => {
                // The thread ends with this sender only.
                let _ = self.inspector.send(target);
            }
            Effect::ListRuns => self.lister.ask(()),
            Effect::Train { dataset } => self.train(dataset),
            Effect::TakeUp { path, begin } => self.take_up(path, begin),
            Effect::Attach { attach, path, follow } => {
                // The former one's threads end by themselves once it is dropped.
                let starting = self.starting.clone();
                self.attachment = None;
                self.attachment = Some(Attachment::new(attach, path, follow, self.given.read_only, mailbox, starting));
            }
            Effect::Send(command) => {
                if let Some(Err(e)) = self.attachment.as_ref().map(|a| a.send(command)) {
                    mailbox.offer(Message::Notice { level: Level::Error, text: e });
                }
            }
            Effect::WatchStudies(watch) => self.studies.look_at(watch),
            Effect::RunStudy { arguments } => {
                let root = self.given.runs_root.clone();
                spawn(&self.mailbox, "study", move || match studies::begin(&root, &arguments) {
                    Ok(done) => note(&mailbox, Level::Info, done),
                    Err(words) => drop(mailbox.send(Message::Problem(words))),
                });
            }
            Effect::StopStudy { path } => self.on_study(path, studies::end),
            Effect::ResumeStudy { path } => self.on_study(path, studies::go_on),
            Effect::Detach => self.attachment = None,
            Effect::Organise { paths, change } => {
                let (root, lister) = (self.given.runs_root.clone(), self.lister.clone());
                spawn(&self.mailbox, "organise", move || {
                    organise(&root, &paths, &change, &mailbox);
                    lister.ask(());
                });
            }
            Effect::Beside { path, on: true } => self.followers.push(Follower::new(path, &mailbox)),
            Effect::Beside { path, on: false } => self.followers.retain(|f| f.path != path),
            Effect::Compare { paths } => spawn(&self.mailbox, "compare", move || {
                mailbox.send(reports::read_comparison(&paths));
            }),
            Effect::ShowCard { path } => spawn(&self.mailbox, "card", move || {
                mailbox.send(reports::read_card(&path));
            }),
            Effect::Draw { run, request, path } => {
                spawn(&self.mailbox, "figure", move || match figure::draw(&run, &request, expand(&path)) {
                    Ok(words) => note(&mailbox, Level::Info, words),
                    Err(words) => note(&mailbox, Level::Error, words),
                })
            }
            Effect::LoadRows { attach } => self.read(attach, Reading::Rows),
            Effect::LoadValues { attach, refresh, file } => self.read(attach, Reading::Values { refresh, file }),
            Effect::LoadPredictions { attach, file } => self.read(attach, Reading::Predictions { file }),
            Effect::Mark { attach, mark } => {
                if let Some(attachment) = self.attachment.as_ref().filter(|a| a.number() == attach) {
                    let piece = self.unfinished.begin(format!("the mark of {}", mark.id), MOMENT);
                    attachment.mark(mark, piece);
                }
            }
            Effect::LoadNeighbours { attach, row, file } => {
                if let Some(attachment) = self.attachment.as_ref().filter(|a| a.number() == attach) {
                    attachment.find_neighbours(row, file);
                }
            }
            Effect::Arrange(arrangement) => self.arranger.ask(arrangement),
            Effect::Export(export) => {
                let piece = self.unfinished.begin(format!("the file {}", export.path.display()), FILE);
                spawn(&self.mailbox, "export", move || {
                    let said = match write_out(export) {
                        Err(why) => Message::Notice { level: Level::Error, text: piece.fail(why) },
                        Ok(said) => said,
                    };
                    mailbox.send(said);
                });
            }
            Effect::Remember(preferences) => {
                let piece = self.unfinished.begin("how the columns are arranged", MOMENT);
                self.rememberer.ask((preferences, piece));
            }
            Effect::Recall => spawn(&self.mailbox, "recall", move || {
                match preferences::path().map_or(Ok(None), |path| preferences::read(&path)) {
                    Ok(Some(preferences)) => mailbox.send(Message::Recalled(preferences)),
                    Ok(None) => true,
                    Err(e) => mailbox.send(warning(e.to_string())),
                };
            }),
            Effect::Project { number, request } => self.projector.ask(number, *request),
            Effect::StopProjection => self.projector.stop(),
            Effect::Copy(content) => self.copy(content),
            // The terminal's own; done by the loop.
            Effect::Leave
            | Effect::Suspend
            | Effect::Redraw
            | Effect::Mouse(_)
            | Effect::Annotate { .. }
            | Effect::Tell(_) => {}
        }
    }
}

fn warning(text: String) -> Message {
    Message::Notice { level: Level::Warning, text }
}

/// Writes rows of the label table to a file and says what became of it.
fn write_out(mut export: Export) -> Result<Message, String> {
    export.path = expand(&export.path.to_string_lossy());
    if !export.overwrite && export.path.exists() {
        return Ok(Message::ExportExists(export));
    }
    export.extract().write_file(export.format, &export.path).map_err(|e| e.to_string())?;
    let path = export.path.canonicalize().unwrap_or(export.path);
    let text = format!("{} rows written to {}", export.rows.len(), path.display());
    Ok(Message::Notice { level: Level::Info, text })
}

fn note(mailbox: &Mailbox, level: Level, text: String) {
    mailbox.send(Message::Notice { level, text });
}

/// Renames, tags, notes or deletes runs, one after the other, and says what became of it.
fn organise(root: &Path, paths: &[PathBuf], change: &Change, mailbox: &Mailbox) {
    let mut done = 0;
    for from in paths {
        match change.apply(root, from) {
            Ok(to) => {
                done += 1;
                mailbox.send(Message::Organised { from: from.clone(), to });
            }
            Err(e) => return note(mailbox, Level::Error, e.to_string()),
        }
    }
    let runs = if done == 1 { "run".to_owned() } else { format!("{done} runs") };
    let what = match change {
        Change::Rename { to } => format!("is now {to}"),
        Change::Tag { .. } => "tagged".to_owned(),
        Change::Note { .. } => "noted".to_owned(),
        Change::Remove => "deleted".to_owned(),
    };
    note(mailbox, Level::Info, format!("{runs} {what}"));
}

fn begin(starting: &Mutex<HashSet<PathBuf>>, path: &Path) {
    starting.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
}

fn end(starting: &Mutex<HashSet<PathBuf>>, path: &Path) {
    starting.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
}

fn report_start(started: Result<u32, String>, dir: &RunDir, starting: &Mutex<HashSet<PathBuf>>, mailbox: &Mailbox) {
    end(starting, dir.path());
    if let Err(e) = started {
        mailbox.send(Message::Problem(e));
    }
}

/// A path as typed, with `~` for the home folder.
fn expand(typed: &str) -> PathBuf {
    match typed.strip_prefix("~/").map(|rest| (directories::BaseDirs::new(), rest)) {
        Some((Some(dirs), rest)) => dirs.home_dir().join(rest),
        _ => PathBuf::from(typed),
    }
}

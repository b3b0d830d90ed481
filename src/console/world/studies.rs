//! Looks at studies again and again, while somebody looks at them: where their cells stand, and what finished ones came
//! to. Nothing is read twice that did not change: of a cell that rests, its files' times are looked at and no more.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, SystemTime};

use super::mailbox::Mailbox;
use super::study_cells::Cells;
use super::worker::spawn;
use crate::console::state::message::Message;
use crate::console::state::studies::{StudyLine, Watch};
use crate::console::terminal::panics::guarded;
use crate::host::spawn::this_program;
use crate::run::clock;
use crate::run::study::{Study, folder};
use crate::study::stop;
use crate::training::events::Level;

/// How often a study that is open is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// Looks at the open study for each look at all of them.
const ALL: u32 = 5;

/// The thread that looks. Channel: what to look at, unbounded, emptied to its last entry before each look; the thread ends
/// when this is dropped.
#[derive(Clone, Debug)]
pub struct StudyWatch {
    asked: Sender<Watch>,
}

impl StudyWatch {
    /// Starts the thread; it looks at nothing until it is asked to.
    pub fn new(mailbox: &Mailbox, runs_root: PathBuf) -> Self {
        let (asked, watches) = mpsc::channel();
        let own = mailbox.clone();
        spawn(mailbox, "studies", move || {
            let mut studies = Known::new(runs_root);
            let mut watch = Watch::Nothing;
            let mut looks = 0;
            loop {
                let news = match watch {
                    Watch::Nothing => watches.recv().map_err(|_| RecvTimeoutError::Disconnected),
                    _ => watches.recv_timeout(LOOK),
                };
                match news {
                    Ok(asked) => (watch, looks) = (watches.try_iter().last().unwrap_or(asked), 0),
                    Err(RecvTimeoutError::Timeout) => looks += 1,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                let goes_on = match guarded(|| studies.look(&watch, looks % ALL == 0, &own)) {
                    Ok(goes_on) => goes_on,
                    // The next look may fare better.
                    Err(why) => own.send(super::worker::failure("studies", &why)),
                };
                if !goes_on {
                    return;
                }
            }
        });
        Self { asked }
    }

    /// Says what to look at from now on, and has it looked at at once.
    pub fn look_at(&self, watch: Watch) {
        // The thread is gone only with the screen, or where it could not be started, and that was said.
        let _ = self.asked.send(watch);
    }
}

/// Has whoever carries a study out end it; says what became of it.
///
/// # Errors
/// The study's folder cannot be written to, in words.
pub fn end(path: &Path) -> Result<String, String> {
    let study = Study::open(path).map_err(|e| e.to_string())?;
    let left = stop::stop(&study).map_err(|e| e.to_string())?;
    let name = study.name();
    if left.is_empty() {
        return Ok(format!("study {name} is stopped; x, or mug study resume {name}, goes on with it"));
    }
    Ok(format!(
        "study {name}: {} of its runs are still busy; they end after their batch, wherever they run",
        left.len()
    ))
}

/// Starts a process that goes on with a study and outlives the console.
///
/// # Errors
/// It did not come up; what it said.
pub fn go_on(path: &Path) -> Result<String, String> {
    let study = Study::open(path).map_err(|e| e.to_string())?;
    let mut program = Program::new(this_program());
    start(program.args(["study", "resume", "--detach"]).arg(study.path()))?;
    Ok(format!("study {} goes on", study.name()))
}

/// Begins a study with the arguments of `mug study run`, in a process that outlives the console.
///
/// # Errors
/// The arguments are not understood, or it did not come up; what it said.
pub fn begin(runs_root: &Path, arguments: &[String]) -> Result<String, String> {
    let mut program = Program::new(this_program());
    program.arg("--runs-dir").arg(runs_root).args(["study", "run", "--detach"]).args(arguments);
    start(&mut program)?;
    Ok("the study is begun; it goes on without this console".to_owned())
}

/// Has a program of ours start another one and end.
fn start(program: &mut Program) -> Result<(), String> {
    let output = program.stdin(Stdio::null()).output().map_err(|e| format!("cannot start mug study: {e}"))?;
    let said = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(said()) }
}

/// What is known of the studies of a runs folder.
struct Known {
    runs_root: PathBuf,
    studies: HashMap<PathBuf, Cells>,
    /// As it was told last.
    told: Option<Vec<StudyLine>>,
    /// What was told of the open study last: its place, and the state of its cells.
    told_of: Option<(PathBuf, u64)>,
    complained: Option<String>,
}

impl Known {
    fn new(runs_root: PathBuf) -> Self {
        Self { runs_root, studies: HashMap::new(), told: None, told_of: None, complained: None }
    }

    /// Looks; false where nobody hears of it any more.
    fn look(&mut self, watch: &Watch, all: bool, mailbox: &Mailbox) -> bool {
        match watch {
            Watch::Nothing => {
                // Whoever comes back is told everything.
                (self.told, self.told_of) = (None, None);
                true
            }
            Watch::List => self.list(mailbox),
            Watch::Study(path) => self.one(path, mailbox) && (!all || self.list(mailbox)),
        }
    }

    fn list(&mut self, mailbox: &Mailbox) -> bool {
        let folder = folder::studies_folder(&self.runs_root);
        let paths: Vec<PathBuf> = folder::names(&self.runs_root).iter().map(|name| folder.join(name)).collect();
        self.studies.retain(|path, _| paths.contains(path));
        let now = clock::unix_seconds(SystemTime::now());
        let mut lines = Vec::new();
        for path in paths {
            // One that cannot be read is left out of the list, as a run is.
            if let Ok(cells) = self.look_into(&path) {
                lines.push(cells.line(now));
            }
        }
        if self.told.as_ref() == Some(&lines) {
            return true;
        }
        self.told = Some(lines.clone());
        mailbox.send(Message::Studies(lines))
    }

    fn one(&mut self, path: &Path, mailbox: &Mailbox) -> bool {
        let looked = self.look_into(path).map(Cells::changes);
        let changes = match looked {
            Ok(changes) => (path.to_owned(), changes),
            Err(why) if self.complained.as_ref() == Some(&why) => return true,
            Err(why) => {
                self.complained = Some(why.clone());
                return mailbox.send(Message::Notice { level: Level::Error, text: why });
            }
        };
        if self.told_of.as_ref() == Some(&changes) {
            return true;
        }
        let view = match self.studies.get_mut(path) {
            Some(cells) => Arc::new(cells.view(clock::unix_seconds(SystemTime::now()))),
            None => return true,
        };
        self.told_of = Some(changes);
        mailbox.send(Message::Study(view))
    }

    fn look_into(&mut self, path: &Path) -> Result<&Cells, String> {
        let cells = self.studies.entry(path.to_owned()).or_insert_with(|| Cells::new(path));
        cells.look()?;
        Ok(cells)
    }
}

//! The local engine: so many workers at a time, each the ordinary process of a run, started, looked after, and taken up
//! again where one died.
//!
//! It keeps nothing of its own that matters: where the cells stand is in their run directories, so a second engine on the
//! same folder, here or on another machine, works beside the first, and one that is killed leaves its workers going and
//! everything to be taken up.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::cells::{CellError, Ready, Stale, ready};
use super::jobs::Jobs;
use super::share::Kinship;
use super::stop;
use crate::host::spawn::{SpawnError, start_worker};
use crate::run::FileError;
use crate::run::directory::{RunDir, RunError};
use crate::run::list::{RunState, RunSummary, summarise};
use crate::run::lock;
use crate::run::study::Study;
use crate::run::study::fingerprint::difference;
use crate::run::view::Phase;
use crate::training::events::Stage;

/// How often the workers are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How often it is read how far they are.
const REFRESH: Duration = Duration::from_millis(500);
/// How often it is told how far all is.
const TELL: Duration = Duration::from_secs(5);
/// How often a cell is tried in one go: the second failure gives it up.
const TRIES: u32 = 2;

/// What happens while a study is carried out.
#[derive(Clone, Debug)]
pub enum News {
    /// A cell's first process was started; `from`: the cell whose first stages it begins from.
    Begun {
        cell: String,
        from: Option<String>,
    },
    /// A cell goes on from its checkpoint.
    GoesOn {
        cell: String,
    },
    /// The run of a cell had other settings: it was put aside, and the cell is trained anew.
    Anew {
        cell: String,
        why: String,
        kept: PathBuf,
    },
    Finished {
        cell: String,
    },
    /// A cell's process failed or died, and is started again.
    Again {
        cell: String,
        reason: String,
    },
    /// A cell was given up.
    GivenUp {
        cell: String,
        reason: String,
    },
    /// A person ended a cell's run: it is left as it is.
    Left {
        cell: String,
    },
    Progress(Progress),
}

/// How far a study is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub cells: usize,
    pub finished: usize,
    pub failed: usize,
    /// Ended by a person.
    pub stopped: usize,
    pub running: usize,
    /// Share of all work that is done, in [0, 1].
    pub share: f64,
    /// Until the end, as quickly as it went since this engine began; `None` before that tells anything.
    pub left: Option<Duration>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is left to do; some cells may have failed.
    Done,
    /// Somebody asked for the end; the rest can be resumed.
    Stopped,
}

/// Why a study cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Cell(#[from] CellError),
    #[error(transparent)]
    File(#[from] FileError),
}

/// Where a cell stands for this engine.
#[derive(Clone, Debug, PartialEq)]
enum Standing {
    /// To be begun or taken up.
    Open,
    /// A process of this machine or of another trains it.
    Running {
        here: bool,
        share: f64,
        stage: Option<Stage>,
    },
    Finished,
    GivenUp,
    /// A person ended it.
    Left,
}

/// Carries a study out.
pub struct Engine<'a> {
    study: &'a Study,
    kin: Kinship,
    jobs: Jobs,
    standing: Vec<Standing>,
    failures: Vec<u32>,
    /// Which GPU each worker has, by cell.
    gpus: Vec<Option<usize>>,
    /// When it was last read how far the workers are.
    refreshed: Option<Instant>,
    began: Instant,
    /// Share of all work that was done then.
    before: f64,
}

impl<'a> Engine<'a> {
    /// For the cells that are not finished. Those that were given up are tried again.
    ///
    /// # Errors
    /// The study's folder cannot be written.
    pub fn new(study: &'a Study, kin: Kinship, jobs: Jobs) -> Result<Engine<'a>, EngineError> {
        study.ask_to_stop(false)?;
        study.begin_telling_anew()?;
        for cell in kin.cells() {
            study.try_again(cell)?;
        }
        let count = kin.cells().len();
        Ok(Engine {
            study,
            kin,
            jobs,
            standing: vec![Standing::Open; count],
            failures: vec![0; count],
            gpus: vec![None; count],
            refreshed: None,
            began: Instant::now(),
            before: 0.0,
        })
    }

    /// Trains until nothing is left to do or somebody asks for the end: by the study's `stop` file, or by `stop` becoming
    /// true. Then the workers of this machine checkpoint and end before it returns.
    ///
    /// # Errors
    /// A cell whose run cannot be made. The workers go on.
    pub fn run(&mut self, stop: &dyn Fn() -> bool, tell: &mut dyn FnMut(News)) -> Result<Outcome, EngineError> {
        self.begin(tell)?;
        let mut told = None::<Instant>;
        loop {
            if stop() || self.study.is_to_stop() {
                self.end();
                self.look(&mut |_| {})?;
                tell(News::Progress(self.progress()));
                return Ok(Outcome::Stopped);
            }
            self.look(tell)?;
            self.fill(tell)?;
            if self.standing.iter().all(|s| matches!(s, Standing::Finished | Standing::GivenUp | Standing::Left)) {
                tell(News::Progress(self.progress()));
                return Ok(Outcome::Done);
            }
            if told.is_none_or(|told| told.elapsed() >= TELL) {
                tell(News::Progress(self.progress()));
                told = Some(Instant::now());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Takes in where the cells stand.
    fn begin(&mut self, tell: &mut dyn FnMut(News)) -> Result<(), EngineError> {
        for cell in 0..self.standing.len() {
            let Some(dir) = self.dir(cell) else { continue };
            let summary = summarise(&dir);
            if lock::is_alive(&dir) {
                self.standing[cell] = running(&dir, &summary);
                if let Standing::Running { here: true, .. } = self.standing[cell] {
                    tell(News::GoesOn { cell: self.name(cell) });
                }
            } else if summary.state == RunState::At(Phase::Finished) && self.is_current(cell, &dir) {
                self.standing[cell] = Standing::Finished;
            }
        }
        self.before = self.progress().share;
        Ok(())
    }

    /// Takes note of the workers that ended.
    fn look(&mut self, tell: &mut dyn FnMut(News)) -> Result<(), EngineError> {
        let due = self.refreshed.is_none_or(|at| at.elapsed() >= REFRESH);
        if due {
            self.refreshed = Some(Instant::now());
        }
        for cell in 0..self.standing.len() {
            if !matches!(self.standing[cell], Standing::Running { .. }) {
                continue;
            }
            // A directory that a person removed is begun anew.
            let Some(dir) = self.dir(cell) else {
                self.standing[cell] = Standing::Open;
                continue;
            };
            if lock::is_alive(&dir) {
                if due {
                    self.standing[cell] = running(&dir, &summarise(&dir));
                }
                continue;
            }
            self.gpus[cell] = None;
            let summary = summarise(&dir);
            match summary.state {
                RunState::At(Phase::Finished) if self.is_current(cell, &dir) => {
                    self.standing[cell] = Standing::Finished;
                    tell(News::Finished { cell: self.name(cell) });
                }
                RunState::At(Phase::Finished) => self.standing[cell] = Standing::Open,
                RunState::At(Phase::Stopped) => {
                    self.standing[cell] = Standing::Left;
                    tell(News::Left { cell: self.name(cell) });
                }
                // Another machine's process, or one that took it up this very moment.
                state if state.is_live() => {}
                _ => {
                    let died = || format!("its process died; {} may say why", dir.log_path().display());
                    self.failed(cell, summary.fault.unwrap_or_else(died), tell)?;
                }
            }
        }
        Ok(())
    }

    fn failed(&mut self, cell: usize, reason: String, tell: &mut dyn FnMut(News)) -> Result<(), EngineError> {
        self.failures[cell] += 1;
        let name = self.name(cell);
        if self.failures[cell] >= TRIES {
            self.study.give_up(&self.kin.cells()[cell], &reason)?;
            self.standing[cell] = Standing::GivenUp;
            tell(News::GivenUp { cell: name, reason });
        } else {
            self.standing[cell] = Standing::Open;
            tell(News::Again { cell: name, reason });
        }
        Ok(())
    }

    /// Starts workers where there is room.
    fn fill(&mut self, tell: &mut dyn FnMut(News)) -> Result<(), EngineError> {
        // Seed by seed: what has one seed's first stage in common follows each other, and a table has whole columns early.
        let mut order: Vec<usize> = (0..self.standing.len()).filter(|c| self.standing[*c] == Standing::Open).collect();
        order.sort_by_key(|cell| (self.kin.cells()[*cell].seed, *cell));
        for cell in order {
            let here = self.standing.iter().filter(|s| matches!(s, Standing::Running { here: true, .. })).count();
            if here >= self.jobs.count {
                break;
            }
            if !self.waits_for_kin(cell) {
                self.start(cell, tell)?;
            }
        }
        Ok(())
    }

    /// Whether another cell is just training first stages that this one could begin from.
    fn waits_for_kin(&self, cell: usize) -> bool {
        if self.dir(cell).is_some() {
            return false;
        }
        for last in [Stage::Denoising, Stage::Contrastive] {
            let is_behind = |other: usize| match &self.standing[other] {
                Standing::Running { stage, .. } => Some(stage.is_some_and(|stage| stage > last)),
                Standing::Finished => Some(true),
                _ => None,
            };
            let behind: Vec<bool> = self.kin.of_stages(cell, last).filter_map(is_behind).collect();
            if !behind.is_empty() {
                return !behind.contains(&true);
            }
        }
        false
    }

    fn start(&mut self, cell: usize, tell: &mut dyn FnMut(News)) -> Result<(), EngineError> {
        let mut stale: Option<Stale> = None;
        let name = self.name(cell);
        let found = ready(self.study, &self.kin, cell, &mut stale);
        if let Some(Stale { why, kept }) = stale {
            tell(News::Anew { cell: name.clone(), why, kept });
        }
        let (dir, new) = match found {
            Ok(Ready::New(dir)) => (dir, true),
            Ok(Ready::GoOn(dir)) => (dir, false),
            Ok(Ready::Finished) => {
                self.standing[cell] = Standing::Finished;
                return Ok(());
            }
            // Looked at again when its process is seen, or the next time.
            Ok(Ready::Busy) => {
                if let Some(dir) = self.dir(cell).filter(lock::is_alive) {
                    self.standing[cell] = running(&dir, &summarise(&dir));
                }
                return Ok(());
            }
            // A file system that refuses this cell refuses the others, too.
            Err(e @ (CellError::File(_) | CellError::Run(RunError::File(_)))) => return Err(e.into()),
            Err(e) => return self.failed(cell, e.to_string(), tell),
        };
        let from = dir.manifest().cell.as_ref().and_then(|record| record.begins_from.clone());
        let gpu = self.jobs.free_gpu(&self.gpus);
        match start_worker(&dir, !new || from.is_some(), self.jobs.share(gpu), &mut |_| {}) {
            // Another engine was quicker.
            Err(SpawnError::Lock(_)) => {}
            Err(e) if !lock::is_alive(&dir) => return self.failed(cell, e.to_string(), tell),
            _ => {}
        }
        self.gpus[cell] = gpu;
        self.standing[cell] = Standing::Running { here: true, share: 0.0, stage: None };
        tell(if new { News::Begun { cell: name, from } } else { News::GoesOn { cell: name } });
        Ok(())
    }

    /// Ends the workers of this machine and waits for them.
    fn end(&self) {
        let here = |cell: &usize| matches!(self.standing[*cell], Standing::Running { here: true, .. });
        let live: Vec<RunDir> = (0..self.standing.len()).filter(here).filter_map(|cell| self.dir(cell)).collect();
        stop::end_all(&live);
    }

    /// How far the study is.
    pub fn progress(&self) -> Progress {
        let count = |is: fn(&Standing) -> bool| self.standing.iter().filter(|s| is(s)).count();
        let cells = self.standing.len();
        let shares = self.standing.iter().map(|s| match s {
            Standing::Running { share, .. } => *share,
            Standing::Open => 0.0,
            Standing::Finished | Standing::GivenUp | Standing::Left => 1.0,
        });
        let share = shares.sum::<f64>() / cells.max(1) as f64;
        let done = share - self.before;
        let left = (done > 0.02).then(|| self.began.elapsed().mul_f64(((1.0 - share) / done).max(0.0)));
        Progress {
            cells,
            finished: count(|s| *s == Standing::Finished),
            failed: count(|s| *s == Standing::GivenUp),
            stopped: count(|s| *s == Standing::Left),
            running: count(|s| matches!(s, Standing::Running { .. })),
            share,
            left,
        }
    }

    fn name(&self, cell: usize) -> String {
        self.kin.cells()[cell].name.clone()
    }

    /// A cell's run; one that cannot be read is told when it is to be begun.
    fn dir(&self, cell: usize) -> Option<RunDir> {
        self.study.run(&self.kin.cells()[cell]).ok().flatten()
    }

    fn is_current(&self, cell: usize, dir: &RunDir) -> bool {
        difference(dir.manifest(), self.kin.settings(cell), self.study.plan()).is_none()
    }
}

fn running(dir: &RunDir, summary: &RunSummary) -> Standing {
    let here = lock::holder(dir).is_none_or(|holder| !holder.is_elsewhere());
    Standing::Running { here, share: summary.progress, stage: summary.stage }
}

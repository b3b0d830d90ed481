//! A study's folder, and the studies of a runs folder.
//!
//! ```text
//! <runs root>/studies/<study>/
//!   study.toml      the resolved study; see plan.rs
//!   runs/<cell>/    an ordinary run directory for each cell that was begun
//!   aside/          runs of cells whose settings were changed since
//!   failed/<cell>   why a cell was given up
//!   stop            somebody wants whoever carries the study out to end
//!   study.log       what a detached process that carries it out printed
//! ```

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::cell::Cell;
use super::plan::Plan;
use crate::files;
use crate::run::directory::{RunDir, RunError, STUDIES, STUDY, STUDY_RUNS, check_name};
use crate::run::{FileError, write_atomically};

/// What is wrong with a study's folder or its name.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    #[error(transparent)]
    Name(RunError),
    #[error("no study \"{wanted}\" in {folder}; {known}")]
    NotFound { wanted: String, folder: PathBuf, known: String },
    #[error("{path}: {message}; it was written by another version of mug or changed by hand")]
    Plan { path: PathBuf, message: String },
    #[error(transparent)]
    File(#[from] FileError),
}

/// A study that exists.
#[derive(Clone, Debug)]
pub struct Study {
    path: PathBuf,
    name: String,
    plan: Plan,
}

/// Where the studies of a runs folder lie.
pub fn studies_folder(runs_root: &Path) -> PathBuf {
    runs_root.join(STUDIES)
}

/// Names of the studies of a runs folder, in order. Nothing in them is read.
pub fn names(runs_root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(studies_folder(runs_root)).into_iter().flatten().flatten();
    let named = entries.filter_map(|e| e.file_name().into_string().ok());
    let mut names: Vec<String> =
        named.filter(|n| check_name(n).is_ok() && plan_path(&studies_folder(runs_root).join(n)).is_file()).collect();
    names.sort_unstable();
    names
}

/// The studies of a runs folder, by name. What cannot be read is left out; a missing folder has none.
pub fn list(runs_root: &Path) -> Vec<Study> {
    names(runs_root).iter().filter_map(|name| Study::open(&studies_folder(runs_root).join(name)).ok()).collect()
}

fn plan_path(study: &Path) -> PathBuf {
    study.join(STUDY)
}

impl Study {
    /// Makes a study's folder, or gives one that is there another plan. Runs that are there stay.
    ///
    /// # Errors
    /// A name that is not allowed, or a file system that refuses.
    pub fn write(runs_root: &Path, name: &str, plan: &Plan) -> Result<Study, StudyError> {
        check_name(name).map_err(StudyError::Name)?;
        let path = studies_folder(runs_root).join(name);
        let runs = path.join(STUDY_RUNS);
        std::fs::create_dir_all(&runs).map_err(FileError::new("make the folder", &runs))?;
        let file = plan_path(&path);
        let text = toml::to_string_pretty(plan)
            .map_err(|e| StudyError::Plan { path: file.clone(), message: e.to_string() })?;
        write_atomically(&file, |w| w.write_all(text.as_bytes()))?;
        Study::open(&path)
    }

    /// Opens a study's folder.
    ///
    /// # Errors
    /// No study.toml there, or one that does not parse.
    pub fn open(path: &Path) -> Result<Study, StudyError> {
        let file = plan_path(path);
        let text = files::read_text(&file, files::LONGEST_TEXT).map_err(FileError::new("read", &file))?;
        let bad = |message: String| StudyError::Plan { path: file.clone(), message };
        let mut plan: Plan = toml::from_str(&text).map_err(|e| bad(e.to_string().trim_end().to_owned()))?;
        let record: toml::Table = toml::from_str(&text).map_err(|e| bad(e.to_string()))?;
        if let Some(recorded) = record.get("settings").and_then(toml::Value::as_table) {
            plan.settings = plan.settings.as_recorded(recorded);
        }
        plan.settings.check().map_err(|e| bad(e.to_string()))?;
        let path = path.canonicalize().map_err(FileError::new("find", path))?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Study { path, name, plan })
    }

    /// Opens a study by its name in a runs folder, by the name of its definition where only one study has it, or by its
    /// path.
    ///
    /// # Errors
    /// There is none, or several; those there are are named.
    pub fn find(runs_root: &Path, name_or_path: &str) -> Result<Study, StudyError> {
        let folder = studies_folder(runs_root);
        let known = names(runs_root);
        if known.iter().any(|n| n == name_or_path) {
            return Study::open(&folder.join(name_or_path));
        }
        if plan_path(Path::new(name_or_path)).is_file() {
            return Study::open(Path::new(name_or_path));
        }
        let of = |study: &Study| study.plan.definition == name_or_path;
        let mut same: Vec<Study> = list(runs_root).into_iter().filter(of).collect();
        if same.len() == 1 {
            return Ok(same.remove(0));
        }
        let names: Vec<String> = if same.is_empty() { known } else { same.into_iter().map(|s| s.name).collect() };
        let known = match names.is_empty() {
            true => "mug study run NAME begins one, mug study list shows those that ship with mug".to_owned(),
            false => format!("there are {}", names.join(", ")),
        };
        Err(StudyError::NotFound { wanted: name_or_path.to_owned(), folder, known })
    }

    /// Absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where the cells' runs lie.
    pub fn runs_folder(&self) -> PathBuf {
        self.path.join(STUDY_RUNS)
    }

    /// What a detached process that carries the study out prints.
    pub fn log_path(&self) -> PathBuf {
        self.path.join("study.log")
    }

    /// A cell's run; `None` where it was not begun.
    ///
    /// # Errors
    /// A run directory that cannot be read.
    pub fn run(&self, cell: &Cell) -> Result<Option<RunDir>, RunError> {
        let path = self.runs_folder().join(&cell.name);
        if !path.is_dir() {
            return Ok(None);
        }
        RunDir::open(&path).map(Some)
    }

    /// Puts a run that is no cell's any more where nobody takes it for one; returns where it lies.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn put_aside(&self, run: &RunDir) -> Result<PathBuf, FileError> {
        let aside = self.path.join("aside");
        std::fs::create_dir_all(&aside).map_err(FileError::new("make the folder", &aside))?;
        let name = run.path().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let free = (1_u32..).map(|n| aside.join(format!("{name}.{n}"))).find(|path| !path.exists());
        // Numbers do not run out.
        let to = free.unwrap_or(aside);
        std::fs::rename(run.path(), &to).map_err(FileError::new("move", run.path()))?;
        Ok(to)
    }

    fn failed_path(&self, cell: &Cell) -> PathBuf {
        self.path.join("failed").join(&cell.name)
    }

    /// Writes down that a cell was given up.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn give_up(&self, cell: &Cell, reason: &str) -> Result<(), FileError> {
        let path = self.failed_path(cell);
        let folder = self.path.join("failed");
        std::fs::create_dir_all(&folder).map_err(FileError::new("make the folder", &folder))?;
        write_atomically(&path, |w| w.write_all(reason.as_bytes()))
    }

    /// Why a cell was given up, where it was.
    pub fn given_up(&self, cell: &Cell) -> Option<String> {
        files::read_text(&self.failed_path(cell), files::LONGEST_TEXT).ok()
    }

    /// Forgets that a cell was given up.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn try_again(&self, cell: &Cell) -> Result<(), FileError> {
        remove(&self.failed_path(cell))
    }

    fn told_path(&self) -> PathBuf {
        self.path.join("told")
    }

    /// Takes it on to tell people how the study ended: true for one process of all that carry it out, until
    /// [`begin_telling_anew`](Self::begin_telling_anew).
    pub fn claim_telling(&self) -> bool {
        std::fs::File::options().write(true).create_new(true).open(self.told_path()).is_ok()
    }

    /// The study goes on: how it ends is to be told again.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn begin_telling_anew(&self) -> Result<(), FileError> {
        remove(&self.told_path())
    }

    fn stop_path(&self) -> PathBuf {
        self.path.join("stop")
    }

    /// Asks whoever carries the study out, on whichever machine, to end, or takes that back.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn ask_to_stop(&self, stop: bool) -> Result<(), FileError> {
        let path = self.stop_path();
        if stop { write_atomically(&path, |_| Ok(())) } else { remove(&path) }
    }

    /// Whether somebody asked for the end.
    pub fn is_to_stop(&self) -> bool {
        self.stop_path().exists()
    }
}

/// One that is not there is removed already.
fn remove(path: &Path) -> Result<(), FileError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(FileError::new("remove", path)(e)),
        _ => Ok(()),
    }
}

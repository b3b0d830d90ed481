//! All runs of a folder.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::summary::{RunSummary, summarise, tags_of, with_tags};
use crate::run::directory::{RunDir, STUDIES, STUDY_RUNS};
use crate::run::stamped::{Stamped, stamps};

/// All runs below `root`, those of its studies included, the last written first. What is no run directory, or cannot be
/// read, is left out; a missing root has no runs.
pub fn list_runs(root: &Path) -> Vec<RunSummary> {
    Lister::open(root).list()
}

/// Lists the runs of a folder, again and again: what did not change since the last time is not read again, nor what did
/// not change since another program listed it (`.index.json` beside the runs).
#[derive(Debug)]
pub struct Lister {
    root: PathBuf,
    known: Stamped<RunSummary>,
}

/// In the folder of the runs; built anew where it is missing or stale.
pub(super) const INDEX: &str = ".index.json";
/// Runs that were read and would have been in an index, for which one is written; fewer are read again as quickly.
const WORTH_AN_INDEX: usize = 16;
/// What a run's line is read from, besides its tags.
const READ: [&str; 4] = ["run.toml", "events.jsonl", "host.lock", "host.owner"];

impl Lister {
    /// Begins with what the folder's index knows.
    pub fn open(root: &Path) -> Self {
        Self { root: root.to_owned(), known: Stamped::read_index(&root.join(INDEX)) }
    }

    /// All runs, the last written first; as [`list_runs`].
    pub fn list(&mut self) -> Vec<RunSummary> {
        // Files are looked at and read by all cores, over a network file system in particular; what is known is not read.
        let known = &self.known;
        let look = |folder: Folder| {
            let stamps = stamps(&folder.path, READ);
            let fresh = || RunDir::open(&folder.path).ok().map(|dir| summarise(&dir));
            let read = (!known.knows(&folder.key, &stamps, |run| rests(run, &folder))).then(fresh).flatten();
            (tags_of(&folder.path), folder, stamps, read)
        };
        let looked: Vec<_> = run_folders(&self.root).into_par_iter().map(look).collect();
        let one = |(tags, folder, stamps, read): (_, Folder, _, Option<RunSummary>)| {
            let found =
                self.known.get(&folder.key, stamps, |run| read.is_none() && rests(run, &folder), || read.clone());
            Some(with_tags(RunSummary { study: folder.study.clone(), ..found?.clone() }, tags))
        };
        let mut runs: Vec<RunSummary> = looked.into_iter().filter_map(one).collect();
        let live = runs.iter().filter(|r| r.state.is_live()).count();
        if self.known.forget_others() >= live + WORTH_AN_INDEX {
            // A folder that cannot be written to has its runs read again the next time.
            let _ = self.known.write_index(&self.root.join(INDEX));
        }
        // Written in the same second, they lie in the same order every time.
        runs.sort_by(|a, b| (b.updated, &b.name, &b.study).cmp(&(a.updated, &a.name, &a.study)));
        runs
    }
}

/// True where what is known of a run holds as long as its files do not change: whether a process that was there is still
/// there no file's time tells.
fn rests(run: &RunSummary, folder: &Folder) -> bool {
    !run.state.is_live() && run.path == folder.path
}

/// A folder that may be a run's.
struct Folder {
    /// Absolute, links followed.
    path: PathBuf,
    /// Its path below the runs' folder.
    key: String,
    study: Option<String>,
}

fn run_folders(root: &Path) -> Vec<Folder> {
    let Ok(root) = root.canonicalize() else { return Vec::new() };
    let mut folders = folders_in(&root, "", None);
    for study in folders_in(&root.join(STUDIES), "", None) {
        let name = study.key;
        folders.extend(folders_in(&study.path.join(STUDY_RUNS), &format!("{STUDIES}/{name}/"), Some(&name)));
    }
    folders
}

/// The folders in one, links to folders included. One that is being made is no run yet, and what is being removed none any
/// more: both have hidden names.
fn folders_in(folder: &Path, before: &str, study: Option<&str>) -> Vec<Folder> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let shown = entries.flatten().filter(|e| !e.file_name().as_encoded_bytes().starts_with(b"."));
    let found = |entry: std::fs::DirEntry| {
        let kind = entry.file_type().ok()?;
        let path = if kind.is_symlink() { entry.path().canonicalize().ok()? } else { entry.path() };
        let key = format!("{before}{}", entry.file_name().to_string_lossy());
        (kind.is_dir() || kind.is_symlink()).then(|| Folder { path, key, study: study.map(str::to_owned) })
    };
    shown.filter_map(found).collect()
}

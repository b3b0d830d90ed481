//! Whether a run directory is as it was written: every line of the record and of the marks, every array, the table of rows,
//! the manifest and the checkpoints.

use std::path::Path;

use serde::Serialize;

use super::calibration::Calibration;
use super::directory::RunDir;
use super::marks::Marks;
use super::tail::EventTail;
use super::view::{Phase, RunView};
use super::{calibration, embedding, labels, predictions};
use crate::split::Split;
use crate::training::events::Stage;
use crate::training::{checkpoint_position, verify_checkpoints};

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file, below the run directory.
    pub file: String,
    /// What is wrong with it, in words.
    pub what: String,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Files that were looked at.
    pub files: usize,
    /// Lines of the record that were read.
    pub events: u64,
    pub findings: Vec<Finding>,
    /// What is as it may be, and worth knowing.
    pub notes: Vec<String>,
}

impl Verified {
    fn find(&mut self, file: &str, what: impl ToString) {
        self.findings.push(Finding { file: file.to_owned(), what: what.to_string() });
    }

    /// Looks at one file.
    fn look<E: ToString>(&mut self, file: &str, result: Result<(), E>) {
        self.files += 1;
        if let Err(error) = result {
            self.find(file, error.to_string());
        }
    }
}

/// Looks at everything that a run directory holds. `live`: a process trains the run, so its checkpoints come and go.
pub fn verify(dir: &RunDir, live: bool) -> Verified {
    let mut found = Verified::default();
    let manifest = dir.verify_manifest().map_err(|e| e.to_string());
    found.look("run.toml", manifest.and_then(|wrong| wrong.map_or(Ok(()), Err)));
    let view = record(dir, &mut found);
    let at = |file: &str| dir.path().join(file);
    for entry in &view.labels {
        found.look(&entry.file, labels::read(&at(&entry.file)).map(|_| ()));
    }
    for entry in &view.embeddings {
        found.look(&entry.file, embedding::check(&at(&entry.file)));
    }
    for entry in &view.predictions {
        found.look(&entry.file, predictions::read(&at(&entry.file)).map(|_| ()));
    }
    if let Some(prepared) = &view.prepared {
        let expected: usize = Split::ALL.iter().map(|&s| prepared.samples[s]).sum();
        let rows = dir.rows().map_err(|e| e.to_string()).and_then(|rows| {
            if rows.len() == expected { Ok(()) } else { Err(format!("expected {expected} rows, found {}", rows.len())) }
        });
        found.look("labels/rows.csv", rows);
    }
    if dir.marks_path().exists() {
        match Marks::read(&dir.marks_path()) {
            Ok(marks) if marks.damage().is_none() => {
                found.files += 1;
                if marks.damage().unended > 0 {
                    found.notes.push(format!("marks.jsonl: {}", marks.damage()));
                }
            }
            Ok(marks) => found.look("marks.jsonl", Err(marks.damage())),
            Err(e) => found.look("marks.jsonl", Err(e)),
        }
    }
    match Calibration::read(dir) {
        Ok(None) => {}
        read => found.look(calibration::FILE, read.map(|_| ())),
    }
    if live {
        found.notes.push("the run is being trained: its checkpoints were not looked at".to_owned());
    } else {
        checkpoints(dir, &view, &mut found);
    }
    found
}

/// Reads the record.
fn record(dir: &RunDir, found: &mut Verified) -> RunView {
    const FILE: &str = "events.jsonl";
    let (mut view, mut tail) = (RunView::default(), EventTail::open(dir.events_path()));
    loop {
        match tail.poll() {
            Ok(events) => events.iter().for_each(|e| view.apply(e)),
            Err(e) => {
                found.find(FILE, e);
                break;
            }
        }
        if tail.caught_up() {
            break;
        }
    }
    found.files += 1;
    found.events = view.events;
    let damage = tail.damage();
    if !damage.is_none() {
        found.find(FILE, damage);
    } else if damage.torn + damage.unended > 0 {
        found.notes.push(format!("{FILE}: {damage}"));
    }
    if tail.unknown() > 0 {
        found.notes.push(format!("{FILE}: {} lines of a later version of mug", tail.unknown()));
    }
    view
}

/// The checkpoints by themselves, and beside the record: what one stands on was recorded before it was written.
fn checkpoints(dir: &RunDir, view: &RunView, found: &mut Verified) {
    let folder = dir.checkpoints_dir();
    let (files, wrong) = verify_checkpoints(&folder);
    found.files += files;
    for what in wrong {
        // The message names the path.
        let what = what.replace(&format!("{}/", dir.path().display()), "");
        found.find("checkpoints", what);
    }
    // Read once: it takes in the whole checkpoint.
    let position = checkpoint_position(&folder);
    let short = match position {
        None => false,
        Some((Some(stage), step)) => {
            let later = Stage::ALL.iter().any(|&s| s > stage && view.stage(s).step > 0);
            view.stage(stage).step < step && !later
        }
        Some((None, _)) => view.phase != Phase::Finished,
    };
    if short {
        let why = "its end is missing: by the newest checkpoint the run was further; mug resume goes on from there";
        found.find("events.jsonl", why);
    }
    for name in ["checkpoints", "labels"] {
        if !Path::is_dir(&dir.path().join(name)) {
            found.find(name, "the folder is not there");
        }
    }
    if position.is_none() && view.checkpoints > 0 {
        found.find("checkpoints", "the record speaks of checkpoints, and none is there");
    }
}

//! Checkpoints: what a run needs to go on as if it had never stopped.
//!
//! `latest-N/` holds the running stage's weights, optimiser state, best weights so far, labels that it makes and position, and `parts.json`, which
//! lists these files and the results of the stages that are done, each with its length and CRC-32C, and ends with a
//! checksum of its own. It is written aside, synced and renamed: that rename is the one moment at which anything counts. A
//! stage's result lies in `STAGE-CHECKSUM.bpk` before a checkpoint names it, and one that none names is no result.
//!
//! The checkpoint before the newest stays, with the results that it names: where the newest is damaged, training goes on
//! from there. Random numbers need no state (see [`super::randomness`]).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::TrainingError;
use super::events::Stage;
use super::parts::{Part, Parts};

mod calibrated;
mod contents;
mod progress;
mod reading;
mod room;
pub mod shared;
mod snapshot;
pub mod verify;
pub mod writer;

pub use contents::State;
use contents::{failed, write_synced};
pub use progress::Progress;
pub use snapshot::Snapshot;
use snapshot::{Content, Files};

/// CBOR: unlike serde_json without its slower parser, it brings every f64 back bit for bit.
const PROGRESS: &str = "progress.cbor";
const LATEST: &str = "latest-";
const ASIDE: &str = ".aside";
/// A checkpoint that is being removed.
const GONE: &str = ".gone";
/// Checkpoints that stay.
const KEPT: usize = 2;

/// The newest that this version knows. It is written where stage 3 learns from labels that older versions would not find.
const FORMAT: u32 = 3;
/// From here on stages 1 and 2 train several networks in one.
const MEMBERS: u32 = 2;
/// Why a stage is not gone on with, see [`Checkpoint::outdated`].
pub const OUTDATED: &str =
    "the checkpoint was written within the stage by an older version, which kept its weights in another form";

/// A checkpoint's contents.
pub struct Checkpoint {
    pub progress: Progress,
    /// The running stage's weights and optimiser state; `None` between stages.
    pub state: Option<State>,
}

impl Checkpoint {
    /// The stage in which an older version left it, where this one cannot go on within that stage.
    pub fn outdated(&self) -> Option<Stage> {
        let within = self.progress.stage.filter(|_| self.state.is_some());
        within.filter(|stage| *stage < Stage::Joint && self.progress.format < MEMBERS)
    }
}

/// The checkpoints of one run.
pub struct Store {
    folder: PathBuf,
    /// Where the results lie that checkpoints name.
    results: PathBuf,
    /// N of the `latest-N` that stand, oldest first.
    standing: Vec<u64>,
    /// N of the next; one whose writing failed may have taken its own.
    next: u64,
}

/// A checkpoint that was read.
pub struct Found {
    pub checkpoint: Checkpoint,
    /// Why a newer one was passed over, in words.
    pub passed_over: Option<String>,
}

impl Store {
    /// Opens the folder, making it where it is missing, and clears away what an interrupted write left.
    ///
    /// # Errors
    /// A folder that cannot be made or read.
    pub fn open(folder: &Path) -> Result<Self, TrainingError> {
        Self::beside(folder, folder)
    }

    /// As [`open`](Self::open), for checkpoints that name results of another folder.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn beside(folder: &Path, results: &Path) -> Result<Self, TrainingError> {
        let scan = || -> io::Result<Vec<u64>> {
            fs::create_dir_all(folder)?;
            remove_folder(&folder.join(ASIDE))?;
            remove_folder(&folder.join(GONE))?;
            standing(folder)
        };
        let standing = scan().map_err(|e| failed(folder, &e))?;
        let next = standing.last().map_or(0, |n| n + 1);
        Ok(Self { folder: folder.to_owned(), results: results.to_owned(), standing, next })
    }

    /// For reading only: what an interrupted write left stays.
    fn looking(folder: &Path, standing: Vec<u64>) -> Self {
        Self { folder: folder.to_owned(), results: folder.to_owned(), next: 0, standing }
    }

    fn latest(&self, n: u64) -> PathBuf {
        self.folder.join(format!("{LATEST}{n}"))
    }

    /// Writes the newest checkpoint and returns its name below the folder. What it and the one before do not need goes.
    ///
    /// # Errors
    /// A disk that is full, read-only or gone; the checkpoint before this one still stands then, and another try may
    /// succeed. [`TrainingError::NoRoom`] before anything is written.
    pub fn save(&mut self, checkpoint: &Checkpoint) -> Result<String, TrainingError> {
        let files = checkpoint.state.as_ref().map(Files::of_state);
        self.save_files(&checkpoint.progress, files)
    }

    /// As [`save`](Self::save), of a stage that may have gone on meanwhile.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_snapshot(&mut self, progress: &Progress, snapshot: Snapshot) -> Result<String, TrainingError> {
        let Snapshot { records, best, labels } = snapshot;
        self.save_files(progress, Some(Files::of_snapshot(records, best.as_deref(), labels.as_ref())))
    }

    fn save_files(&mut self, progress: &Progress, files: Option<Files<'_>>) -> Result<String, TrainingError> {
        let files = files.unwrap_or_default();
        self.make_room(files.bytes, room::free(&self.folder))?;
        let n = self.next;
        // Whatever becomes of this one: a name that may be taken is not tried again.
        self.next += 1;
        let path = self.latest(n);
        if let Err(e) = self.write(progress, files, &path) {
            // On a full disk half a checkpoint would take the room that the events need.
            let _ = fs::remove_dir_all(self.folder.join(ASIDE));
            return Err(failed(&path, &e));
        }
        self.standing.push(n);
        self.clear(progress);
        Ok(format!("{LATEST}{n}"))
    }

    /// Makes sure that the disk has room for so many bytes, of which `free` are left; `None` where nobody knows. Where it has
    /// not, the older of two checkpoints goes before the new one is written instead of after.
    fn make_room(&mut self, bytes: u64, free: Option<u64>) -> Result<(), TrainingError> {
        let needed = room::needed(bytes);
        // What cannot be asked is tried.
        let Some(free) = free.filter(|free| *free < needed) else { return Ok(()) };
        let oldest = self.standing.first().filter(|_| self.standing.len() >= KEPT);
        let parts = oldest.and_then(|n| Parts::read(&self.latest(*n)).ok());
        let freed = parts.map_or(0, |parts| parts.files.iter().map(|part| part.bytes).sum::<u64>());
        if free.saturating_add(freed) >= needed && self.remove_oldest() {
            return Ok(());
        }
        Err(TrainingError::NoRoom { path: self.folder.clone(), needed, free })
    }

    fn write(&self, progress: &Progress, files: Files<'_>, path: &Path) -> io::Result<()> {
        let aside = self.folder.join(ASIDE);
        remove_folder(&aside)?;
        fs::create_dir(&aside)?;
        let format = if progress.calibrated.is_some() { FORMAT } else { MEMBERS };
        let mut bytes = Vec::new();
        ciborium::into_writer(&Progress { format, ..progress.clone() }, &mut bytes).map_err(io::Error::other)?;
        let mut parts = Parts { files: Vec::new(), results: progress.needed().map(|(_, p)| p.clone()).collect() };
        for (name, content) in [(PROGRESS, Content::Bytes(&bytes))].into_iter().chain(files.contents) {
            parts.files.push(content.write(&aside, name)?);
        }
        write_synced(&aside.join(Parts::NAME), &parts.to_bytes().map_err(io::Error::other)?)?;
        File::open(&aside)?.sync_all()?;
        fs::rename(&aside, path)?;
        File::open(&self.folder)?.sync_all()
    }

    /// Removes the oldest checkpoint; false where that fails.
    fn remove_oldest(&mut self) -> bool {
        // Renamed first: one that is removed by half is no checkpoint any more.
        let gone = self.folder.join(GONE);
        if remove_folder(&gone).and_then(|()| fs::rename(self.latest(self.standing[0]), &gone)).is_err() {
            return false;
        }
        self.standing.remove(0);
        let _ = remove_folder(&gone);
        true
    }

    /// Removes checkpoints but the last two, and results that neither of these names. A leftover costs space only, and the
    /// next time clears it.
    fn clear(&mut self, newest: &Progress) {
        while self.standing.len() > KEPT && self.remove_oldest() {}
        let mut named: Vec<String> = newest.needed().map(|(_, p)| p.name.clone()).collect();
        for n in &self.standing {
            match Parts::read(&self.latest(*n)) {
                Ok(parts) => named.extend(parts.results.into_iter().map(|p| p.name)),
                // Of an older version, or damaged: nobody knows what it needs.
                Err(_) => return,
            }
        }
        let stages = |name: &str| name.ends_with(".bpk") && Stage::ALL.iter().any(|s| name.starts_with(s.name()));
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if let Some(name) = entry.file_name().to_str()
                && stages(name)
                && !named.iter().any(|n| n == name)
            {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Writes a finished stage's weights; they count once a checkpoint names them.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_result(&self, stage: Stage, weights: &[u8]) -> Result<Part, TrainingError> {
        self.put(stage.name(), "bpk", weights)
    }

    /// Writes `STEM-CHECKSUM.ENDING` beside the results.
    fn put(&self, stem: &str, ending: &str, content: &[u8]) -> Result<Part, TrainingError> {
        let mut part = Part::of("", content);
        part.name = format!("{stem}-{}.{ending}", part.crc32c);
        let path = self.results.join(&part.name);
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.results)?;
            file.write_all(content)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            File::open(&self.results)?.sync_all()
        };
        write().map_err(|e| failed(&path, &e))?;
        Ok(part)
    }
}

/// N of the `latest-N` of a folder, in order.
fn standing(folder: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        found.extend(name.to_str().and_then(|n| n.strip_prefix(LATEST)).and_then(|n| n.parse::<u64>().ok()));
    }
    found.sort_unstable();
    Ok(found)
}

/// One that is not there is removed already.
fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

//! Checkpoints: what a run needs to go on as if it had never stopped.
//!
//! `latest-N/` holds the running stage's weights, optimiser state, best weights so far and position; it is written
//! aside, synced and renamed, and the one before is removed only then. `STAGE.bpk` holds a finished stage's result,
//! which later stages start from. Random numbers need no state (see [`super::randomness`]).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::TrainingError;
use super::events::{LabelSummaries, Stage, StageSummary, SummaryMetrics};
use crate::files;

/// CBOR: unlike serde_json without its slower parser, it brings every f64 back bit for bit.
const PROGRESS: &str = "progress.cbor";
const WEIGHTS: &str = "weights.bpk";
const OPTIMIZER: &str = "optimizer.bpk";
const BEST: &str = "best.bpk";
const LATEST: &str = "latest-";
const ASIDE: &str = ".aside";

/// Where a run stands. Fields that a checkpoint of an older version lacks have their default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The stage being trained; `None` once all are done.
    pub stage: Option<Stage>,
    /// The epoch being trained, from 1.
    pub epoch: u32,
    /// Steps of that epoch that are done.
    pub step_in_epoch: u32,
    /// Steps of the stage that are done.
    pub step: u64,
    /// Active seconds of the run.
    pub time: f64,
    /// Active seconds of the running epoch's steps.
    pub epoch_seconds: f64,
    /// Active seconds of the stage's steps in the epochs before.
    pub train_seconds: f64,
    /// Training samples seen in the stage.
    pub samples: u64,
    /// Sum and number of each loss over the running epoch.
    pub sums: BTreeMap<String, (f64, u32)>,
    /// Epochs since the best one.
    pub stale: u32,
    pub best_score: Option<f32>,
    /// Refreshes of the labels so far.
    pub refreshes: u32,
    /// Figures of the stages, the running one's included.
    pub stages: BTreeMap<Stage, StageSummary>,
    pub metrics: SummaryMetrics,
    pub labels: Option<LabelSummaries>,
    /// The health checks that failed when they were last judged, in words.
    pub failing: Vec<String>,
    /// Validation MAE of what stage 1 handed on.
    pub aligned_mae: Option<f64>,
}

impl Progress {
    /// The beginning of a stage; keeps what earlier stages left.
    pub fn begin(&mut self, stage: Stage) {
        self.stages.retain(|&s, _| s < stage);
        self.stages.insert(stage, StageSummary::default());
        let earlier = |words: &String| Stage::ALL.iter().any(|&s| s < stage && words.starts_with(s.name()));
        self.failing.retain(earlier);
        *self = Progress {
            stage: Some(stage),
            epoch: 1,
            time: self.time,
            refreshes: self.refreshes,
            stages: std::mem::take(&mut self.stages),
            metrics: std::mem::take(&mut self.metrics),
            labels: self.labels,
            failing: std::mem::take(&mut self.failing),
            aligned_mae: self.aligned_mae.filter(|_| stage > Stage::Contrastive),
            ..Progress::default()
        };
    }
}

/// A checkpoint's contents.
pub struct Checkpoint {
    pub progress: Progress,
    /// The running stage's weights and optimiser state; `None` between stages.
    pub state: Option<State>,
}

/// The running stage's part of a checkpoint, burnpack documents all.
pub struct State {
    pub weights: Vec<u8>,
    pub optimizer: Vec<u8>,
    /// `None` before the first epoch's end.
    pub best: Option<Vec<u8>>,
}

/// The checkpoints of one run.
pub struct Store {
    folder: PathBuf,
    /// N of the newest `latest-N`.
    newest: Option<u64>,
}

impl Store {
    /// Opens the folder, making it where it is missing, and clears away what an interrupted write left.
    ///
    /// # Errors
    /// A folder that cannot be made or read.
    pub fn open(folder: &Path) -> Result<Self, TrainingError> {
        let store = Self { folder: folder.to_owned(), newest: None };
        let newest = store.scan().map_err(|e| failed(folder, &e))?;
        Ok(Self { newest, ..store })
    }

    fn scan(&self) -> io::Result<Option<u64>> {
        fs::create_dir_all(&self.folder)?;
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
            if name == ASIDE {
                fs::remove_dir_all(&path)?;
            } else if let Some(n) = name.strip_prefix(LATEST).and_then(|n| n.parse::<u64>().ok()) {
                found.push(n);
            }
        }
        found.sort_unstable();
        let newest = found.pop();
        for old in found {
            fs::remove_dir_all(self.latest(old))?;
        }
        Ok(newest)
    }

    fn latest(&self, n: u64) -> PathBuf {
        self.folder.join(format!("{LATEST}{n}"))
    }

    /// Where a finished stage's result lies.
    pub fn result_path(&self, stage: Stage) -> PathBuf {
        self.folder.join(format!("{stage}.bpk"))
    }

    /// Writes the newest checkpoint and returns its name below the folder.
    ///
    /// # Errors
    /// A disk that is full, read-only or gone; the checkpoint before this one still stands then.
    pub fn save(&mut self, checkpoint: &Checkpoint) -> Result<String, TrainingError> {
        let n = self.newest.map_or(0, |n| n + 1);
        let path = self.latest(n);
        if let Err(e) = self.write(checkpoint, &path) {
            // On a full disk half a checkpoint would take the room that the events need.
            let _ = fs::remove_dir_all(self.folder.join(ASIDE));
            return Err(failed(&path, &e));
        }
        if let Some(old) = self.newest.replace(n) {
            // The new one stands; a leftover of the old one costs space only, and the next open clears it.
            let _ = fs::remove_dir_all(self.latest(old));
        }
        Ok(format!("{LATEST}{n}"))
    }

    fn write(&self, checkpoint: &Checkpoint, path: &Path) -> io::Result<()> {
        let aside = self.folder.join(ASIDE);
        if aside.exists() {
            fs::remove_dir_all(&aside)?;
        }
        fs::create_dir(&aside)?;
        let mut progress = Vec::new();
        ciborium::into_writer(&checkpoint.progress, &mut progress).map_err(io::Error::other)?;
        write_synced(&aside.join(PROGRESS), &progress)?;
        if let Some(state) = &checkpoint.state {
            write_synced(&aside.join(WEIGHTS), &state.weights)?;
            write_synced(&aside.join(OPTIMIZER), &state.optimizer)?;
            if let Some(best) = &state.best {
                write_synced(&aside.join(BEST), best)?;
            }
        }
        File::open(&aside)?.sync_all()?;
        fs::rename(&aside, path)?;
        File::open(&self.folder)?.sync_all()
    }

    /// The newest checkpoint; `None` where the run has none yet.
    ///
    /// # Errors
    /// Files that are missing, unreadable or damaged.
    pub fn load(&self) -> Result<Option<Checkpoint>, TrainingError> {
        let Some(n) = self.newest else { return Ok(None) };
        let folder = self.latest(n);
        let read = |name: &str| files::read(&folder.join(name), u64::MAX).map_err(|e| failed(&folder.join(name), &e));
        let path = folder.join(PROGRESS);
        let progress: Progress = ciborium::from_reader(&*read(PROGRESS)?).map_err(|e| TrainingError::Checkpoint {
            path: path.clone(),
            message: format!("expected the progress of a run, found {e}"),
            advice: "it was written by another version or is damaged; restart the run",
        })?;
        let state = if folder.join(WEIGHTS).exists() {
            let best = if folder.join(BEST).exists() { Some(read(BEST)?) } else { None };
            Some(State { weights: read(WEIGHTS)?, optimizer: read(OPTIMIZER)?, best })
        } else {
            None
        };
        Ok(Some(Checkpoint { progress, state }))
    }

    /// Keeps a finished stage's weights.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_result(&self, stage: Stage, weights: &[u8]) -> Result<(), TrainingError> {
        let path = self.result_path(stage);
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(weights)?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|e| failed(&path, &e))
    }

    /// Removes the results of `stage` and the stages after it.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn forget_results(&self, stage: Stage) -> Result<(), TrainingError> {
        for later in Stage::ALL.into_iter().filter(|&s| s >= stage) {
            let path = self.result_path(later);
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(&path, &e)),
                _ => {}
            }
        }
        Ok(())
    }

    /// A finished stage's weights.
    ///
    /// # Errors
    /// [`TrainingError::MissingStage`] where `stage` needs `needs` and it has not been trained; else as
    /// [`load`](Self::load).
    pub fn result(&self, stage: Stage, needs: Stage) -> Result<Vec<u8>, TrainingError> {
        let path = self.result_path(needs);
        match files::read(&path, u64::MAX) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(TrainingError::MissingStage { stage, needs, path }),
            other => other.map_err(|e| failed(&path, &e)),
        }
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn failed(path: &Path, error: &io::Error) -> TrainingError {
    TrainingError::Checkpoint {
        path: path.to_owned(),
        message: error.to_string(),
        advice: "check that the disk has room and the run directory can be written",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(step: u64) -> Checkpoint {
        let progress =
            Progress { stage: Some(Stage::Denoising), epoch: 2, step, time: 0.1 + 0.2, ..Progress::default() };
        Checkpoint { progress, state: Some(State { weights: vec![1], optimizer: vec![2, 3], best: None }) }
    }

    #[test]
    fn the_newest_checkpoint_comes_back_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        assert!(store.load().unwrap().is_none());
        assert_eq!(store.save(&checkpoint(5)).unwrap(), "latest-0");
        assert_eq!(store.save(&checkpoint(6)).unwrap(), "latest-1");
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["latest-1"]);
        let found = Store::open(folder.path()).unwrap().load().unwrap().unwrap();
        assert_eq!(found.progress, checkpoint(6).progress);
        assert_eq!(found.state.unwrap().optimizer, [2, 3]);
    }

    #[test]
    fn an_interrupted_write_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        store.save(&checkpoint(5)).unwrap();
        fs::create_dir(folder.path().join(ASIDE)).unwrap();
        fs::write(folder.path().join(ASIDE).join(PROGRESS), "{").unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.load().unwrap().unwrap().progress.step, 5);
        assert!(!folder.path().join(ASIDE).exists());
    }

    #[test]
    fn a_missing_stage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let error = store.result(Stage::Joint, Stage::Denoising).unwrap_err().to_string();
        assert!(error.contains("stage joint needs the result of stage denoising"), "{error}");
        store.save_result(Stage::Denoising, &[7]).unwrap();
        assert_eq!(store.result(Stage::Joint, Stage::Denoising).unwrap(), [7]);
    }
}

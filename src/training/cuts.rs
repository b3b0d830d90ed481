//! Stages that were ended before their last epoch: where each stood then, so that it can be gone on with.
//!
//! `STAGE-cut/` below the checkpoints' folder is a store of its own with the one checkpoint that the stage would have gone
//! on from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::checkpoint::{Checkpoint, Store};
use super::error::TrainingError;
use super::events::Stage;

/// The cut stages of one run.
pub struct Cuts {
    folder: PathBuf,
}

impl Cuts {
    /// Of the run whose checkpoints lie in this folder.
    pub fn new(checkpoints: &Path) -> Self {
        Self { folder: checkpoints.to_owned() }
    }

    fn place(&self, stage: Stage) -> PathBuf {
        self.folder.join(format!("{stage}-cut"))
    }

    /// Keeps where a stage stands; what was kept of it before is replaced.
    ///
    /// # Errors
    /// A disk that is full, read-only or gone.
    pub fn keep(&self, stage: Stage, checkpoint: &Checkpoint) -> Result<(), TrainingError> {
        Store::beside(&self.place(stage), &self.folder)?.save(checkpoint).map(|_| ())
    }

    /// Where a stage stood when it was cut; `None` where it was not.
    ///
    /// # Errors
    /// Files that are unreadable or damaged.
    pub fn find(&self, stage: Stage) -> Result<Option<Checkpoint>, TrainingError> {
        let place = self.place(stage);
        if !place.exists() {
            return Ok(None);
        }
        Ok(Store::beside(&place, &self.folder)?.load()?.map(|found| found.checkpoint))
    }

    /// Forgets that a stage was cut.
    ///
    /// # Errors
    /// As [`keep`](Self::keep).
    pub fn forget(&self, stage: Stage) -> Result<(), TrainingError> {
        let place = self.place(stage);
        match fs::remove_dir_all(&place) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(TrainingError::Checkpoint {
                path: place,
                message: e.to_string(),
                advice: "check that the run directory can be written",
            }),
            _ => Ok(()),
        }
    }

    /// Forgets the cuts of a stage and of those after it.
    ///
    /// # Errors
    /// As [`keep`](Self::keep).
    pub fn forget_from(&self, stage: Stage) -> Result<(), TrainingError> {
        Stage::ALL.into_iter().filter(|s| *s >= stage).try_for_each(|s| self.forget(s))
    }
}

#[cfg(test)]
mod tests {
    use super::super::checkpoint::{Progress, State};
    use super::*;

    #[test]
    fn a_cut_is_kept_replaced_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let cuts = Cuts::new(folder.path());
        let at = |step| Checkpoint {
            progress: Progress { stage: Some(Stage::Denoising), step, ..Progress::default() },
            state: Some(State { weights: vec![1], optimizer: vec![2], best: None, labels: None }),
        };
        assert!(cuts.find(Stage::Denoising).unwrap().is_none());
        cuts.forget(Stage::Denoising).unwrap();
        cuts.keep(Stage::Denoising, &at(3)).unwrap();
        cuts.keep(Stage::Denoising, &at(4)).unwrap();
        assert_eq!(cuts.find(Stage::Denoising).unwrap().unwrap().progress.step, 4);
        // The run's own checkpoints are another matter.
        assert!(Store::open(folder.path()).unwrap().load().unwrap().is_none());
        assert_eq!(cuts.find(Stage::Denoising).unwrap().unwrap().state.unwrap().optimizer, [2]);
        cuts.forget_from(Stage::Joint).unwrap();
        assert!(cuts.find(Stage::Denoising).unwrap().is_some());
        cuts.forget_from(Stage::Contrastive).unwrap();
        assert!(cuts.find(Stage::Denoising).unwrap().is_none());
    }
}

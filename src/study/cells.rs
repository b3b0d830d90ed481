//! One cell: its run is made or found, so that it can be trained by whoever gets its lock.

use std::path::PathBuf;

use super::share::{Giver, Kinship, ShareError, hand};
use crate::run::FileError;
use crate::run::directory::{CellRecord, Manifest, RunDir, RunError};
use crate::run::list::{RunState, summarise};
use crate::run::lock::{self, LockError, RunLock};
use crate::run::study::Study;
use crate::run::study::fingerprint::difference;
use crate::run::view::Phase;

/// Why a cell cannot be begun.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Share(#[from] ShareError),
    #[error(transparent)]
    File(#[from] FileError),
}

/// What is to be done for a cell.
#[derive(Debug)]
pub enum Ready {
    /// Its run is new; where its record says what it begins from, it goes on from a checkpoint all the same.
    New(RunDir),
    /// Go on with its run.
    GoOn(RunDir),
    /// Somebody trains it, or was just about to.
    Busy,
    Finished,
}

/// What was done with a run that was no longer the cell's.
#[derive(Clone, Debug)]
pub struct Stale {
    pub why: String,
    /// Where it lies now.
    pub kept: PathBuf,
}

/// Makes a cell's run, or finds it. A run that the study's settings no longer describe is put aside, and told.
///
/// # Errors
/// The file system refuses, or a run directory cannot be read.
pub fn ready(study: &Study, kin: &Kinship, cell: usize, stale: &mut Option<Stale>) -> Result<Ready, CellError> {
    if let Some(dir) = study.run(&kin.cells()[cell])? {
        // Whoever trains an outdated run ends it first.
        if lock::judge(&dir) == lock::Verdict::Alive {
            return Ok(Ready::Busy);
        }
        match difference(dir.manifest(), kin.settings(cell), study.plan()) {
            None if summarise(&dir).state == RunState::At(Phase::Finished) => return Ok(Ready::Finished),
            None => return Ok(Ready::GoOn(dir)),
            Some(why) => match put_aside(study, &dir)? {
                Some(kept) => *stale = Some(Stale { why, kept }),
                None => return Ok(Ready::Busy),
            },
        }
    }
    make(study, kin, cell)
}

/// Moves a run that is no cell's any more away; `None` where somebody trains it.
fn put_aside(study: &Study, dir: &RunDir) -> Result<Option<PathBuf>, CellError> {
    match RunLock::acquire(dir, &mut |_| {}) {
        Ok(_lock) => Ok(Some(study.put_aside(dir)?)),
        Err(LockError::Held { .. }) => Ok(None),
        Err(LockError::File(e)) => Err(e.into()),
    }
}

fn make(study: &Study, kin: &Kinship, cell: usize) -> Result<Ready, CellError> {
    let giver = kin.giver(study, cell);
    if let Some(giver) = &giver {
        match make_with(study, kin, cell, Some(giver)) {
            // What the other run left is damaged: the cell trains its own.
            Err(CellError::Share(_)) => {}
            made => return made,
        }
    }
    make_with(study, kin, cell, None)
}

fn make_with(study: &Study, kin: &Kinship, cell: usize, giver: Option<&Giver>) -> Result<Ready, CellError> {
    let (named, row) = (&kin.cells()[cell], &kin.rows()[kin.cells()[cell].row]);
    let plan = study.plan();
    let stages = kin.stages(cell).to_vec();
    let next = giver.and_then(|giver| stages.iter().copied().find(|s| *s > giver.last));
    let mut manifest =
        Manifest::new(&*plan.dataset, plan.source.clone(), plan.device, stages, kin.settings(cell).clone());
    // The study's data, and no other: the run's process makes sure of it.
    manifest.data = plan.data.clone();
    manifest.settings_from = Some(format!("study {}, which began from {}", study.name(), plan.settings_from));
    manifest.cell = Some(CellRecord {
        study: study.name().to_owned(),
        variant: row.variant.clone(),
        begins_from: giver.map(|g| g.run.path().file_name().unwrap_or_default().to_string_lossy().into_owned()),
        shared: giver.map(|g| g.fingerprint.clone()),
        axes: row.axes.iter().cloned().collect(),
    });
    let filled =
        RunDir::create_filled(&study.runs_folder(), Some(&named.name), &manifest, |made| match giver.zip(next) {
            Some((giver, next)) => Ok(hand(giver, made, next)?),
            None => Ok::<(), CellError>(()),
        });
    match filled {
        Ok(dir) => Ok(Ready::New(dir)),
        // Another process was quicker.
        Err(CellError::Run(RunError::Exists { .. })) => Ok(Ready::Busy),
        Err(e) => Err(e),
    }
}

//! Reading checkpoints: the newest that is whole, and what stages left.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::contents::{BEST, LABELS, OPTIMIZER, State, WEIGHTS, failed};
use super::progress::Progress;
use super::{Checkpoint, FORMAT, Found, LATEST, PROGRESS, Store};
use crate::files;
use crate::training::error::TrainingError;
use crate::training::events::Stage;
use crate::training::parts::{Part, Parts, PartsError};

impl Store {
    /// The newest checkpoint that is whole; `None` where the run has none yet.
    ///
    /// # Errors
    /// Checkpoints that are all damaged; the message is about the newest.
    pub fn load(&self) -> Result<Option<Found>, TrainingError> {
        let mut first: Option<TrainingError> = None;
        for n in self.standing.iter().rev() {
            match self.read(&self.latest(*n)) {
                Ok(checkpoint) => {
                    let passed_over = first.map(|e| {
                        format!("{e}: the checkpoint before it, {LATEST}{n}, is whole, and the run goes on from there")
                    });
                    return Ok(Some(Found { checkpoint, passed_over }));
                }
                Err(e) => first = first.or(Some(e)),
            }
        }
        first.map_or(Ok(None), Err)
    }

    /// What is needed to begin `stage` anew, however damaged the rest is.
    ///
    /// # Errors
    /// Not even that is whole.
    pub fn load_before(&self, stage: Stage) -> Result<Found, TrainingError> {
        let mut last = TrainingError::MissingStage { stage, needs: Stage::Contrastive, path: self.results.clone() };
        for n in self.standing.iter().rev() {
            match self.read_as_far(&self.latest(*n), Some(stage)) {
                Ok(checkpoint) => {
                    return Ok(Found { checkpoint, passed_over: None });
                }
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    /// A checkpoint, every part of which is as it was written, results included.
    pub(super) fn read(&self, folder: &Path) -> Result<Checkpoint, TrainingError> {
        self.read_as_far(folder, None)
    }

    /// As [`read`](Self::read); where a stage is to begin anew, its own state and what it and later ones handed on is of no
    /// account.
    fn read_as_far(&self, folder: &Path, anew: Option<Stage>) -> Result<Checkpoint, TrainingError> {
        let damaged = |path: PathBuf, message: String| TrainingError::Checkpoint {
            path,
            message,
            advice: "`mug verify RUN` shows what is damaged; a stage can be begun anew with `mug resume RUN --restart STAGE`",
        };
        let plain = |name: &str| files::read(&folder.join(name), u64::MAX).map_err(|e| failed(&folder.join(name), &e));
        let parts = match Parts::read(folder) {
            Ok(parts) => Some(parts),
            Err(PartsError::Missing) => None,
            Err(e) => return Err(damaged(folder.join(Parts::NAME), e.to_string())),
        };
        let read = |name: &str| -> Result<Option<Vec<u8>>, TrainingError> {
            let Some(parts) = &parts else {
                return if folder.join(name).exists() { plain(name).map(Some) } else { Ok(None) };
            };
            let Some(part) = parts.files.iter().find(|p| p.name == name) else {
                return Ok(None);
            };
            part.read(folder).map(Some).map_err(|e| damaged(folder.join(name), e.to_string()))
        };
        let path = folder.join(PROGRESS);
        let bytes = match read(PROGRESS)? {
            Some(bytes) => bytes,
            None => plain(PROGRESS)?,
        };
        let mut progress: Progress = ciborium::from_reader(&*bytes)
            .map_err(|e| damaged(path.clone(), format!("expected the progress of a run, found {e}")))?;
        if progress.format > FORMAT {
            let message = format!("expected a checkpoint of format {FORMAT} or older, found {}", progress.format);
            return Err(damaged(path, message));
        }
        match &parts {
            None if progress.format > 0 => {
                return Err(damaged(
                    folder.join(Parts::NAME),
                    "the list of the checkpoint's parts is not there".into(),
                ));
            }
            None => progress.results = self.results_of_old(&progress)?,
            Some(_) => {
                let needed = progress.needed().filter(|(stage, _)| anew.is_none_or(|anew| *stage < anew));
                for part in needed.map(|(_, part)| part) {
                    part.check(&self.results).map_err(|e| damaged(self.results.join(&part.name), e.to_string()))?;
                }
            }
        }
        if anew.is_some() {
            return Ok(Checkpoint { progress, state: None });
        }
        let state = match (read(WEIGHTS)?, read(OPTIMIZER)?) {
            (Some(weights), Some(optimizer)) => {
                Some(State { weights, optimizer, best: read(BEST)?.map(Arc::new), labels: read(LABELS)? })
            }
            (None, None) => None,
            _ => {
                return Err(damaged(folder.to_owned(), "weights without optimiser state, or the reverse".into()));
            }
        };
        Ok(Checkpoint { progress, state })
    }

    /// Older versions kept a finished stage's result as `STAGE.bpk` and listed none.
    fn results_of_old(&self, progress: &Progress) -> Result<BTreeMap<Stage, Part>, TrainingError> {
        let mut results = BTreeMap::new();
        for stage in Stage::ALL.into_iter().filter(|s| progress.stage.is_none_or(|running| *s < running)) {
            let name = format!("{stage}.bpk");
            let path = self.results.join(&name);
            match files::read(&path, u64::MAX) {
                Ok(bytes) => results.insert(stage, Part::of(&name, &bytes)),
                Err(e) if e.kind() == io::ErrorKind::NotFound => None,
                Err(e) => return Err(failed(&path, &e)),
            };
        }
        Ok(results)
    }

    /// The weights of `needs` by a run's progress, for `stage`.
    ///
    /// # Errors
    /// [`TrainingError::MissingStage`] where `needs` has not been trained; a file that is damaged or gone.
    pub fn result(&self, progress: &Progress, stage: Stage, needs: Stage) -> Result<Vec<u8>, TrainingError> {
        let Some(part) = progress.results.get(&needs) else {
            return Err(TrainingError::MissingStage { stage, needs, path: self.results.clone() });
        };
        part.read(&self.results).map_err(|e| TrainingError::Checkpoint {
            path: self.results.join(&part.name),
            message: e.to_string(),
            advice: "restart that stage: mug resume RUN --restart STAGE",
        })
    }
}

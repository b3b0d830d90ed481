//! Writing checkpoints: when one is due, what goes before it, and what happens where the disk refuses.

use std::time::{Duration, Instant};

use super::super::checkpoint::{Checkpoint, State};
use super::super::error::TrainingError;
use super::super::events::{Body, Command, Level};
use super::{Machine, Running};

/// How often a disk that refuses is tried again.
const RETRY: Duration = Duration::from_secs(2);
/// Of the time between two checkpoints, writing one takes at most one part in so many.
const SHARE: u32 = 20;

impl Machine<'_> {
    /// True where it is time for a checkpoint: at an epoch's end always, within one after so many seconds; but never so
    /// often that writing them would take more than a twentieth of the time.
    pub(super) fn checkpoint_due(&self, epoch_ended: bool) -> bool {
        let every = self.context.settings.training.checkpoint_seconds;
        let since = self.saved.elapsed();
        let wanted = epoch_ended || (every > 0 && since.as_secs() >= u64::from(every));
        wanted && since >= SHARE * self.cost
    }

    /// Writes a checkpoint.
    pub(super) fn save(&mut self, running: Option<&Running>) -> Result<(), TrainingError> {
        let checkpoint = self.checkpoint(running)?;
        let file = self.insist(|machine| machine.write(&checkpoint))?;
        self.saved(file)
    }

    /// Writes the checkpoint that a run is left with. Whoever asked for the end (a batch system, say) waits only so long:
    /// a disk that refuses is not tried again.
    pub(super) fn save_and_leave(&mut self, running: &Running) -> Result<(), TrainingError> {
        let checkpoint = self.checkpoint(Some(running))?;
        let file = self.write(&checkpoint).map_err(|e| TrainingError::GaveUp { message: e.to_string() })?;
        self.saved(file)
    }

    pub(super) fn checkpoint(&mut self, running: Option<&Running>) -> Result<Checkpoint, TrainingError> {
        self.progress.time = self.clock.now();
        let state = match running {
            None => None,
            Some(r) => {
                let trained = r.trainer.trained();
                let (weights, optimizer) = (trained.weights()?, trained.optimizer()?);
                Some(State { weights, optimizer, best: r.best.clone(), labels: r.trainer.state()? })
            }
        };
        Ok(Checkpoint { progress: self.progress.clone(), state })
    }

    /// The events before a checkpoint are recorded first: otherwise a process that is killed in between leaves curves with
    /// a hole.
    pub(super) fn write(&mut self, checkpoint: &Checkpoint) -> Result<String, TrainingError> {
        let started = Instant::now();
        self.listener.settle()?;
        let file = self.store.save(checkpoint)?;
        self.cost = started.elapsed();
        Ok(file)
    }

    pub(super) fn saved(&mut self, file: String) -> Result<(), TrainingError> {
        self.saved = Instant::now();
        self.emit(Body::Checkpointed { file })
    }

    /// Writes something that training cannot go on without. A disk that refuses parks the run until it can be written:
    /// what was trained is not lost while the process lives. Fails where told to stop meanwhile.
    pub(super) fn insist<T>(
        &mut self,
        mut write: impl FnMut(&mut Self) -> Result<T, TrainingError>,
    ) -> Result<T, TrainingError> {
        let mut error = match write(self) {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        // The path last: on a narrow screen the end is cut.
        let why = match &error {
            TrainingError::Checkpoint { path, message, .. } => format!("{message}: {}", path.display()),
            other => other.to_string(),
        };
        self.emit(Body::Log { level: Level::Error, message: format!("paused until it can be written: {why}") })?;
        self.emit(Body::Paused)?;
        self.clock.stop();
        // What was asked for meanwhile and has to wait, too.
        let mut later = Vec::new();
        let done = loop {
            if matches!(error, TrainingError::NoListener) {
                return Err(error);
            }
            match self.control.wait_at_most(RETRY) {
                None | Some(Command::Checkpoint) => {}
                Some(Command::Start | Command::Resume) => later.retain(|c| *c != Command::Pause),
                Some(Command::StopNow) => return Err(TrainingError::GaveUp { message: error.to_string() }),
                Some(
                    command @ (Command::Pause
                    | Command::StopAfterEpoch
                    | Command::KeepStage
                    | Command::RestartStage { .. }
                    | Command::Set { .. }
                    | Command::ContinueStage { .. }),
                ) => {
                    later.push(command);
                    continue;
                }
            }
            match write(self) {
                Ok(done) => break done,
                Err(again) => error = again,
            }
        };
        self.clock.start();
        for command in later {
            self.control.send(command);
        }
        self.emit(Body::Unpaused)?;
        Ok(done)
    }
}

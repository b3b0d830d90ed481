//! Writing checkpoints: when one is due, what goes before it, and what happens where the disk refuses.
//!
//! Within an epoch and between epochs training goes on while one is written. Whatever ends or parks a stage waits for it.

use std::time::{Duration, Instant};

use super::super::checkpoint::writer::Written;
use super::super::checkpoint::{Checkpoint, Progress, Snapshot, State};
use super::super::error::TrainingError;
use super::super::events::{Body, Command, Level};
use super::{Machine, Running};

/// How often a disk that refuses is tried again.
const RETRY: Duration = Duration::from_secs(2);
impl Machine<'_> {
    /// True where it is time for a checkpoint: at an epoch's end always, within one after so many seconds; but never so
    /// often that writing them would take more than a twentieth of the time, and never while one is being written.
    pub(super) fn checkpoint_due(&self, epoch_ended: bool) -> bool {
        !self.writer.is_busy() && self.pace.is_due(epoch_ended, self.context.settings.training.checkpoint_seconds)
    }

    /// Copies the state and lets it be written while training goes on. One that is being written is waited for.
    pub(super) fn save_aside(&mut self, running: &Running) -> Result<(), TrainingError> {
        self.wait_for_writer(Some(running))?;
        let started = Instant::now();
        match self.listener.settle() {
            Ok(()) => {}
            // Told, and tried again, as where a checkpoint itself is refused.
            Err(_) => return self.save(Some(running)),
        }
        let (progress, snapshot) = self.snapshot(running)?;
        self.writer.begin(progress, snapshot);
        self.pace.begin(started.elapsed());
        Ok(())
    }

    /// Tells of a checkpoint that was written meanwhile. Where that failed, another is written here and now.
    pub(super) fn look_at_writer(&mut self, running: &mut Running) -> Result<(), TrainingError> {
        let written = self.writer.poll();
        if written.as_ref().is_some_and(|written| written.file.is_err()) {
            self.read_pending(running)?;
            self.check_finite(running.stage)?;
        }
        self.settle_written(written, Some(running))
    }

    /// As [`look_at_writer`](Self::look_at_writer), waiting where one is being written. Without a running stage, what the
    /// caller writes next stands for one that failed.
    pub(super) fn wait_for_writer(&mut self, running: Option<&Running>) -> Result<(), TrainingError> {
        let written = self.writer.land();
        self.settle_written(written, running)
    }

    fn settle_written(&mut self, written: Option<Written>, running: Option<&Running>) -> Result<(), TrainingError> {
        let Some(Written { file, took }) = written else { return Ok(()) };
        match (file, running) {
            (Ok(file), _) => {
                self.pace.wrote(took);
                self.emit(Body::Checkpointed { file })?;
                let every = self.context.settings.training.checkpoint_seconds;
                self.pace.stretched(every).map_or(Ok(()), |message| self.log(Level::Info, message))
            }
            (Err(error), Some(running)) => {
                let file = self.persist(error, |machine| machine.write_running(running))?;
                self.saved(file)
            }
            (Err(_), None) => Ok(()),
        }
    }

    /// Writes a checkpoint, and goes on once it stands.
    pub(super) fn save(&mut self, running: Option<&Running>) -> Result<(), TrainingError> {
        self.wait_for_writer(None)?;
        let file = self.insist(|machine| match running {
            Some(running) => machine.write_running(running),
            None => {
                let progress = machine.progress_now();
                machine.write(&Checkpoint { progress, state: None })
            }
        })?;
        self.saved(file)
    }

    /// Writes the checkpoint that a run is left with. Whoever asked for the end (a batch system, say) waits only so long:
    /// a disk that refuses is not tried again.
    pub(super) fn save_and_leave(&mut self, running: &Running) -> Result<(), TrainingError> {
        self.wait_for_writer(None)?;
        let file = self.write_running(running).map_err(|e| TrainingError::GaveUp { message: e.to_string() })?;
        self.saved(file)
    }

    fn progress_now(&mut self) -> Progress {
        self.progress.time = self.clock.now();
        self.progress.clone()
    }

    fn snapshot(&mut self, running: &Running) -> Result<(Progress, Snapshot), TrainingError> {
        let Running { trainer, best, .. } = running;
        let snapshot = Snapshot { records: trainer.trained().records(), best: best.clone(), labels: trainer.state()? };
        Ok((self.progress_now(), snapshot))
    }

    /// The state of the running stage in a form that can be kept and read again.
    pub(super) fn checkpoint(&mut self, running: &Running) -> Result<Checkpoint, TrainingError> {
        let (progress, Snapshot { records, best, labels }) = self.snapshot(running)?;
        let (weights, optimizer) = records.documents()?;
        Ok(Checkpoint { progress, state: Some(State { weights, optimizer, best, labels }) })
    }

    /// The events before a checkpoint are recorded first: otherwise a process that is killed in between leaves curves with
    /// a hole.
    fn write_running(&mut self, running: &Running) -> Result<String, TrainingError> {
        let started = Instant::now();
        self.listener.settle()?;
        // Anew for each try: writing uses it up, and a parked stage does not change.
        let (progress, snapshot) = self.snapshot(running)?;
        let file = self.writer.store().save_snapshot(&progress, snapshot)?;
        self.pace.begin(started.elapsed());
        Ok(file)
    }

    /// As [`write_running`](Self::write_running), of a state that is there already.
    pub(super) fn write(&mut self, checkpoint: &Checkpoint) -> Result<String, TrainingError> {
        let started = Instant::now();
        self.listener.settle()?;
        let file = self.writer.store().save(checkpoint)?;
        self.pace.begin(started.elapsed());
        Ok(file)
    }

    pub(super) fn saved(&mut self, file: String) -> Result<(), TrainingError> {
        self.emit(Body::Checkpointed { file })
    }

    /// Writes something that training cannot go on without. A disk that refuses parks the run until it can be written:
    /// what was trained is not lost while the process lives. Fails where told to stop meanwhile.
    pub(super) fn insist<T>(
        &mut self,
        mut write: impl FnMut(&mut Self) -> Result<T, TrainingError>,
    ) -> Result<T, TrainingError> {
        match write(self) {
            Ok(done) => Ok(done),
            Err(error) => self.persist(error, write),
        }
    }

    /// As [`insist`](Self::insist), for something that was refused just now.
    fn persist<T>(
        &mut self,
        mut error: TrainingError,
        mut write: impl FnMut(&mut Self) -> Result<T, TrainingError>,
    ) -> Result<T, TrainingError> {
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

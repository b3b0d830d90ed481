//! Writing checkpoints: when one is due, what goes before it, and what happens where the disk refuses.
//!
//! Within an epoch and between epochs training goes on while one is written. Whatever ends or parks a stage waits for it.

use std::time::{Duration, Instant};

use super::super::checkpoint::{Checkpoint, Progress, Snapshot, State, Written};
use super::super::error::TrainingError;
use super::super::events::{Body, Command, Level};
use super::{Machine, Running};

/// How often a disk that refuses is tried again.
const RETRY: Duration = Duration::from_secs(2);
/// Of the time between two checkpoints, writing one takes at most one part in so many.
const SHARE: u32 = 20;

/// When checkpoints are written.
pub(super) struct Pace {
    /// When the last one was begun.
    last: Instant,
    /// What it took: copying and waiting on the training thread, and writing.
    cost: Duration,
    /// The interval that was last told as longer than the settings'.
    told: Duration,
}

/// Longer intervals than the settings' are told from here on: less is of no account to anybody.
const TOLD_FROM: Duration = Duration::from_secs(10);

impl Pace {
    pub fn new() -> Self {
        Self { last: Instant::now(), cost: Duration::ZERO, told: Duration::ZERO }
    }

    /// A checkpoint was begun; it took so long by now.
    fn begin(&mut self, took: Duration) {
        (self.last, self.cost) = (Instant::now(), took);
    }

    /// The least time between two.
    fn least(&self) -> Duration {
        SHARE * self.cost
    }

    /// True where it is time for the next one; `every` as `training.checkpoint_seconds`.
    fn is_due(&self, epoch_ended: bool, every: u32) -> bool {
        let since = self.last.elapsed();
        let wanted = epoch_ended || (every > 0 && since.as_secs() >= u64::from(every));
        wanted && since >= self.least()
    }

    /// What there is to tell once a checkpoint was written: that the next one within an epoch comes later than the settings
    /// say. Told again where it is twice as late as it was.
    fn stretched(&mut self, every: u32) -> Option<String> {
        let (least, wanted) = (self.least(), Duration::from_secs(u64::from(every)));
        if every == 0 || least <= wanted || least < TOLD_FROM || least < 2 * self.told {
            return None;
        }
        self.told = least;
        let (cost, least) = (self.cost.as_secs_f64(), least.as_secs_f64().ceil());
        Some(format!(
            "a checkpoint takes {cost:.1} s, so one is written every {least:.0} s within an epoch instead of every {every} s \
             (training.checkpoint_seconds): writing takes at most a twentieth of the time"
        ))
    }
}

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
                self.pace.cost += took;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(cost: Duration, since: Duration) -> Pace {
        let last = Instant::now().checked_sub(since).expect("the machine has run for that long");
        Pace { last, cost, told: Duration::ZERO }
    }

    #[test]
    fn a_checkpoint_is_due_by_the_settings_or_by_its_cost_whichever_is_later() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        assert!(pace(second, minute).is_due(false, 30));
        assert!(!pace(second, minute).is_due(false, 600), "the settings ask for fewer");
        assert!(!pace(6 * second, minute).is_due(false, 30), "two minutes are the least");
        assert!(!pace(second, minute).is_due(false, 0) && pace(second, minute).is_due(true, 0));
        assert!(!pace(6 * second, minute).is_due(true, 0), "not even at an epoch's end");
    }

    #[test]
    fn a_longer_interval_is_told_and_again_once_it_has_doubled() {
        let mut pace = pace(Duration::from_secs(1), Duration::ZERO);
        assert_eq!(pace.stretched(30), None);
        pace.cost = Duration::from_secs(3);
        assert_eq!(pace.stretched(0), None, "there are none within an epoch");
        let words = pace.stretched(30).unwrap();
        assert!(
            words.contains("takes 3.0 s") && words.contains("every 60 s") && words.contains("every 30 s"),
            "{words}"
        );
        pace.cost = Duration::from_secs(5);
        assert_eq!(pace.stretched(30), None);
        pace.cost = Duration::from_secs(6);
        assert!(pace.stretched(30).unwrap().contains("every 120 s"));
        // As long as that is of no account to anybody.
        pace.cost = Duration::from_millis(200);
        pace.told = Duration::ZERO;
        assert_eq!(pace.stretched(1), None);
    }
}

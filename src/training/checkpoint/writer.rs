//! Writing checkpoints while training goes on: at most one at a time, by a thread of its own.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Progress, Snapshot, Store, failed};
use crate::training::error::TrainingError;

/// The checkpoints of a run, and the one that is on its way to the disk. Dropped, it waits for that one.
pub struct Writer {
    store: Arc<Mutex<Store>>,
    flight: Option<JoinHandle<Written>>,
    /// Of a flight that was waited for and not asked after yet.
    landed: Option<Written>,
}

/// What became of a checkpoint.
pub struct Written {
    /// Its name below the folder.
    pub file: Result<String, TrainingError>,
    /// What packing, writing and syncing it took.
    pub took: Duration,
}

impl Writer {
    pub fn new(store: Store) -> Self {
        Self { store: Arc::new(Mutex::new(store)), flight: None, landed: None }
    }

    /// True while a checkpoint is being written, and until it was asked after.
    pub fn is_busy(&self) -> bool {
        self.flight.is_some() || self.landed.is_some()
    }

    /// Begins to write; where another is being written it is waited for, and what became of that one is forgotten: this one
    /// is newer.
    pub fn begin(&mut self, progress: Progress, snapshot: Snapshot) {
        self.wait();
        self.landed = None;
        let store = self.store.clone();
        let write = move || {
            let started = Instant::now();
            let file = lock(&store).save_snapshot(&progress, snapshot);
            Written { file, took: started.elapsed() }
        };
        match thread::Builder::new().name("checkpoint".into()).spawn(write) {
            Ok(flight) => self.flight = Some(flight),
            Err(e) => self.landed = Some(Written { file: Err(self.refused(&e)), took: Duration::ZERO }),
        }
    }

    fn refused(&self, error: &io::Error) -> TrainingError {
        failed(&lock(&self.store).folder, error)
    }

    /// What became of the last [`begin`](Self::begin), where that is known by now; each is told once.
    pub fn poll(&mut self) -> Option<Written> {
        if self.flight.as_ref().is_some_and(|flight| !flight.is_finished()) {
            return None;
        }
        self.land()
    }

    /// As [`poll`](Self::poll), waiting for it.
    pub fn land(&mut self) -> Option<Written> {
        self.wait();
        self.landed.take()
    }

    fn wait(&mut self) {
        match self.flight.take().map(JoinHandle::join) {
            None => {}
            Some(Ok(written)) => self.landed = Some(written),
            // The training thread's guard tells it.
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        }
    }

    /// The checkpoints, once none is being written.
    pub fn store(&mut self) -> MutexGuard<'_, Store> {
        self.wait();
        lock(&self.store)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What became of it interests nobody any more, but whoever ends now may take the folder away.
        let _ = self.flight.take().map(JoinHandle::join);
    }
}

/// A store is whole between any two of its operations.
fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Computes pictures on a thread of its own, one at a time: a new request cancels the one being computed.
//!
//! Owner: the console's backend. The request that waits is one place: a newer one takes it. Answers and progress go
//! through the mailbox. t-SNE takes at most half of the machine's cores and, on Linux, the lowest priority, so that a run
//! on the same machine trains on. Ends when it is dropped, in the round of t-SNE that it is in.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::mailbox::Mailbox;
use super::reading::inside;
use super::worker::spawn;
use crate::console::state::embedding::Request;
use crate::console::state::message::Message;
use crate::console::terminal::panics::guarded;
use crate::report::projection::{
    Cloud, MOST_POINTS, MOST_TSNE_POINTS, Method, Picture, Progress, ProjectionError, Recorded, picture,
};
use crate::run::embedding;
use crate::run::embedding::EmbeddingValues;

/// Least time between two words on progress.
const TELL: Duration = Duration::from_millis(200);
/// How long is waited for a file that an event spoke of: over a network file system it can come later.
const PATIENCE: Duration = Duration::from_millis(250);
const TRIES: usize = 5;
/// Threads of t-SNE, at most.
const THREADS: usize = 4;

/// The thread's handle.
#[derive(Debug)]
pub struct Projector {
    mailbox: Mailbox,
    shared: Arc<Shared>,
    started: bool,
}

#[derive(Debug, Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    next: Option<(u64, Request)>,
    /// Of the request being computed.
    cancel: Arc<AtomicBool>,
    ended: bool,
}

impl Projector {
    pub fn new(mailbox: Mailbox) -> Self {
        Self { mailbox, shared: Arc::default(), started: false }
    }

    /// Asks for a picture in place of any asked for before.
    pub fn ask(&mut self, number: u64, request: Request) {
        self.put(Some((number, request)), false);
        if !std::mem::replace(&mut self.started, true) {
            let (shared, mailbox) = (self.shared.clone(), self.mailbox.clone());
            spawn(&self.mailbox, "projection", move || work(&shared, &mailbox));
        }
    }

    /// Asks for nothing any more.
    pub fn stop(&self) {
        self.put(None, false);
    }

    fn put(&self, next: Option<(u64, Request)>, ended: bool) {
        let mut slot = self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.cancel.store(true, Ordering::Relaxed);
        slot.next = next;
        slot.ended |= ended;
        self.shared.changed.notify_all();
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.put(None, true);
    }
}

/// What was read last: another look at the same moment needs no file.
#[derive(Default)]
struct Read {
    path: PathBuf,
    generation: u64,
    values: EmbeddingValues,
    rows: Vec<u32>,
}

fn work(shared: &Shared, mailbox: &Mailbox) {
    let mut read = Read::default();
    let mut pool = None;
    loop {
        let (number, request, cancel) = {
            let slot = shared.slot.lock().unwrap_or_else(PoisonError::into_inner);
            let waits = |slot: &mut Slot| slot.next.is_none() && !slot.ended;
            let mut slot = shared.changed.wait_while(slot, waits).unwrap_or_else(PoisonError::into_inner);
            let Some((number, request)) = slot.next.take().filter(|_| !slot.ended) else { return };
            slot.cancel = Arc::default();
            (number, request, slot.cancel.clone())
        };
        let result = guarded(|| {
            load(&mut read, &request, &cancel)?;
            let mut last = Instant::now();
            let tell = |progress: Progress| {
                if progress.done > 0 && last.elapsed() < TELL {
                    return;
                }
                last = Instant::now();
                if !mailbox.send(Message::Projecting { number, progress }) {
                    cancel.store(true, Ordering::Relaxed);
                }
            };
            compute(&read, &request, &cancel, tell, &mut pool)
        })
        .flatten();
        if cancel.load(Ordering::Relaxed) {
            continue;
        }
        if !mailbox.send(Message::Projected { number, result: result.map(Arc::new) }) {
            return;
        }
    }
}

/// Reads the moment's file unless it is the one that was read last.
fn load(read: &mut Read, request: &Request, cancel: &AtomicBool) -> Result<(), String> {
    let path = inside(&request.dir, &request.entry.file)
        .ok_or_else(|| format!("{}: expected a path below the run directory", request.entry.file))?;
    if read.path == path && read.generation == request.generation {
        return Ok(());
    }
    *read = Read::default();
    let mut tried = 0;
    let (values, every) = loop {
        // No picture shows more rows than half the points of one modality.
        match embedding::sample(&path, MOST_POINTS / 2) {
            Ok(found) => break found,
            Err(e) if tried + 1 == TRIES || cancel.load(Ordering::Relaxed) => return Err(e.to_string()),
            Err(_) => std::thread::sleep(PATIENCE),
        }
        tried += 1;
    };
    let row =
        |i: usize| u32::try_from(i.saturating_mul(every).saturating_mul(request.entry.stride)).unwrap_or(u32::MAX);
    let rows = (0..values.rows).map(row).collect();
    *read = Read { path, generation: request.generation, values, rows };
    Ok(())
}

fn compute(
    read: &Read,
    request: &Request,
    cancel: &AtomicBool,
    tell: impl FnMut(Progress) + Send,
    pool: &mut Option<rayon::ThreadPool>,
) -> Result<Picture, String> {
    let recorded = Recorded { data: &read.values.data, dim: read.values.dim, rows: &read.rows };
    let most = if request.method == Method::Tsne { MOST_TSNE_POINTS } else { MOST_POINTS };
    let cloud = Cloud::of(&recorded, request.scope, request.scaling, most);
    let result = match request.method {
        Method::Pca => picture(cloud, Method::Pca, cancel, tell),
        Method::Tsne => {
            let pool = match pool {
                Some(pool) => pool,
                none => none.insert(threads().map_err(|e| format!("cannot start threads for t-SNE: {e}"))?),
            };
            pool.install(|| picture(cloud, Method::Tsne, cancel, tell))
        }
    };
    result.map_err(|e: ProjectionError| e.to_string())
}

/// Threads that leave a run on this machine alone as far as they can.
fn threads() -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads((cores / 2).clamp(1, THREADS))
        .thread_name(|i| format!("t-SNE {i}"))
        .start_handler(|_| {
            // Where it cannot be had, t-SNE only is a less modest neighbour. Elsewhere than on Linux it would be the
            // whole process's priority.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::nice(19);
        })
        .build()
}

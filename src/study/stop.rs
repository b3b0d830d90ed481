//! Ending the workers of a study so that they can be taken up again.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::host::client::{self, LinkEvent};
use crate::run::directory::RunDir;
use crate::run::lock;
use crate::run::study::Study;
use crate::training::events::Command;

/// The longest that a worker's answer is waited for.
const ANSWER: Duration = Duration::from_secs(10);
/// The longest that its batch and its checkpoint may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks whoever carries a study out to end, and ends the workers that can be reached from here. Returns the runs that still
/// go on, by name: on other machines, whose engine sees the wish, or busy with a batch.
///
/// # Errors
/// The study's folder cannot be written.
pub fn stop(study: &Study) -> Result<Vec<String>, crate::run::FileError> {
    study.ask_to_stop(true)?;
    let runs = study.plan().cells().into_iter().filter_map(|cell| study.run(&cell).ok().flatten());
    let live: Vec<RunDir> = runs.filter(lock::is_alive).collect();
    end_all(&live);
    Ok(live.iter().filter(|dir| lock::is_alive(dir)).map(|dir| dir.name().to_owned()).collect())
}

/// Has runs checkpoint and end, and waits for those that took it.
pub fn end_all(runs: &[RunDir]) {
    // Links stay until the runs are over: one that is dropped can take its command with it.
    let links: Vec<_> = runs.iter().filter_map(|dir| Some((dir, end(dir)?))).collect();
    let begun = Instant::now();
    while links.iter().any(|(dir, _)| lock::is_alive(dir)) && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Tells one run to end; `None` where it cannot be told.
fn end(dir: &RunDir) -> Option<client::Link> {
    let (notify, events) = mpsc::channel();
    let link = client::connect_to_command(dir, notify).ok()?;
    link.send(Command::StopNow).ok()?;
    let begun = Instant::now();
    loop {
        match events.recv_timeout(ANSWER.saturating_sub(begun.elapsed())) {
            Ok(LinkEvent::Accepted(_)) => return Some(link),
            Ok(LinkEvent::Refused { .. } | LinkEvent::Closed { .. }) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

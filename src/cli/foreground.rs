//! A run trained by this very process, with its progress on standard error: what `mug train` and `mug study cell` do.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use color_eyre::Result;
use serde::Serialize;

use super::out::{say_json, warn as note};
use super::progress;
use super::record::read_record;
use super::status::{Failure, SIGNALLED, STOPPED};
use crate::host::trainer::trainer;
use crate::host::{HostOptions, serve};
use crate::notify;
use crate::run::directory::RunDir;
use crate::run::view::RunView;
use crate::training::Outcome;
use crate::training::events::Summary;

/// Trains a run to its end or until it is told to stop; `resume`: from its last checkpoint. The exit status is 0 where it
/// finished, 3 where `mug stop` ended it, 128 and the signal's number where a signal did.
///
/// # Errors
/// Somebody trains it already, or training failed.
pub fn train(dir: &RunDir, resume: bool, json: bool) -> Result<ExitCode> {
    let notify = notify::Settings::of_person().map_err(|e| e.to_string());
    let options = HostOptions { resume, notify, ..HostOptions::default() };
    let done = AtomicBool::new(false);
    let (served, view) = std::thread::scope(|scope| {
        let reporter = scope.spawn(|| progress::report(dir, &done));
        let served = serve(dir.clone(), trainer(), &options);
        done.store(true, Ordering::Release);
        // Where the reporting thread panicked, the record is read instead.
        (served, reporter.join().ok())
    });
    let served = served?;
    let view = match view {
        Some(view) => view,
        None => read_record(dir)?,
    };
    match served.outcome {
        Outcome::Finished => finish(dir, &view, json),
        Outcome::Stopped => {
            note(&format!("not finished; go on with mug train --resume {}", dir.name()));
            Ok(ExitCode::from(served.signal.and_then(|s| u8::try_from(SIGNALLED + s).ok()).unwrap_or(STOPPED)))
        }
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    run: &'a str,
    path: &'a Path,
    device: Option<&'a str>,
    #[serde(flatten)]
    summary: &'a Summary,
}

/// The end of a run that finished, now or before.
///
/// # Errors
/// It has no summary, or standard output cannot be written.
pub fn finish(dir: &RunDir, view: &RunView, json: bool) -> Result<ExitCode> {
    let summary = view.summary.as_ref().ok_or_else(|| Failure("the run finished and recorded no summary".into()))?;
    if json {
        let device = view.prepared.as_ref().map(|p| p.device.as_str());
        let report = Report { run: dir.name(), path: dir.path(), device, summary };
        say_json(&report)?;
    }
    Ok(ExitCode::SUCCESS)
}

//! `mug train`: the run's process in the foreground, for scripts and batch systems.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use color_eyre::Result;
use color_eyre::eyre::eyre;
use serde::Serialize;

use super::args::{StageChoice, TrainArgs};
use super::{progress, read_record, say_json, warn as note};
use crate::device::DeviceRequest;
use crate::host::prepare::{Amendment, RunRequest, amend, check_ready};
use crate::host::trainer::trainer;
use crate::host::{HostOptions, serve};
use crate::run::directory::RunDir;
use crate::run::lock;
use crate::run::view::{Phase, RunView};
use crate::training::Outcome;
use crate::training::events::{Stage, Summary};

/// Exit status of a run that was ended by `mug stop`: not finished, not failed.
const STOPPED: u8 = 3;

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    run: &'a str,
    path: &'a Path,
    device: Option<&'a str>,
    #[serde(flatten)]
    summary: &'a Summary,
}

/// Trains a new run, or goes on with one.
pub fn run(args: &TrainArgs, root: &Path) -> Result<ExitCode> {
    let stages: Vec<Stage> = args.stage.iter().flat_map(|s: &StageChoice| s.stages()).copied().collect();
    let dir = match &args.resume {
        Some(name) => {
            let mut dir = RunDir::find(root, name)?;
            let planned = dir.manifest().stages.clone();
            let device = dir.manifest().device;
            // Where only signs of life tell, they are waited for before training begins.
            if lock::judge(&dir) == lock::Verdict::Alive {
                return Err(eyre!("run {} is being trained already; mug attach {} shows it", dir.name(), dir.name()));
            }
            amend(&mut dir, &Amendment { stages, device: args.device, dataset: args.dataset.clone() })?;
            let view = read_record(&dir)?;
            // A batch system may start a job again that was done.
            if view.phase == Phase::Finished && dir.manifest().stages == planned {
                if args.device.is_some() {
                    amend(&mut dir, &Amendment { device: Some(device), ..Amendment::default() })?;
                }
                note(&format!("run {} is finished already", dir.name()));
                return finish(&dir, &view, args.json);
            }
            check_ready(&dir)?;
            dir
        }
        None => {
            // The command line parser has made sure that there is one of the two.
            let dataset = args.dataset.as_deref().unwrap_or_default();
            let request = RunRequest {
                config: args.config.clone(),
                overrides: args.overrides.clone(),
                seed: args.seed,
                device: args.device.unwrap_or(DeviceRequest::Auto),
                stages: if stages.is_empty() { Stage::ALL.to_vec() } else { stages },
                name: args.run.clone(),
                ..RunRequest::new(dataset)
            };
            request.create(root)?
        }
    };
    note(&format!("run {} in {}", dir.name(), dir.path().display()));
    let options = HostOptions { resume: args.resume.is_some(), ..HostOptions::default() };
    let done = AtomicBool::new(false);
    let (served, view) = std::thread::scope(|scope| {
        let reporter = scope.spawn(|| progress::report(&dir, &done));
        let served = serve(dir.clone(), trainer(), &options);
        done.store(true, Ordering::Release);
        // A report that panicked leaves the record, which says the same.
        (served, reporter.join().ok())
    });
    let served = served?;
    let view = match view {
        Some(view) => view,
        None => read_record(&dir)?,
    };
    match served.outcome {
        Outcome::Finished => finish(&dir, &view, args.json),
        Outcome::Stopped => {
            note(&format!("not finished; go on with mug train --resume {}", dir.name()));
            Ok(ExitCode::from(served.signal.and_then(|s| u8::try_from(128 + s).ok()).unwrap_or(STOPPED)))
        }
    }
}

fn finish(dir: &RunDir, view: &RunView, json: bool) -> Result<ExitCode> {
    let summary = view.summary.as_ref().ok_or_else(|| eyre!("the run finished and recorded no summary"))?;
    if json {
        let device = view.prepared.as_ref().map(|p| p.device.as_str());
        let report = Report { run: dir.name(), path: dir.path(), device, summary };
        say_json(&report)?;
    }
    Ok(ExitCode::SUCCESS)
}

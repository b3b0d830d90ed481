//! `mug study cell`: one cell in the foreground, for a batch system that starts one task a cell.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use color_eyre::Result;
use color_eyre::eyre::eyre;

use crate::cli::out::warn;
use crate::cli::progress;
use crate::cli::subcommand::Program;
use crate::device;
use crate::host::trainer::trainer;
use crate::host::{HostOptions, serve};
use crate::run::study::Study;
use crate::study::cells::{Ready, Stale, ready};
use crate::study::share::Kinship;
use crate::training::Outcome;

/// Train one cell of a study in the foreground; a task of a batch system. Exits with 0 only when the cell is finished.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub struct CellArgs {
    /// Name or folder of the study.
    study: String,
    /// The cell's name, as `mug study show` has it.
    cell: String,
}

/// Exit status of a cell that was ended by `mug stop`, and of one that another process trains.
const NOT_FINISHED: u8 = 3;

impl CellArgs {
    pub fn run(self, program: &Program) -> Result<ExitCode> {
        let study = Study::find(&program.runs_root, &self.study)?;
        let chosen = device::choose(study.plan().device)?;
        let kin = Kinship::of(&study, &chosen.name)?;
        let cell = kin.cells().iter().position(|cell| cell.name == self.cell).ok_or_else(|| {
            eyre!("study {0} has no cell \"{1}\"; mug study show {0} lists them", study.name(), self.cell)
        })?;
        let mut stale = None;
        let found = ready(&study, &kin, cell, &mut stale)?;
        if let Some(Stale { why, kept }) = stale {
            warn(&format!("cell {} is trained anew: {why}; the old run lies in {}", self.cell, kept.display()));
        }
        let (dir, new) = match found {
            Ready::New(dir) => (dir, true),
            Ready::GoOn(dir) => (dir, false),
            Ready::Finished => {
                warn(&format!("cell {} is finished already", self.cell));
                return Ok(ExitCode::SUCCESS);
            }
            Ready::Busy => {
                warn(&format!("cell {} is being trained by another process", self.cell));
                return Ok(ExitCode::from(NOT_FINISHED));
            }
        };
        study.try_again(&kin.cells()[cell])?;
        let shared = dir.manifest().cell.as_ref().is_some_and(|c| c.begins_from.is_some());
        warn(&format!("run {} in {}", dir.name(), dir.path().display()));
        let options = HostOptions { resume: !new || shared, ..HostOptions::default() };
        let done = AtomicBool::new(false);
        let served = std::thread::scope(|scope| {
            let reporter = scope.spawn(|| progress::report(&dir, &done));
            let served = serve(dir.clone(), trainer(), &options);
            done.store(true, Ordering::Release);
            // A reporter that panicked has nothing more to tell.
            let _ = reporter.join();
            served
        })?;
        Ok(match served.outcome {
            Outcome::Finished => ExitCode::SUCCESS,
            Outcome::Stopped => {
                let signal = served.signal.and_then(|s| u8::try_from(128 + s).ok());
                ExitCode::from(signal.unwrap_or(NOT_FINISHED))
            }
        })
    }
}

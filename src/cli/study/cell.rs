//! `mug study cell`: one cell in the foreground, for a batch system that starts one task a cell.

use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::carry::notify;
use crate::cli::foreground::train;
use crate::cli::out::warn;
use crate::cli::status::STOPPED;
use crate::cli::subcommand::Program;
use crate::device;
use crate::host::HostError;
use crate::host::prepare::check_ready;
use crate::run::study::Study;
use crate::study::cells::{Ready, Stale, ready};
use crate::study::share::Kinship;
use crate::study::telling::{self, End};

/// Train one cell of a study in the foreground; a task of a batch system. Exits with 0 only when the cell is finished.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub struct CellArgs {
    /// Name or folder of the study.
    study: String,
    /// The cell's name, as `mug study show` has it.
    cell: String,
}

impl CellArgs {
    pub fn run(self, program: &Program) -> Result<ExitCode> {
        let study = Study::find(&program.runs_root, &self.study)?;
        // A task that was still on its way.
        if study.is_to_stop() {
            warn(&format!("study {0} was stopped; mug study resume {0} goes on with it", study.name()));
            return Ok(ExitCode::from(STOPPED));
        }
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
                return Ok(ExitCode::from(STOPPED));
            }
        };
        check_ready(&dir)?;
        let cell = &kin.cells()[cell];
        study.try_again(cell)?;
        let shared = dir.manifest().cell.as_ref().is_some_and(|c| c.begins_from.is_some());
        warn(&format!("run {} in {}", dir.name(), dir.path().display()));
        let result = train(&dir, !new || shared, false);
        if let Err(error) = &result
            && let Some(HostError::Fault(reason)) = error.downcast_ref()
        {
            study.give_up(cell, reason)?;
        }
        if telling::is_done(&study) {
            notify(&study, End::Done);
        }
        result
    }
}

//! `mug study cell`: one cell of a study in the foreground, as a task of a batch job trains it.

use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::foreground::{STOPPED, train};
use super::out::warn as note;
use super::subcommand::Program;
use crate::device;
use crate::host::HostError;
use crate::host::prepare::check_ready;
use crate::run::study::Study;
use crate::study::cells::{Ready, ready};
use crate::study::share::Kinship;

/// Train one cell of a study in the foreground, as a task of a batch job does. Exit status as of mug train.
#[derive(Debug, clap::Args)]
pub struct CellArgs {
    /// Name or folder of the study.
    pub study: String,
    /// The cell's name, or its number from 0.
    pub cell: String,
    /// Print the result as one JSON object on one line on standard output.
    #[arg(long)]
    pub json: bool,
}

impl CellArgs {
    /// Begins the cell or goes on with it. One that is finished is left as it is.
    ///
    /// # Errors
    /// There is no such cell, another process trains it, or training failed; the study then notes why.
    pub fn run(&self, program: &Program) -> Result<ExitCode> {
        let study = Study::find(&program.runs_root, &self.study)?;
        let cells = study.plan().cells();
        let by_number = || self.cell.parse::<usize>().ok().filter(|number| *number < cells.len());
        let Some(index) = cells.iter().position(|cell| cell.name == self.cell).or_else(by_number) else {
            let first = cells.first().map_or("", |cell| cell.name.as_str());
            return Err(eyre!(
                "study {} has no cell \"{}\"; expected a cell's name (such as {first}) or a number below {}",
                study.name(),
                self.cell,
                cells.len()
            ));
        };
        let cell = &cells[index];
        // A task that was still on its way when the study was stopped.
        if study.is_to_stop() {
            note(&format!("study {} was stopped; go on with mug study resume {}", study.name(), study.name()));
            return Ok(ExitCode::from(STOPPED));
        }
        let kin = Kinship::of(&study, &device::choose(study.plan().device)?.name)?;
        let mut stale = None;
        let ready = ready(&study, &kin, index, &mut stale)?;
        if let Some(stale) = stale {
            note(&format!(
                "cell {} is trained anew: {}; the old run lies in {}",
                cell.name,
                stale.why,
                stale.kept.display()
            ));
        }
        let (dir, resume) = match ready {
            Ready::New(dir) => (dir, false),
            Ready::GoOn(dir) => (dir, true),
            Ready::Finished => {
                note(&format!("cell {} is finished already", cell.name));
                return Ok(ExitCode::SUCCESS);
            }
            Ready::Busy => return Err(eyre!("cell {} of study {} is being trained already", cell.name, study.name())),
        };
        check_ready(&dir)?;
        study.try_again(cell)?;
        note(&format!("run {} in {}", dir.name(), dir.path().display()));
        let result = train(&dir, resume, self.json);
        if let Err(error) = &result
            && let Some(HostError::Fault(message)) = error.downcast_ref()
        {
            study.give_up(cell, message)?;
        }
        result
    }
}

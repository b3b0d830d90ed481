//! The options of `mug study run` and `mug study resume` that make a study an array job of a Slurm cluster.

use std::collections::BTreeMap;
use std::process::ExitCode;

use color_eyre::Result;

use crate::cli::out::{say, warn};
use crate::cli::status::Failure;
use crate::run::study::state::statuses;
use crate::run::study::{CellState, Study};
use crate::study::slurm::array::{self, Request, Submitted};
use crate::study::slurm::commands::Slurm;
use crate::study::slurm::record::{CellTask, Submissions};

/// How a study is submitted.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SlurmArgs {
    /// Submit the cells as one array job of a Slurm cluster, and return; see mug help cluster.
    #[arg(long, conflicts_with_all = ["detach", "devices"])]
    pub slurm: bool,
    /// An option for sbatch, for example --slurm-arg --gres=gpu:1; may be given several times.
    #[arg(long = "slurm-arg", value_name = "OPTION", allow_hyphen_values = true, requires = "slurm")]
    options: Vec<String>,
    /// Print the batch script and submit nothing.
    #[arg(long, requires = "slurm")]
    print: bool,
}

impl SlurmArgs {
    /// Submits the cells that are not finished, at most `at_once` of them to run at a time; or prints the script.
    ///
    /// # Errors
    /// Nothing is left to train, or Slurm refuses.
    pub fn submit(&self, study: &Study, at_once: Option<usize>) -> Result<ExitCode> {
        let cells = left(study);
        let request = Request { at_once, options: self.options.clone() };
        if cells.is_empty() {
            say(&format!("study {}: every cell is finished", study.name()))?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.print {
            say(request.script(study.path(), &cells)?.trim_end())?;
            return Ok(ExitCode::SUCCESS);
        }
        study.ask_to_stop(false)?;
        study.begin_telling_anew()?;
        say(&match request.submit(&Slurm::default(), study.path(), &cells)? {
            Submitted::Nothing => {
                format!("study {}: every cell that is left waits or runs already; squeue --me shows it", study.name())
            }
            Submitted::Job(job, count) => format!(
                "study {}: {count} cells submitted as job {job}; mug study show {} tells how far they are",
                study.name(),
                study.name()
            ),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Takes a study's arrays out of the queue, where it has any, and waits until their tasks have ended.
///
/// # Errors
/// Slurm refuses, or is not to be had on this machine.
pub fn cancel(study: &Study) -> Result<()> {
    let jobs = array::cancel(&Slurm::default(), study.path()).map_err(|e| {
        Failure(format!("study {} was submitted to Slurm, and cannot be cancelled there: {e}", study.name()))
    })?;
    for job in jobs {
        say(&format!("study {}: job {job} cancelled", study.name()))?;
    }
    Ok(())
}

/// What Slurm says of the cells that were submitted, by their names. Where it cannot be asked, that is told, and there are
/// none.
pub fn told(study: &Study) -> BTreeMap<String, CellTask> {
    let told = Submissions::read(study.path()).and_then(|submissions| submissions.ask(&Slurm::default()));
    told.unwrap_or_else(|e| {
        warn(&format!("what Slurm says of the cells is not known here: {e}"));
        BTreeMap::new()
    })
}

/// The cells that are not finished and that nobody trains, row by row: what the first rows trained, those after them can
/// begin from.
fn left(study: &Study) -> Vec<String> {
    let open = |state: &CellState| !matches!(state, CellState::Finished | CellState::Running { .. });
    let cells = study.plan().cells().into_iter().zip(statuses(study));
    cells.filter(|(_, status)| open(&status.state)).map(|(cell, _)| cell.name).collect()
}

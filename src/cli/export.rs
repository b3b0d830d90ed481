//! `mug export`: a run's numbers for other programs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::out;
use super::out::say;
use super::record::read_record;
use super::subcommand::{Program, Subcommand};
use crate::report::{scalars, tensorboard};
use crate::run::directory::RunDir;
use crate::run::write_atomically;

/// Write a run's numbers for other programs: TensorBoard event files, or one CSV table.
#[derive(Debug, clap::Parser)]
#[command(name = "export")]
#[command(group = clap::ArgGroup::new("form").required(true).multiple(true).args(["tensorboard", "csv"]))]
pub struct ExportArgs {
    /// Name or folder of the run; it may still be training.
    pub run: String,
    /// Write an event file into DIR/RUN; `tensorboard --logdir DIR` shows it.
    #[arg(long, value_name = "DIR")]
    pub tensorboard: Option<PathBuf>,
    /// Write every number as one table (stage, epoch, step, time, split, name, value); `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

impl Subcommand for ExportArgs {
    /// Writes what is asked for and says where.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dir = RunDir::find(&program.runs_root, &self.run)?;
        let view = read_record(&dir)?;
        if scalars::scalars(&view).next().is_none() {
            return Err(eyre!("run {} has no numbers to export: no step of any stage is recorded", dir.name()));
        }
        if let Some(folder) = &self.tensorboard {
            let (path, written) = tensorboard::export(&dir, &view, folder)?;
            say(&format!("{written} numbers written to {}", path.display()))?;
        }
        match self.csv.as_deref() {
            Some(path) if path == Path::new("-") => {
                scalars::write_csv(&view, &mut out::table())?;
            }
            Some(path) => {
                let mut rows = 0;
                write_atomically(path, |w| {
                    rows = scalars::write_csv(&view, w)?;
                    Ok(())
                })?;
                say(&format!("{rows} rows written to {}", path.display()))?;
            }
            None => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

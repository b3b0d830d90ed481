//! `mug study`: studies, one file a subcommand of it. To add one: its file, its variant of `StudyCommand` and its arm.

mod carry;
mod cell;
mod list;
mod pictures;
mod resume;
mod run;
mod show;
mod slurm;
mod stop;

use std::process::ExitCode;

use color_eyre::Result;

use super::subcommand::{Program, Subcommand};

/// Carry out studies: many runs that differ in named ways, and what they say together.
#[derive(Debug, clap::Parser)]
#[command(name = "study")]
pub struct StudyArgs {
    #[command(subcommand)]
    command: StudyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum StudyCommand {
    List(list::ListArgs),
    Run(run::RunArgs),
    Show(show::ShowArgs),
    Resume(resume::ResumeArgs),
    Stop(stop::StopArgs),
    Cell(cell::CellArgs),
}

impl Subcommand for StudyArgs {
    fn run(self, program: &Program) -> Result<ExitCode> {
        match self.command {
            StudyCommand::List(args) => args.run(program),
            StudyCommand::Run(args) => args.run(program),
            StudyCommand::Show(args) => args.run(program),
            StudyCommand::Resume(args) => args.run(program),
            StudyCommand::Stop(args) => args.run(program),
            StudyCommand::Cell(args) => args.run(program),
        }
    }
}

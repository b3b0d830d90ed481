//! The command line: one file a subcommand.

pub mod args;
mod attach;
mod commands;
pub mod data;
pub mod devices;
mod home;
mod host;
mod labels;
mod lines;
mod progress;
mod runs;
mod train;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use color_eyre::Result;
use color_eyre::eyre::eyre;

use crate::run::directory::{RunDir, runs_root};
use crate::run::list::{RunSummary, list_runs};
use crate::training::events::Command;
use args::{Action, Args};

/// Runs the program as its command line says.
pub fn main() -> ExitCode {
    // Fails only if a hook is there already; then that one reports.
    let _ = color_eyre::config::HookBuilder::default().display_env_section(false).install();
    match run(Args::parse()) {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "mug: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<ExitCode> {
    let root = args.runs_dir.clone().unwrap_or_else(runs_root);
    match args.action {
        None => home::run(args.view, args.start, root),
        Some(Action::Train(train)) => train::run(&train, &root),
        Some(Action::Attach(attach)) => attach::run(attach, root),
        Some(Action::Runs(runs)) => runs::run(&runs, &root),
        Some(Action::Pause(which)) => commands::run(&root, &which.run, Command::Pause),
        Some(Action::Stop(which)) => commands::run(&root, &which.run, Command::StopNow),
        Some(Action::Resume(resume)) => commands::resume(&root, &resume),
        Some(Action::Labels(labels)) => labels::run(&labels, &root),
        Some(Action::Data(data)) => data::run(data).map(|()| ExitCode::SUCCESS),
        Some(Action::Devices(args)) => devices::run(&args).map(|()| ExitCode::SUCCESS),
        Some(Action::Host(host)) => host::run(&host),
    }
}

/// Whoever reads our output has seen enough (`mug runs | head`): no error.
fn is_broken_pipe(error: &color_eyre::Report) -> bool {
    error.chain().any(|e| e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}

/// Prints a line on standard output; unlike `println!` without a panic where nobody reads it.
fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

/// The run last written that a process trains now.
fn newest_live(root: &Path) -> Option<RunSummary> {
    list_runs(root).into_iter().find(|r| r.state.is_live())
}

/// The run that was named, or the newest live one.
fn find_run(root: &Path, name: Option<&str>) -> Result<RunDir> {
    match name {
        Some(name) => Ok(RunDir::find(root, name)?),
        None => match newest_live(root) {
            Some(run) => Ok(RunDir::open(&run.path)?),
            None => Err(eyre!(
                "no run is live in {}; `mug runs` lists those that were, `mug attach RUN` shows one",
                root.display()
            )),
        },
    }
}

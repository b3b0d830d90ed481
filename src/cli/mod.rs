//! The command line: one file a subcommand.

pub mod args;
mod attach;
mod bench;
mod commands;
pub mod compare;
pub mod data;
pub mod devices;
pub mod export;
mod health;
mod home;
mod host;
mod judge;
mod labels;
mod lines;
mod out;
pub mod plot;
mod progress;
mod runs;
pub mod show;
mod train;
pub mod verify;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use crate::run::directory::{RunDir, runs_root};
use crate::run::list::{RunSummary, list_runs};
use crate::run::marks::Marks;
use crate::run::tail::read_view;
use crate::run::view::RunView;
use crate::training::events::Command;
use args::{Action, Args};
use out::{say, say_json, warn};

/// Runs the program as its command line says.
pub fn main() -> ExitCode {
    // Fails only if a hook is there already; then that one reports.
    let _ = color_eyre::config::HookBuilder::default().display_env_section(false).install();
    let args = Args::read(std::env::args_os()).unwrap_or_else(|e| e.exit());
    match run(args) {
        Ok(code) => code,
        Err(_) if out::is_unread() => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "mug: {}", sentence(&error));
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
        Some(Action::Show(show)) => show::run(&show, &root),
        Some(Action::Pause(which)) => commands::run(&root, &which.run, Command::Pause),
        Some(Action::Stop(which)) => commands::run(&root, &which.run, Command::StopNow),
        Some(Action::Resume(resume)) => commands::resume(&root, &resume),
        Some(Action::Health(health)) => health::run(&health, &root),
        Some(Action::Labels(labels)) => labels::run(&labels, &root),
        Some(Action::Plot(plot)) => plot::run(&plot, &root),
        Some(Action::Export(export)) => export::run(&export, &root),
        Some(Action::Compare(compare)) => compare::run(&compare, &root),
        Some(Action::Verify(args)) => verify::run(&args, &root),
        Some(Action::Data(data)) => data::run(data).map(|()| ExitCode::SUCCESS),
        Some(Action::Devices(args)) => devices::run(&args).map(|()| ExitCode::SUCCESS),
        Some(Action::Bench(args)) => bench::run(&args),
        Some(Action::Host(host)) => host::run(&host),
    }
}

/// An error with its causes, each cause once: most of our messages quote theirs already.
fn sentence(error: &color_eyre::Report) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    lines::harmless(&text)
}

/// Everything that a run's record says. Lines that are damaged or lost are told on standard error: what a command prints
/// from the rest may lack them.
fn read_record(dir: &RunDir) -> Result<RunView> {
    let view = read_view(&dir.events_path())?;
    if !dir.events_path().exists() {
        warn(&format!(
            "{} is not there: the run has not begun, or its record was removed",
            dir.events_path().display()
        ));
    }
    if !view.damage.is_none() || view.damage.unended > 0 {
        warn(&format!(
            "{}: {}; what follows is from the others. mug verify {} shows more",
            dir.events_path().display(),
            view.damage,
            dir.name()
        ));
    }
    Ok(view)
}

/// What people marked and noted in a run; damage is told as by [`read_record`].
fn read_marks(dir: &RunDir) -> Result<Marks> {
    let marks = Marks::read(&dir.marks_path())?;
    if !marks.damage().is_none() || marks.damage().unended > 0 {
        warn(&format!("{}: {}", dir.marks_path().display(), marks.damage()));
    }
    Ok(marks)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let io = || io::Error::other("no space");
        let quoting = crate::run::FileError::new("write", Path::new("/x"))(io());
        assert_eq!(sentence(&quoting.into()), "cannot write /x: no space");
        assert_eq!(sentence(&color_eyre::Report::new(io()).wrap_err("here")), "here: no space");
    }
}

//! `mug attach`: brings a run back to a terminal, or follows it from another machine.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use color_eyre::Result;

use super::args::AttachArgs;
use super::lines::{Lines, harmless};
use super::progress::Follower;
use super::{find_run, say};
use crate::console::{self, OpenOptions};
use crate::run::directory::RunDir;
use crate::run::list::{RunState, summarise};
use crate::run::pulse::{Life, Pulse, SILENCE};
use crate::run::view::Phase;

/// Opens the console, or prints lines.
pub fn run(args: AttachArgs, root: PathBuf) -> Result<ExitCode> {
    let dir = match &args.follow {
        Some(path) => RunDir::open(Path::new(path))?,
        None => find_run(&root, args.run.as_deref())?,
    };
    if args.view.plain || !is_interactive() {
        return follow(&dir);
    }
    console::open(OpenOptions {
        runs_root: root,
        run: Some(dir),
        follow: args.follow.is_some(),
        read_only: args.view.read_only || args.follow.is_some(),
        fps: args.view.fps,
        ascii: args.view.ascii,
        dataset: None,
        config: None,
        overrides: Vec::new(),
        device: Default::default(),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// True where there is a terminal to draw on and to read keys from.
pub fn is_interactive() -> bool {
    io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Prints a run's events until it is over or its process is gone; exits with 0 only when it finished.
pub fn follow(dir: &RunDir) -> Result<ExitCode> {
    say(&harmless(&format!("run {} in {}", dir.name(), dir.path().display())))?;
    let mut follower = Follower::new(dir, Box::new(Lines::new(io::stdout())));
    let (mut pulse, mut life) = (Pulse::new(), Life::Unknown);
    follower.follow(|_| {
        life = pulse.look(dir);
        matches!(life, Life::Gone | Life::Silent { .. })
    })?;
    if let (Life::Silent { machine }, false) = (&life, follower.into_view().phase.is_over()) {
        say(&harmless(&format!(
            "no sign of life from the run's process on {machine} for {} s: it died, or that machine has lost the disk; \
             where it is gone, mug resume {} goes on from the last checkpoint",
            SILENCE.as_secs(),
            dir.name()
        )))?;
        return Ok(ExitCode::FAILURE);
    }
    let state = summarise(dir).state;
    match state {
        RunState::At(Phase::Finished) => return Ok(ExitCode::SUCCESS),
        RunState::Died => say(&harmless(&format!(
            "the run's process died; mug resume {} goes on from its last checkpoint",
            dir.name()
        )))?,
        _ => say(&harmless(&format!("the run is over ({state}); mug resume {} goes on with it", dir.name())))?,
    }
    Ok(ExitCode::FAILURE)
}

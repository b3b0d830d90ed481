//! `mug attach`: brings a run back to a terminal, or follows it from another machine.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use color_eyre::Result;

use super::args::{AttachArgs, ViewArgs};
use super::lines::Lines;
use super::out::Output;
use super::progress::Follower;
use super::{find_run, say, warn};
use crate::console::{self, OpenOptions, Start};
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
    if !can_draw(&args.view)? {
        warn_only_drawn(&args.view);
        return follow(&dir);
    }
    console::open(OpenOptions {
        runs_root: root,
        run: Some(dir),
        follow: args.follow.is_some(),
        read_only: args.view.read_only || args.follow.is_some(),
        fps: args.view.frames(),
        ascii: args.view.ascii,
        start: Start::default(),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Says which options mean nothing where lines are printed although nobody asked for lines.
pub fn warn_only_drawn(view: &ViewArgs) {
    if let Some(names) = view.only_drawn() {
        warn(&format!("there is no terminal to draw on, lines are printed: {names} changes nothing"));
    }
}

/// True where there is a terminal to draw on and to read keys from, and lines are not asked for. A terminal that cannot be
/// drawn on is said to be one.
///
/// # Errors
/// Whoever reads is gone.
pub fn can_draw(view: &ViewArgs) -> Result<bool> {
    if view.plain || !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Ok(false);
    }
    let Some(why) = cannot_draw(std::env::var("TERM").ok().as_deref()) else { return Ok(true) };
    say(&format!("{why}: lines instead of a screen, as with --plain; TERM=xterm, for one, brings the screen"))?;
    Ok(false)
}

/// Why a terminal of this name cannot be drawn on; `None`: it can.
fn cannot_draw(term: Option<&str>) -> Option<String> {
    match term {
        None | Some("") => Some("TERM is not set, so nobody knows what this terminal can do".into()),
        Some(term @ ("dumb" | "unknown")) => Some(format!("TERM={term} cannot move a cursor")),
        Some(_) => None,
    }
}

/// Prints a run's events until it is over or its process is gone; exits with 0 only when it finished.
pub fn follow(dir: &RunDir) -> Result<ExitCode> {
    say(&format!("run {} in {}", dir.name(), dir.path().display()))?;
    let mut follower = Follower::new(dir, Box::new(Lines::new(Output::new())));
    let (mut pulse, mut life) = (Pulse::new(), Life::Unknown);
    follower.follow(|_| {
        life = pulse.look(dir);
        matches!(life, Life::Gone | Life::Silent { .. })
    })?;
    if let (Life::Silent { machine }, false) = (&life, follower.into_view().phase.is_over()) {
        say(&format!(
            "no sign of life from the run's process on {machine} for {} s: it died, or that machine has lost the disk; \
             where it is gone, mug resume {} goes on from the last checkpoint",
            SILENCE.as_secs(),
            dir.name()
        ))?;
        return Ok(ExitCode::FAILURE);
    }
    let summary = summarise(dir);
    if summary.failed_to_begin().is_some() {
        say(&format!("the run failed before it began; once that is mended, mug resume {} tries again", dir.name()))?;
        return Ok(ExitCode::FAILURE);
    }
    let state = summary.state;
    match state {
        RunState::At(Phase::Finished) => return Ok(ExitCode::SUCCESS),
        RunState::Died => {
            say(&format!("the run's process died; mug resume {} goes on from its last checkpoint", dir.name()))?
        }
        _ => say(&format!("the run is over ({state}); mug resume {} goes on with it", dir.name()))?,
    }
    Ok(ExitCode::FAILURE)
}

//! `mug attach`: brings a run back to a terminal, or follows it from another machine.

use std::path::Path;
use std::process::ExitCode;

use color_eyre::Result;

use super::lines::Lines;
use super::out::Output;
use super::out::say;
use super::progress::Follower;
use super::record::find_run;
use super::status::{FAILED, STOPPED};
use super::subcommand::{Program, Subcommand};
use super::view::ViewArgs;
use crate::console::{self, OpenOptions, Start};
use crate::run::directory::RunDir;
use crate::run::list::{RunState, summarise};
use crate::run::pulse::{Life, Pulse, SILENCE};
use crate::run::view::Phase;

/// Open the console on a run that goes on, or watch one from another machine.
#[derive(Debug, clap::Parser)]
#[command(name = "attach")]
pub struct AttachArgs {
    /// Name or folder of the run [default: the one last written that is live].
    pub run: Option<String>,
    /// Watch a run directory without its process, for example on another node of a cluster.
    #[arg(long, value_name = "DIR", conflicts_with = "run")]
    pub follow: Option<String>,
    #[command(flatten)]
    pub view: ViewArgs,
}

impl Subcommand for AttachArgs {
    /// Opens the console, or prints lines.
    fn run(self, program: &Program) -> Result<ExitCode> {
        let dir = match &self.follow {
            Some(path) => RunDir::open(Path::new(path))?,
            None => find_run(&program.runs_root, self.run.as_deref())?,
        };
        if !self.view.can_draw()? {
            self.view.warn_only_drawn();
            return follow(&dir);
        }
        console::open(OpenOptions {
            runs_root: program.runs_root.clone(),
            run: Some(dir),
            follow: self.follow.is_some(),
            read_only: self.view.read_only || self.follow.is_some(),
            fps: self.view.frames(),
            ascii: self.view.ascii,
            start: Start::default(),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints a run's events until it is over or its process is gone; exits with 0 only when it finished, with 3 where it was
/// stopped and can be resumed.
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
    Ok(ExitCode::from(if state == RunState::At(Phase::Stopped) { STOPPED } else { FAILED }))
}

//! `mug pause`, `mug resume` and `mug stop`: commands for scripts; they return when the run has done as it was told.

use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use color_eyre::eyre::eyre;
use color_eyre::{Report, Result};

use super::args::ResumeArgs;
use super::{read_record, say, warn};
use crate::host::client::{self, LinkEvent};
use crate::host::prepare::{Amendment, amend, check_restart};
use crate::host::spawn::{Begin, SpawnError, take_up, wait_until_training};
use crate::run::directory::RunDir;
use crate::run::list::{RunState, summarise};
use crate::run::lock::{self, LockError, Verdict};
use crate::run::tail::read_view;
use crate::run::view::Phase;
use crate::training::events::{Command, Cut, Stage};

/// How long the effect of a command is waited for: the end of a batch and a checkpoint.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a command to a live run and waits for its effect. A run that is already as asked for is no error.
pub fn run(root: &Path, name: &str, command: Command) -> Result<ExitCode> {
    let dir = RunDir::find(root, name)?;
    let name = dir.name();
    match (command, summarise(&dir).state) {
        (Command::Pause, RunState::At(Phase::Paused)) => say(&format!("run {name} is paused already"))?,
        (Command::Pause, RunState::At(phase)) if phase.is_over() => {
            return Err(eyre!("run {name} is not running ({}): there is nothing to pause", phase.name()));
        }
        (Command::Pause | Command::StopNow, RunState::Died) => return Err(died(&dir)),
        (Command::StopNow, state) if !lock::is_alive(&dir) => {
            say(&format!("run {name} is not running ({state})"))?;
        }
        _ => {
            tell(&dir, command)?;
            wait(&dir, command)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Goes on with a run, in its own process or in a new one.
pub fn resume(root: &Path, args: &ResumeArgs) -> Result<ExitCode> {
    let mut dir = RunDir::find(root, &args.run)?;
    let name = &dir.name().to_owned();
    let restart = args.restart.map(Stage::from);
    let go_on = args.continue_stage.map(Stage::from);
    if let Some(stage) = go_on {
        check_cut(&dir, stage)?;
    }
    let state = summarise(&dir).state;
    restart.map_or(Ok(()), |stage| check_restart(&dir, stage))?;
    let finished = state == RunState::At(Phase::Finished);
    if lock::judge(&dir) == Verdict::Alive && !finished {
        if args.dataset.is_some() {
            return Err(eyre!(
                "run {name} is being trained ({state}): its data can be moved once mug stop {name} has ended it"
            ));
        }
        if let Some(stage) = restart {
            tell(&dir, Command::RestartStage { stage })?;
            say(&format!("run {name} begins {stage} anew"))?;
        } else if let Some(stage) = go_on {
            tell(&dir, Command::ContinueStage { stage })?;
            say(&format!("run {name} goes on with {stage}"))?;
        } else if state == RunState::At(Phase::Paused) {
            tell(&dir, Command::Resume)?;
            wait(&dir, Command::Resume)?;
        } else {
            say(&format!("run {name} is running already ({state})"))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.dataset.is_some() {
        amend(&mut dir, &Amendment { dataset: args.dataset.clone(), ..Amendment::default() })?;
    }
    let begin = match (restart, go_on) {
        (Some(stage), _) => Begin::Anew(stage),
        (None, Some(stage)) => Begin::AfterCut(stage),
        (None, None) if finished => {
            return Err(eyre!("run {name} is finished; mug resume {name} --restart STAGE begins a stage anew"));
        }
        (None, None) => Begin::LastCheckpoint,
    };
    let recorded = std::fs::metadata(dir.events_path()).map_or(0, |m| m.len());
    let pid = match take_up(&dir, begin, &mut warn) {
        // Another process took it up at this moment, or gave a sign of life from another machine.
        Err(SpawnError::Lock(held @ LockError::Held { .. })) if begin == Begin::LastCheckpoint => {
            say(&format!("nothing to do: {held}"))?;
            return Ok(ExitCode::SUCCESS);
        }
        started => started?,
    };
    let goes_on = if wait_until_training(&dir, recorded)? { "goes on" } else { "is being made ready" };
    say(&format!("run {name} ({state}) {goes_on} in process {pid}; mug attach {name} shows it"))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes sure that a stage was ended early, so that there is something to go on with.
fn check_cut(dir: &RunDir, stage: Stage) -> Result<()> {
    let view = read_record(dir)?;
    if view.stage(stage).cut == Some(Cut::Done) {
        return Ok(());
    }
    let cut: Vec<&str> =
        Stage::ALL.into_iter().filter(|s| view.stage(*s).cut == Some(Cut::Done)).map(Stage::name).collect();
    let name = dir.name();
    Err(match &cut[..] {
        [] => eyre!("no stage of run {name} was ended early; --restart {stage} begins the stage anew"),
        cut => eyre!("stage {stage} of run {name} was not ended early; expected {}", cut.join(" or ")),
    })
}

fn died(dir: &RunDir) -> Report {
    eyre!("the process of run {0} died; mug resume {0} goes on from its last checkpoint", dir.name())
}

/// Sends a command and waits for the answer.
fn tell(dir: &RunDir, command: Command) -> Result<()> {
    let (notify, events) = mpsc::channel();
    let link = client::connect_to_command(dir, notify)?;
    link.send(command)?;
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match events.recv_timeout(left) {
            Ok(LinkEvent::Accepted(_)) => return Ok(()),
            Ok(LinkEvent::Refused { reason, .. }) => return Err(eyre!("refused: {reason}")),
            Ok(LinkEvent::Closed { reason }) => return Err(eyre!("{reason}")),
            Ok(_) => {}
            Err(_) => return Err(eyre!("the process of run {} does not answer", dir.name())),
        }
    }
}

/// Waits until a command has had its effect; fails where the run ended in another way, or is not done with its batch.
fn wait(dir: &RunDir, command: Command) -> Result<()> {
    let start = Instant::now();
    let name = dir.name();
    while start.elapsed() < PATIENCE {
        let state = summarise(dir).state;
        let done = match command {
            Command::Pause => state == RunState::At(Phase::Paused) || !state.is_live(),
            Command::Resume => state != RunState::At(Phase::Paused),
            _ => !lock::is_alive(dir),
        };
        if done {
            // Looked at again: its last word may have come since.
            let state = summarise(dir).state;
            return match state {
                RunState::Died => Err(died(dir)),
                RunState::At(Phase::Faulted) => {
                    let fault = read_view(&dir.events_path()).ok().and_then(|v| v.fault).unwrap_or_default();
                    Err(eyre!("run {name} failed: {fault}"))
                }
                _ => Ok(say(&format!("run {name}: {state}"))?),
            };
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(eyre!(
        "run {name} was told and is not done with its batch after {} s; mug runs shows when it is",
        PATIENCE.as_secs()
    ))
}

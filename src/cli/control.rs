//! Commands to the process of a run, and waiting until they had their effect: for `mug pause`, `mug resume` and `mug stop`.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use color_eyre::eyre::eyre;
use color_eyre::{Report, Result};

use super::out::say;
use super::status::Failure;
use crate::host::client::{self, LinkEvent};
use crate::run::directory::RunDir;
use crate::run::list::{RunState, summarise};
use crate::run::lock;
use crate::run::tail::read_view;
use crate::run::view::Phase;
use crate::training::events::Command;

/// The longest wait for a command's effect: the batch has to end, and a checkpoint to be written.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a command and waits for its effect.
pub fn tell_and_wait(dir: &RunDir, command: Command) -> Result<()> {
    tell(dir, command)?;
    wait(dir, command)
}

/// The error for a run whose process died.
pub fn died(dir: &RunDir) -> Report {
    let words = format!("the process of run {0} died; mug resume {0} goes on from its last checkpoint", dir.name());
    Failure(words).into()
}

/// Sends a command and waits for the answer.
pub fn tell(dir: &RunDir, command: Command) -> Result<()> {
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
            Err(_) => return Err(Failure(format!("the process of run {} does not answer", dir.name())).into()),
        }
    }
}

/// Waits until a command has had its effect. Fails where the run ends in another way, or its batch lasts too long.
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
            // Read once more: the run's last event may have been written since.
            let state = summarise(dir).state;
            return match state {
                RunState::Died => Err(died(dir)),
                RunState::At(Phase::Faulted) => {
                    let fault = read_view(&dir.events_path()).ok().and_then(|v| v.fault).unwrap_or_default();
                    Err(Failure(format!("run {name} failed: {fault}")).into())
                }
                _ => Ok(say(&format!("run {name}: {state}"))?),
            };
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let seconds = PATIENCE.as_secs();
    Err(Failure(format!(
        "run {name} has taken the command and is still busy with its batch after {seconds} s; mug runs shows its state"
    ))
    .into())
}

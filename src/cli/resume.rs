//! `mug resume`: goes on with a run, in its own process or in a new one.

use std::process::ExitCode;

use color_eyre::Result;
use color_eyre::eyre::eyre;

use super::control::{tell, tell_and_wait};
use super::out::{say, warn};
use super::record::read_record;
use super::stage_name::FromStage;
use super::subcommand::{Program, Subcommand};
use crate::host::prepare::{Amendment, amend, check_restart};
use crate::host::spawn::{Begin, SpawnError, take_up, wait_until_training};
use crate::run::directory::RunDir;
use crate::run::list::{RunState, summarise};
use crate::run::lock::{self, LockError, Verdict};
use crate::run::view::Phase;
use crate::training::events::{Command, Cut, Stage};

/// Go on with a paused run, or take up one that was stopped or died.
#[derive(Debug, clap::Parser)]
#[command(name = "resume")]
pub struct ResumeArgs {
    /// Name or folder of the run.
    pub run: String,
    #[command(flatten)]
    pub from: FromStage,
    /// Where the run's data lies now: the same data, which is made sure of.
    #[arg(long, value_name = "NAME|FILE")]
    pub dataset: Option<String>,
}

impl Subcommand for ResumeArgs {
    fn run(self, program: &Program) -> Result<ExitCode> {
        let mut dir = RunDir::find(&program.runs_root, &self.run)?;
        let name = &dir.name().to_owned();
        let restart = self.from.restart.map(Stage::from);
        let go_on = self.from.continue_stage.map(Stage::from);
        if let Some(stage) = go_on {
            check_cut(&dir, stage)?;
        }
        let state = summarise(&dir).state;
        restart.map_or(Ok(()), |stage| check_restart(&dir, stage))?;
        let finished = state == RunState::At(Phase::Finished);
        if lock::judge(&dir) == Verdict::Alive && !finished {
            if self.dataset.is_some() {
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
                tell_and_wait(&dir, Command::Resume)?;
            } else {
                say(&format!("run {name} is running already ({state})"))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        if self.dataset.is_some() {
            amend(&mut dir, &Amendment { dataset: self.dataset.clone(), ..Amendment::default() })?;
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn data_may_move_where_a_stage_is_begun_anew() {
        let parse = |line: &str| ResumeArgs::try_parse_from(line.split_whitespace());
        assert!(parse("resume r --dataset moved.pkl --restart joint").is_ok());
        assert!(parse("resume r --continue joint --restart joint").is_err());
    }
}

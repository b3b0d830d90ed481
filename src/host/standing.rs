//! Where a run stands, as its viewers are told and its commands are judged by.

use crate::run::view::Phase;
use crate::training::events::{Command, Event, Stage};

/// The one value that the recorder and the viewers' tasks share; a newer one replaces the older.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing {
    /// Length of `events.jsonl`.
    pub recorded: u64,
    pub phase: Phase,
    /// Why events cannot be written now.
    pub trouble: Option<String>,
    /// A person asked for the run to be parked and has not taken it back.
    pub wants_pause: bool,
    /// The end was asked for.
    pub wants_stop: bool,
    /// The run is over, and why.
    pub ended: Option<String>,
}

impl Standing {
    pub fn new(recorded: u64) -> Standing {
        Standing {
            recorded,
            phase: Phase::Preparing,
            trouble: None,
            wants_pause: false,
            wants_stop: false,
            ended: None,
        }
    }

    pub fn apply(&mut self, event: &Event) {
        self.phase = self.phase.after(event);
    }

    /// Whether a command makes sense now; if it does, what it changes is noted.
    ///
    /// # Errors
    /// The reason for a refusal, for people.
    pub fn judge(&mut self, command: Command, stages: &[Stage]) -> Result<(), String> {
        if self.phase.is_over() || self.ended.is_some() {
            return Err(format!(
                "the run is over ({}); mug resume takes up one that did not finish",
                self.phase.name()
            ));
        }
        match command {
            Command::Pause if self.wants_pause => Err("the run is paused already, or about to be".into()),
            Command::Pause => {
                self.wants_pause = true;
                Ok(())
            }
            Command::Start | Command::Resume => {
                if let Some(trouble) = &self.trouble {
                    return Err(format!("the run waits for its disk and goes on by itself: {trouble}"));
                }
                if !self.wants_pause && self.phase != Phase::Paused {
                    return Err("the run is not paused".into());
                }
                self.wants_pause = false;
                Ok(())
            }
            Command::RestartStage { stage } | Command::ContinueStage { stage } if !stages.contains(&stage) => {
                Err(format!("stage {stage} is not part of this run"))
            }
            Command::StopNow => {
                self.wants_stop = true;
                Ok(())
            }
            Command::RestartStage { .. }
            | Command::ContinueStage { .. }
            | Command::StopAfterEpoch
            | Command::KeepStage
            | Command::Set { .. }
            | Command::Checkpoint => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::recorder::tests::step;
    use crate::training::events::Body;

    #[test]
    fn commands_are_judged_by_where_the_run_stands() {
        let stages = [Stage::Contrastive];
        let mut s = Standing::new(0);
        s.apply(&step(1));
        assert!(s.judge(Command::Resume, &stages).unwrap_err().contains("not paused"));
        s.judge(Command::Pause, &stages).unwrap();
        assert!(s.judge(Command::Pause, &stages).is_err());
        s.judge(Command::Resume, &stages).expect("taken back before the batch was done");
        s.judge(Command::Pause, &stages).unwrap();
        s.apply(&Event { body: Body::Paused, ..step(2) });
        s.trouble = Some("no space".into());
        assert!(s.judge(Command::Resume, &stages).unwrap_err().contains("no space"));
        s.trouble = None;
        s.judge(Command::Resume, &stages).unwrap();
        s.judge(Command::RestartStage { stage: Stage::Contrastive }, &stages).unwrap();
        assert!(s.judge(Command::RestartStage { stage: Stage::Joint }, &stages).unwrap_err().contains("joint"));
        s.judge(Command::StopNow, &stages).unwrap();
        s.apply(&Event { body: Body::Stopped, ..step(3) });
        assert!(s.judge(Command::Pause, &stages).unwrap_err().contains("over (stopped)"));
    }
}

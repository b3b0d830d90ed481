//! What a person asks for while a stage runs.

use super::super::error::TrainingError;
use super::super::events::{Body, Command, Cut, Level, StageState};
use super::{End, Flow, Machine, Running};

impl Machine<'_> {
    pub(super) fn obey(&mut self, command: Command, running: &mut Running) -> Result<Flow, TrainingError> {
        self.read_pending(running)?;
        match command {
            Command::Start | Command::Resume => {}
            Command::StopAfterEpoch => {
                running.stop_after_epoch = true;
                self.emit(Body::StageCut { cut: Cut::Asked })?;
                self.log(Level::Info, format!("stage {} will end after this epoch", running.stage))?;
            }
            Command::KeepStage => {
                if std::mem::take(&mut running.stop_after_epoch) {
                    self.emit(Body::StageCut { cut: Cut::TakenBack })?;
                    self.log(Level::Info, format!("stage {} goes on after this epoch", running.stage))?;
                }
            }
            Command::ContinueStage { stage } if stage < running.stage && self.is_cut(stage) => {
                return Ok(Flow::Leave(End::Continue(stage)));
            }
            Command::ContinueStage { stage } => self.refuse_to_continue(stage, Some(running.stage))?,
            Command::Checkpoint => self.save_aside(running)?,
            Command::StopNow => {
                self.save_and_leave(running)?;
                self.stage_changed(StageState::Paused)?;
                return Ok(Flow::Leave(End::Stopped));
            }
            Command::RestartStage { stage } if stage <= running.stage => {
                return Ok(Flow::Leave(End::Restart(stage)));
            }
            Command::RestartStage { stage } => {
                self.log(Level::Warning, format!("stage {stage} has not begun; nothing was restarted"))?;
            }
            Command::Set { change } => {
                if self.accept(change, running)? {
                    return self.take_up_changed(running);
                }
            }
            Command::Pause => {
                self.save(Some(running))?;
                return self.park(running);
            }
        }
        Ok(Flow::Go)
    }

    /// Sleeps until told to go on.
    fn park(&mut self, running: &mut Running) -> Result<Flow, TrainingError> {
        self.stage_changed(StageState::Paused)?;
        self.emit(Body::Paused)?;
        self.clock.stop();
        let mut changed = false;
        loop {
            match self.control.wait() {
                Command::Start | Command::Resume => break,
                Command::Pause => {}
                // They hold when the park is left.
                Command::Set { change } => changed |= self.accept(change, running)?,
                command => {
                    let flow = self.obey(command, running)?;
                    if matches!(flow, Flow::Leave(_)) {
                        self.clock.start();
                        return Ok(flow);
                    }
                }
            }
        }
        self.clock.start();
        self.emit(Body::Unpaused)?;
        self.stage_changed(StageState::Running)?;
        if changed { self.take_up_changed(running) } else { Ok(Flow::Go) }
    }
}

//! What keys ask of the run: start, pause, end, end a stage, begin one anew, go on with one.

use super::datasets::train;
use super::say::{announce, say};
use crate::config::Change;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::attached::{Attached, Link};
use crate::console::state::effect::{Begin, Effect};
use crate::console::state::overlay::{Overlay, Question};
use crate::console::state::pane::Pane;
use crate::run::view::Phase;
use crate::training::events::{Command, Cut, Level, Stage, StageState};

/// Does what one of the run's keys asks for.
pub fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Run => run(state, effects),
        Action::StopAfterEpoch => end_stage(state, effects),
        Action::Checkpoint => send(state, Command::Checkpoint, "a checkpoint is asked for", effects),
        Action::RestartStage => ask_restart(state),
        Action::ContinueStage => ask_continue(state),
        Action::SetSetting => ask_for_change(state),
        Action::StopRun => match state.refusal() {
            None => state.overlay = Some(Overlay::Confirm(Question::Stop)),
            Some(why) => say(state, Level::Warning, why),
        },
        _ => {}
    }
}

/// Does what was asked about and said yes to; false where the question is none about the run.
pub fn confirmed(state: &mut State, question: &Question, effects: &mut Vec<Effect>) -> bool {
    let absent = state.run.as_ref().is_some_and(|r| r.link == Link::Absent);
    match *question {
        Question::Restart(stage) if absent => take_up(state, Begin::Anew(stage), effects),
        Question::Restart(stage) => {
            send(state, Command::RestartStage { stage }, "the stage is begun anew", effects);
        }
        Question::Continue(stage) if absent => take_up(state, Begin::AfterCut(stage), effects),
        Question::Continue(stage) => {
            send(state, Command::ContinueStage { stage }, &format!("going on with the {stage} stage"), effects);
        }
        Question::EndStage(stage) if state.stage_in_training() != Some(stage) => {
            say(state, Level::Info, format!("the {stage} stage has ended meanwhile"));
        }
        Question::EndStage(stage) => {
            let said = format!("the {stage} stage ends after this epoch; s takes it back until then");
            send(state, Command::StopAfterEpoch, &said, effects);
        }
        Question::Stop => {
            send(state, Command::StopNow, "stopping: the batch is finished and a checkpoint written", effects);
        }
        Question::TrainBeside(_)
        | Question::Overwrite(_)
        | Question::Delete { .. }
        | Question::StopStudy { .. }
        | Question::ResumeStudy { .. } => return false,
    }
    true
}

/// Sends a command, or says why not.
fn send(state: &mut State, command: Command, said: &str, effects: &mut Vec<Effect>) {
    match state.refusal() {
        None => {
            effects.push(Effect::Send(command));
            announce(state, said);
        }
        Some(why) => say(state, Level::Warning, why),
    }
}

/// Has the person type a change; proposed is the learning rate of the stage that is trained.
fn ask_for_change(state: &mut State) {
    if let Some(why) = state.refusal() {
        return say(state, Level::Warning, why);
    }
    let stage = state.stage_in_training().unwrap_or(Stage::Contrastive);
    state.overlay = Some(Overlay::SetSetting(format!("{stage}.learning_rate=").into()));
}

/// Has the run make the change that was typed; one that is not understood can be mended.
pub fn set(state: &mut State, line: tui_input::Input, effects: &mut Vec<Effect>) {
    match Change::parse(line.value()) {
        Ok(change) => send(state, Command::Set { change }, &format!("{change} from the next step on"), effects),
        Err(why) => {
            say(state, Level::Warning, why.to_string());
            state.overlay = Some(Overlay::SetSetting(line));
        }
    }
}

/// The one key that starts, pauses and resumes.
fn run(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(attached) = &state.run else { return train(state, effects) };
    let (phase, link) = (attached.view.phase, attached.link.clone());
    if state.focus == Pane::Datasets && !attached.is_live() {
        return train(state, effects);
    }
    match (state.run_command(), link) {
        (None, _) if phase == Phase::Finished => {
            let advice = state.refusal().unwrap_or_default();
            say(state, Level::Info, advice);
        }
        (_, Link::Absent) => take_up(state, Begin::LastCheckpoint, effects),
        (None, _) => say(state, Level::Info, "the run's process is ending; try again in a moment"),
        (Some(command), _) => {
            let said = match command {
                Command::Pause => "pausing: the batch is finished and a checkpoint written first",
                Command::Resume => "resuming",
                _ => "starting",
            };
            send(state, command, said, effects);
        }
    }
}

/// Starts a process for the shown run, which has none.
pub fn take_up(state: &mut State, begin: Begin, effects: &mut Vec<Effect>) {
    if state.read_only {
        return say(state, Level::Warning, "read-only: start mug without --read-only to take the run up");
    }
    let Some(run) = &mut state.run else { return };
    run.link = Link::Connecting;
    effects.push(Effect::TakeUp { path: run.path.clone(), begin });
    match begin {
        Begin::LastCheckpoint if state.start_given => {
            announce(state, "taking the run up with its own settings; --set, --config, --device are for new runs");
        }
        Begin::LastCheckpoint => announce(state, "taking the run up from its last checkpoint"),
        Begin::Anew(stage) => announce(state, format!("beginning the {stage} stage anew")),
        Begin::AfterCut(stage) => announce(state, format!("going on with the {stage} stage")),
    }
}

/// Asks whether the running stage is to end; where that was asked already, takes it back.
fn end_stage(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(why) = state.refusal() {
        return say(state, Level::Warning, why);
    }
    let Some(stage) = state.stage_in_training() else {
        return say(state, Level::Info, "no stage is being trained yet");
    };
    if state.run.as_ref().is_some_and(|r| r.view.stage(stage).cut == Some(Cut::Asked)) {
        send(state, Command::KeepStage, &format!("the {stage} stage goes on after this epoch"), effects);
    } else {
        state.overlay = Some(Overlay::Confirm(Question::EndStage(stage)));
    }
}

/// The stage that a key is about: the selected one in Stages, elsewhere the one whose losses are shown.
fn stage_meant(state: &State) -> Stage {
    match state.focus {
        Pane::Stages => Stage::ALL[state.stages.list.selected.min(2)],
        _ => state.shown_stage(),
    }
}

fn ask_restart(state: &mut State) {
    let stage = stage_meant(state);
    let begun = |r: &Attached| !matches!(r.view.stage(stage).state, StageState::Pending | StageState::Skipped);
    match state.refusal_to_begin() {
        Some(why) => say(state, Level::Warning, why),
        None if !state.run.as_ref().is_some_and(begun) => {
            say(state, Level::Info, format!("the {stage} stage has not begun"));
        }
        None => state.overlay = Some(Overlay::Confirm(Question::Restart(stage))),
    }
}

fn ask_continue(state: &mut State) {
    if let Some(why) = state.refusal_to_begin() {
        return say(state, Level::Warning, why);
    }
    let cut = |stage| state.run.as_ref().is_some_and(|r| r.view.stage(stage).cut == Some(Cut::Done));
    let meant = stage_meant(state);
    // Where only one stage was ended early there is no doubt which one is meant.
    let all: Vec<Stage> = Stage::ALL.into_iter().filter(|s| cut(*s)).collect();
    match &all[..] {
        [] => say(state, Level::Info, "no stage of this run was ended early; R begins one anew"),
        [stage] => state.overlay = Some(Overlay::Confirm(Question::Continue(*stage))),
        _ if cut(meant) => state.overlay = Some(Overlay::Confirm(Question::Continue(meant))),
        _ => say(state, Level::Info, format!("the {meant} stage was not ended early; R begins it anew")),
    }
}

#[cfg(test)]
mod tests;

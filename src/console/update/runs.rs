//! The run pane: the list of runs as it comes, and what its keys do.

use ratatui::layout::Rect;

use super::attach::attach;
use super::beside;
use super::control::take_up;
use super::pane::PaneKeys;
use super::say::say;
use crate::console::layout::runs::has_heading;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::{Begin, Effect};
use crate::console::state::pane::Pane;
use crate::console::widgets::list::List;
use crate::run::list::{RunState, RunSummary};
use crate::run::view::Phase;
use crate::training::events::Level;

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn list<'a>(&self, state: &'a mut State) -> Option<&'a mut List> {
        Some(&mut state.runs.list)
    }

    fn len(&self, state: &State) -> usize {
        state.runs.all.len()
    }

    fn heading(&self, inside: Rect) -> u16 {
        u16::from(has_heading(inside.width))
    }

    fn act(&self, state: &mut State, action: Action, effects: &mut Vec<Effect>) -> bool {
        match action {
            Action::Attach => attach_selected(state, effects),
            Action::Refresh => effects.push(Effect::ListRuns),
            Action::Beside => beside::toggle(state, effects),
            Action::Compare => beside::ask_comparison(state, effects),
            _ => return false,
        }
        true
    }

    fn shown(&self, effects: &mut Vec<Effect>) {
        effects.push(Effect::ListRuns);
    }

    fn moved(&self, state: &mut State, _: &mut Vec<Effect>) {
        state.to_point.run = false;
    }
}

/// Takes in the list of runs; attaches to the one that is live where nobody asked for anything else.
pub fn take(state: &mut State, runs: Vec<RunSummary>, effects: &mut Vec<Effect>) {
    let selected = state.runs.all.get(state.runs.list.selected).map(|r| r.path.clone());
    let first_time = !std::mem::replace(&mut state.runs.known, true);
    let live: Vec<_> =
        runs.iter().enumerate().filter(|(_, r)| r.state.is_live()).map(|(i, r)| (i, r.clone())).collect();
    let unfinished = runs.iter().filter(|r| is_resumable(r.state) && r.failed_to_begin().is_none()).count();
    state.runs.list.selected = selected.and_then(|p| runs.iter().position(|r| r.path == p)).unwrap_or(0);
    state.runs.all = runs;
    if !first_time || state.run.is_some() {
        return;
    }
    match &live[..] {
        [(_, run)] if state.datasets.wanted.is_none() && !state.start_given => {
            attach(state, run.path.clone(), false, effects);
            say(state, Level::Info, format!("attached to {}, which is {}; q leaves it going", run.name, run.state));
        }
        [] if unfinished > 0 => {
            say(state, Level::Info, format!("{unfinished} unfinished: see Runs, enter takes one up where it ended"));
        }
        [] => {}
        [(first, _), ..] => {
            state.focus = Pane::Runs;
            state.runs.list.selected = *first;
            say(state, Level::Info, format!("{} live: enter attaches to the selected one", live.len()));
        }
    }
}

/// True where a new process could go on with the run.
fn is_resumable(state: RunState) -> bool {
    matches!(state, RunState::At(Phase::Stopped | Phase::Faulted) | RunState::Died)
}

fn attach_selected(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(run) = state.runs.all.get(state.runs.list.selected).cloned() else {
        return say(state, Level::Info, "no runs yet");
    };
    let same = state.run.as_ref().is_some_and(|r| r.path == run.path);
    if !same {
        attach(state, run.path.clone(), state.follow, effects);
    }
    if is_resumable(run.state) && same && !state.read_only {
        take_up(state, Begin::LastCheckpoint, effects);
    } else if run.failed_to_begin().is_some() {
        say(state, Level::Info, format!("{} failed before it began; once that is mended, space tries again", run.name));
    } else if is_resumable(run.state) {
        say(state, Level::Info, format!("{} {}; space takes it up from its last checkpoint", run.name, run.state));
    }
}

//! Renaming, tagging, noting and deleting runs: what is asked for, and what it changes of what is shown.

use std::path::{Path, PathBuf};

use super::attach::{attach, detach};
use super::beside;
use super::say::say;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::state::overlay::{Overlay, Question, Typed};
use crate::run::organise::Change;
use crate::training::events::Level;

/// Asks for what a key's change needs: a line, or a yes.
pub fn ask(state: &mut State, action: Action) {
    if let Some(why) = refusal(state) {
        return say(state, Level::Warning, why);
    }
    let meant = state.runs.meant();
    let paths: Vec<PathBuf> = meant.iter().map(|r| r.path.clone()).collect();
    let (Some(first), one) = (meant.first(), meant.len() == 1) else {
        return say(state, Level::Info, "no runs yet");
    };
    state.overlay = Some(match action {
        Action::Rename if one => Overlay::Organise { paths, what: Typed::Name, line: first.name.as_str().into() },
        Action::Rename if !state.runs.marked().is_empty() => {
            return say(state, Level::Info, "a name is one run's: several are marked, x takes a mark away");
        }
        Action::Rename => return say(state, Level::Info, "a group has no name of its own: select one of its runs"),
        Action::Tags => {
            // Of a group: what all its runs have.
            let shared = first.tags.iter().filter(|t| meant.iter().all(|r| r.tags.contains(t)));
            let shown: Vec<String> = shared.cloned().collect();
            let line = shown.iter().map(|t| format!("{t} ")).collect::<String>().into();
            Overlay::Organise { paths, what: Typed::Tags { shown }, line }
        }
        Action::Note => {
            let line = if one { first.note.as_str().into() } else { "".into() };
            Overlay::Organise { paths, what: Typed::Note, line }
        }
        _ => {
            if let Some(live) = meant.iter().find(|r| r.state.is_live()) {
                let text = format!("{} is live and stays: stop it first, with S once it is shown", live.name);
                return say(state, Level::Warning, text);
            }
            let names = meant.iter().map(|r| r.name.clone()).collect();
            Overlay::Confirm(Question::Delete { paths, names })
        }
    });
}

fn refusal(state: &State) -> Option<&'static str> {
    match () {
        () if state.follow => Some("following a directory only: runs are changed where they lie, with mug runs"),
        () if state.read_only => Some("read-only: attach without --read-only to change runs"),
        () => None,
    }
}

/// Has what was typed done.
pub fn typed(paths: Vec<PathBuf>, what: &Typed, line: &str, effects: &mut Vec<Effect>) {
    let change = match what {
        Typed::Name => Change::Rename { to: line.trim().to_owned() },
        Typed::Tags { shown } => Change::of_tags(shown, line),
        Typed::Note => Change::Note { text: line.trim().to_owned() },
    };
    effects.push(Effect::Organise { paths, change });
}

/// A run was changed: it lies elsewhere now, or nowhere.
pub fn take(state: &mut State, from: &Path, to: Option<&Path>, effects: &mut Vec<Effect>) {
    if Some(from) == to {
        return;
    }
    beside::leave(state, from, effects);
    if state.runs.marked.remove(from)
        && let Some(to) = to
    {
        state.runs.marked.insert(to.to_owned());
    }
    if state.run.as_ref().is_some_and(|r| r.path == from) {
        let focus = state.focus;
        match to {
            Some(to) => attach(state, to.to_owned(), state.follow, effects),
            None => detach(state, effects),
        }
        state.focus = focus;
    }
    // The list comes anew; until then nothing is shown that is not there.
    let mut all = state.runs.all.clone();
    all.retain_mut(|run| {
        if let Some(to) = to.filter(|_| run.path == from) {
            run.name = to.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            run.path = to.to_owned();
        }
        run.path != from
    });
    state.runs.take(all);
    if let Some(to) = to {
        state.runs.point_at(to);
    }
}

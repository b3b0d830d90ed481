//! Laying runs beside the shown one: the selected run, or all that are marked.

use super::attach::attach;
use super::beside::leave;
use super::say::say;
use crate::console::state::State;
use crate::console::state::effect::Effect;
use crate::console::state::runs::{Beside, LETTERS, MOST};
use crate::console::state::series::{Series, SeriesKey};
use crate::run::list::RunSummary;
use crate::run::view::RunView;
use crate::training::events::{Level, Stage};

/// Takes the selected run in, or lets it go; or all that are marked.
pub fn toggle(state: &mut State, effects: &mut Vec<Effect>) {
    let marked = !state.runs.marked().is_empty();
    let mut meant: Vec<RunSummary> =
        if marked { state.runs.marked() } else { state.runs.selected().into_iter().collect() }
            .into_iter()
            .cloned()
            .collect();
    let Some(first) = meant.first().cloned() else {
        let words = if state.runs.all.is_empty() { "no runs yet" } else { "select a run, or mark some with x" };
        return say(state, Level::Info, words);
    };
    if state.run.is_none() && marked {
        // There must be one over which the others are laid.
        let focus = state.focus;
        attach(state, first.path.clone(), state.follow, effects);
        state.focus = focus;
    }
    let Some(shown) = state.run.as_ref().map(|run| run.path.clone()) else {
        return say(state, Level::Info, "enter attaches to a run; o then lays another one's curves over its own");
    };
    meant.retain(|run| run.path != shown);
    if meant.is_empty() {
        return say(state, Level::Info, format!("{} is the run that is shown; select another one", first.name));
    }
    let lies = |state: &State, run: &RunSummary| state.runs.beside.iter().any(|b| b.path == run.path);
    if meant.iter().all(|run| lies(state, run)) {
        meant.iter().for_each(|run| leave(state, &run.path, effects));
        return;
    }
    meant.retain(|run| !lies(state, run));
    let count = meant.len();
    let taken = meant.into_iter().map_while(|run| take_in(state, run, effects)).count();
    if taken < count {
        let words = format!("{MOST} runs lie beside this one already; o on one of them takes it away");
        say(state, Level::Info, words);
    } else if count > 1 {
        say(state, Level::Info, format!("curves of {count} runs in Losses"));
    }
}

/// Takes a run in; `None` where there is no letter left.
fn take_in(state: &mut State, run: RunSummary, effects: &mut Vec<Effect>) -> Option<()> {
    let letter = (0..MOST).find(|l| state.runs.beside.iter().all(|b| b.letter != *l))?;
    let key = SeriesKey { stage: Stage::Contrastive, scalar: String::new(), weight: 0.0, generation: 0 };
    say(state, Level::Info, format!("{}: curves of {} in Losses", LETTERS[letter], run.name));
    effects.push(Effect::Beside { path: run.path.clone(), on: true });
    state.runs.beside.push(Beside {
        path: run.path,
        name: run.name,
        view: RunView::default(),
        series: Series::new(key),
        letter,
        generation: 0,
    });
    Some(())
}

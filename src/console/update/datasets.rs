//! The dataset pane: what the world says of datasets, and what its keys do.

use ratatui::layout::Rect;

use super::pane::PaneKeys;
use super::say::say;
use crate::console::layout::datasets;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::datasets::{Availability, DatasetItem};
use crate::console::state::effect::Effect;
use crate::console::state::overlay::{Overlay, Question};
use crate::console::state::pane::Pane;
use crate::console::widgets::list::List;
use crate::training::events::Level;

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn list<'a>(&self, state: &'a mut State) -> Option<&'a mut List> {
        Some(&mut state.datasets.list)
    }

    fn len(&self, state: &State) -> usize {
        state.datasets.items.as_ref().map_or(0, Vec::len)
    }

    fn rows(&self, state: &State, inside: Rect) -> usize {
        datasets::rows(state, usize::from(inside.height))
    }

    fn act(&self, state: &mut State, action: Action, effects: &mut Vec<Effect>) -> bool {
        match action {
            Action::Train => train(state, effects),
            Action::OpenFile => state.overlay = Some(Overlay::OpenFile(tui_input::Input::default())),
            _ => return false,
        }
        true
    }

    fn moved(&self, state: &mut State, effects: &mut Vec<Effect>) {
        state.to_point.dataset = false;
        inspect(state, effects);
    }
}

/// Takes in the catalogue.
pub fn take(state: &mut State, items: Vec<DatasetItem>, effects: &mut Vec<Effect>) {
    let wanted = state.datasets.wanted.take().or_else(|| state.dataset().map(|d| d.target.clone()));
    let by_target = |w: &String| items.iter().position(|i| i.target == *w);
    let found = wanted.as_ref().and_then(|w| by_target(w).or_else(|| items.iter().position(|i| i.name == *w)));
    if let (Some(wanted), None) = (&wanted, found) {
        say(state, Level::Error, format!("the dataset {wanted} is not there any more"));
    }
    state.datasets.items = Some(items);
    state.datasets.list.selected = found.unwrap_or(state.datasets.list.selected);
    inspect(state, effects);
}

/// Takes in a file that a person named, and selects it.
pub fn take_opened(state: &mut State, item: DatasetItem, effects: &mut Vec<Effect>) {
    let items = state.datasets.items.get_or_insert_default();
    let at = items.iter().position(|i| i.target == item.target).unwrap_or(items.len());
    match items.get_mut(at) {
        Some(known) => *known = item,
        None => items.push(item),
    }
    state.datasets.list.selected = at;
    state.to_point.dataset = false;
    state.focus = Pane::Datasets;
    inspect(state, effects);
}

/// Takes in whether a dataset can be trained on.
pub fn checked(state: &mut State, target: &str, problem: Option<String>) {
    let Some(item) = state.datasets.items.iter_mut().flatten().find(|i| i.target == target) else { return };
    match (problem, item.availability) {
        // One that is missing is told so already.
        (Some(problem), known) if known.can_train() => {
            (item.availability, item.detail) = (Availability::Broken, problem)
        }
        (None, Availability::Present) => item.availability = Availability::Ready,
        // It was mended; how long the file is now nobody has asked.
        (None, Availability::Broken) => (item.availability, item.detail) = (Availability::Ready, String::new()),
        _ => {}
    }
}

/// Asks for a look into the selected dataset unless there was one.
pub fn inspect(state: &State, effects: &mut Vec<Effect>) {
    if let Some(item) = state.dataset()
        && !state.datasets.previews.contains_key(&item.target)
    {
        effects.push(Effect::Inspect(item.target.clone()));
    }
}

/// Starts a run on the selected dataset, or says why not.
pub fn train(state: &mut State, effects: &mut Vec<Effect>) {
    if state.read_only {
        return say(state, Level::Warning, "read-only: start mug without --read-only to train");
    }
    let Some(item) = state.dataset() else {
        return say(state, Level::Info, "the datasets are still being looked for; try again in a moment");
    };
    let target = item.target.clone();
    match item.availability {
        Availability::Missing => {
            let text = format!("{} is missing ({}); o opens a file by its path", item.name, item.detail);
            say(state, Level::Warning, text);
        }
        Availability::Broken => {
            let words = format!("{} cannot be trained on: {}", item.name, item.detail);
            state.overlay = Some(Overlay::Problem { words, scroll: 0 });
            // It may have been mended since.
            state.datasets.previews.remove(&target);
            effects.push(Effect::Inspect(target));
        }
        Availability::BuiltIn | Availability::Present | Availability::Ready
            if state.run.as_ref().is_some_and(|r| r.is_live()) =>
        {
            state.overlay = Some(Overlay::Confirm(Question::TrainBeside(target)));
        }
        Availability::BuiltIn | Availability::Present | Availability::Ready => {
            let text = format!("starting a run on {}", item.name);
            effects.push(Effect::Train { dataset: target });
            say(state, Level::Info, text);
        }
    }
}

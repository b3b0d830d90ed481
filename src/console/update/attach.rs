//! Turning to a run.

use std::path::{Path, PathBuf};

use super::beside;
use super::datasets::inspect;
use crate::console::state::State;
use crate::console::state::attached::{Attached, ToPoint};
use crate::console::state::datasets::DatasetItem;
use crate::console::state::effect::Effect;
use crate::console::state::health::Health;
use crate::console::state::log::Log;
use crate::console::state::metrics::Metrics;
use crate::console::state::overlay::Overlay;
use crate::console::state::pane::Pane;

/// Turns to a run: everything that belonged to the former one goes.
pub fn attach(state: &mut State, path: PathBuf, follow: bool, effects: &mut Vec<Effect>) {
    forget(state, effects);
    state.run = Some(Attached::new(path.clone()));
    state.to_point = ToPoint { run: true, dataset: true };
    beside::leave(state, &path, effects);
    state.focus = Pane::Losses;
    effects.push(Effect::Attach { attach: state.attach, path, follow });
}

/// Turns away from the run that is shown: it is no more.
pub fn detach(state: &mut State, effects: &mut Vec<Effect>) {
    forget(state, effects);
    state.run = None;
    state.to_point = ToPoint::default();
    for path in state.runs.beside.iter().map(|b| b.path.clone()).collect::<Vec<_>>() {
        beside::leave(state, &path, effects);
    }
    effects.push(Effect::Detach);
}

/// Lets go what belongs to the run that is shown.
fn forget(state: &mut State, effects: &mut Vec<Effect>) {
    state.attach += 1;
    state.generation += 1;
    state.losses.chosen = None;
    state.losses.cursor = None;
    state.labels.forget();
    if state.embedding.is_busy() {
        effects.push(Effect::StopProjection);
    }
    state.embedding.leave_run();
    (state.metrics, state.health, state.log) = (Metrics::default(), Health::default(), Log::default());
    let of_the_run = |o: &Overlay| !matches!(o, Overlay::Help { .. } | Overlay::OpenFile(_) | Overlay::Columns { .. });
    if state.overlay.as_ref().is_some_and(of_the_run) {
        state.overlay = None;
    }
}

/// Puts the cursors of Runs and Datasets on the attached run and its dataset, once, as soon as the lists hold them.
pub fn point_at_run(state: &mut State, effects: &mut Vec<Effect>) {
    let ToPoint { run: to_run, dataset: to_dataset } = state.to_point;
    let Some(run) = state.run.as_ref().filter(|_| to_run || to_dataset) else { return };
    let listed = state.runs.all.iter().position(|r| r.path == run.path);
    let named = listed.map(|at| &state.runs.all[at].dataset).or(run.view.prepared.as_ref().map(|p| &p.dataset));
    let items = state.datasets.items.as_deref().unwrap_or_default();
    let dataset = named.and_then(|named| {
        let stem = Path::new(named).file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let by = |is: &dyn Fn(&DatasetItem) -> bool| items.iter().position(is);
        // A file of the data folder may have been named by its path.
        by(&|i| i.target == *named).or_else(|| by(&|i| i.name == *named)).or_else(|| by(&|i| i.name == stem))
    });
    if to_run && listed.is_some() {
        let path = run.path.clone();
        // One that a search hides stays to be pointed at.
        state.to_point.run = !state.runs.point_at(&path);
    }
    if let Some(at) = dataset.filter(|_| to_dataset) {
        state.datasets.list.selected = at;
        state.to_point.dataset = false;
        inspect(state, effects);
    }
}

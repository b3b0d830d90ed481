//! The alignment picture: what its keys change, and what is asked of the thread that computes it.

use ratatui::layout::Rect;

use super::focus::focus;
use super::pane::PaneKeys;
use super::say::say;
use crate::console::layout::embedding::shown as plane;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::state::embedding::{Embedding, Request};
use crate::console::state::pane::Pane;
use crate::report::projection::groups::Colouring;
use crate::report::projection::{Method, Scaling, Scope};
use crate::training::events::Level;

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn rows(&self, _: &State, _: Rect) -> usize {
        0
    }

    fn act(&self, state: &mut State, action: Action, _: &mut Vec<Effect>) -> bool {
        match action {
            Action::NextScope => turn_scope(state, 1),
            Action::PreviousScope => turn_scope(state, Scope::ALL.len() - 1),
            Action::Colouring => turn_colouring(state),
            Action::Scaling => turn_scaling(state),
            Action::Tsne => turn_method(state),
            Action::EarlierMoment | Action::PageUp => turn_moment(state, |at, _| at.saturating_sub(1)),
            Action::LaterMoment | Action::PageDown => turn_moment(state, |at, _| at + 1),
            Action::First => turn_moment(state, |_, _| 0),
            Action::Last => turn_moment(state, |_, last| last),
            Action::Left => move_pick(state, (-1, 0)),
            Action::Right => move_pick(state, (1, 0)),
            Action::Up => move_pick(state, (0, -1)),
            Action::Down => move_pick(state, (0, 1)),
            Action::Dots => state.embedding.dots = !state.embedding.dots,
            Action::NextHere => next_here(state),
            Action::ShowClip => show_clip(state),
            _ => return false,
        }
        true
    }

    fn close(&self, state: &mut State, _: &mut Vec<Effect>) -> bool {
        close(state)
    }

    fn clicked(&self, state: &mut State, column: u16, row: u16) {
        pick_at(state, column, row);
    }
}

/// Position of the moment that is to be shown.
pub fn position(state: &State) -> Option<usize> {
    let entries = state.moments();
    let chosen = state.embedding.chosen.as_ref();
    let found = chosen.and_then(|file| entries.iter().position(|e| e.file == *file));
    found.or_else(|| entries.len().checked_sub(1))
}

/// What the pane needs now.
fn request(state: &State) -> Option<Request> {
    let run = state.run.as_ref()?;
    let Embedding { scope, scaling, method, .. } = state.embedding;
    let entry = state.moments().get(position(state)?)?.clone();
    let (attach, generation) = (state.attach, state.generation);
    Some(Request { dir: run.path.clone(), attach, generation, entry, scope, scaling, method })
}

/// Asks for the picture that the pane needs, where the pane is to be seen and the picture is not the one asked for last.
pub fn sync(state: &mut State, effects: &mut Vec<Effect>) {
    let visible = state.focus == Pane::Embedding || state.lower == Pane::Embedding && !state.zoom;
    if !visible {
        return;
    }
    let needed = request(state);
    let own = &mut state.embedding;
    if needed == own.asked {
        return;
    }
    (own.progress, own.problem) = (None, None);
    own.number += 1;
    own.asked = needed.clone();
    match needed {
        Some(request) => effects.push(Effect::Project { number: own.number, request: Box::new(request) }),
        None => {
            (own.shown, own.pick) = (None, None);
            effects.push(Effect::StopProjection);
        }
    }
}

/// PCA to t-SNE and back.
fn turn_method(state: &mut State) {
    if state.embedding.method == Method::Tsne {
        return back_to_pca(state);
    }
    let Some(at) = position(state) else {
        return say(state, Level::Info, "no representations yet: t-SNE needs those of a moment of stage 1");
    };
    let file = state.moments()[at].file.clone();
    let own = &mut state.embedding;
    own.method = Method::Tsne;
    // A new moment every few seconds would throw away what takes longer to compute.
    own.pinned = own.chosen.is_none();
    own.chosen = Some(file);
}

fn back_to_pca(state: &mut State) {
    let own = &mut state.embedding;
    own.method = Method::Pca;
    if std::mem::take(&mut own.pinned) {
        own.chosen = None;
    }
}

/// Closes what is open: t-SNE that is being computed, the cursor, the choice of a moment. False: nothing was.
fn close(state: &mut State) -> bool {
    let own = &mut state.embedding;
    if own.is_busy() {
        back_to_pca(state);
        say(state, Level::Info, "t-SNE cancelled");
        return true;
    }
    own.pick.take().is_some() || (own.method == Method::Pca && own.chosen.take().is_some())
}

/// To another moment: earlier, later, the first or the last.
fn turn_moment(state: &mut State, to: impl FnOnce(usize, usize) -> usize) {
    let Some(at) = position(state) else { return };
    let last = state.moments().len() - 1;
    let to = to(at, last).min(last);
    let file = state.moments()[to].file.clone();
    let own = &mut state.embedding;
    own.pinned = false;
    // At the end one stays there as moments come; t-SNE stays at one moment.
    own.chosen = (to < last || own.method == Method::Tsne).then_some(file);
}

/// Walks through the modalities.
fn turn_scope(state: &mut State, by: usize) {
    let modalities = state.run.as_ref().map(|run| run.view.modalities()).unwrap_or_default();
    let there = |scope: &Scope| match scope {
        Scope::One(m) => modalities.contains(m),
        Scope::All => true,
    };
    let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(there).collect();
    let own = &mut state.embedding;
    own.scope = next(&scopes, own.scope, by);
    own.pick = None;
}

/// Walks through what colours say.
fn turn_colouring(state: &mut State) {
    state.embedding.colouring = next(&Colouring::ALL, state.embedding.colouring, 1);
}

/// Directions or the representations as they are.
fn turn_scaling(state: &mut State) {
    state.embedding.scaling = next(&[Scaling::Direction, Scaling::Raw], state.embedding.scaling, 1);
}

fn next<T: Copy + PartialEq>(all: &[T], now: T, by: usize) -> T {
    let at = all.iter().position(|v| *v == now).unwrap_or(0);
    all[(at + by) % all.len()]
}

/// Moves the cursor to the nearest point in a direction of the screen.
fn move_pick(state: &mut State, direction: (i32, i32)) {
    let Some(plane) = plane(state) else { return };
    let Some(picture) = state.embedding.picture() else { return };
    let to = match state.embedding.pick {
        Some(from) => plane.step(picture, from, direction),
        None => plane.middle(picture),
    };
    state.embedding.pick = to.or(state.embedding.pick);
}

/// Puts the cursor on the point nearest to a place of the screen.
fn pick_at(state: &mut State, column: u16, row: u16) {
    let Some(plane) = plane(state) else { return };
    let Some(picture) = state.embedding.picture() else { return };
    state.embedding.pick = plane.nearest(picture, column, row).or(state.embedding.pick);
}

/// To the next point that lies in the cursor's cell.
fn next_here(state: &mut State) {
    let Some(plane) = plane(state) else { return };
    let (Some(picture), Some(pick)) = (state.embedding.picture(), state.embedding.pick) else { return };
    let here = plane.together(picture, pick);
    let at = here.iter().position(|i| *i == pick).unwrap_or(0);
    state.embedding.pick = here.get((at + 1) % here.len().max(1)).copied().or(Some(pick));
}

/// Selects the cursor's clip in the label table and goes there.
fn show_clip(state: &mut State) {
    let Some(pick) = state.embedding.pick else {
        return say(state, Level::Info, "no clip under the cursor: the arrow keys put it on one");
    };
    match state.labels.index.iter().position(|row| *row == pick.row) {
        Some(at) => {
            state.labels.list.selected = at;
            focus(state, Pane::Labels);
        }
        None if state.labels.table.rows.is_empty() => say(state, Level::Info, "the label table has not been read yet"),
        None => say(state, Level::Info, "the table's filter leaves this clip out; esc in Labels clears it"),
    }
}

#[cfg(test)]
mod tests;

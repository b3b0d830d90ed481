//! The alignment picture's state: which representations are looked at and how, the picture that was made of them, and
//! what the keys change. The computing is done in worker.rs, on a thread of its own; where points lie on the screen is
//! plane.rs, how they are marked marks.rs.

pub mod marks;
pub mod plane;
pub mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use super::backend::Effect;
use super::keys;
use super::state::{Pane, State};
use super::update::say;
use crate::report::projection::groups::Colouring;
use crate::report::projection::{Item, Method, Picture, Progress, Scaling, Scope};
use crate::run::view::EmbeddingEntry;
use crate::training::events::Level;

/// Everything that a picture depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The run directory.
    pub dir: PathBuf,
    pub attach: u64,
    /// Grows when what was recorded became void: the same file may then hold something else.
    pub generation: u64,
    pub entry: EmbeddingEntry,
    pub scope: Scope,
    pub scaling: Scaling,
    pub method: Method,
}

/// What the embedding pane shows and how.
#[derive(Clone, Debug)]
pub struct Embedding {
    pub scope: Scope,
    pub scaling: Scaling,
    pub colouring: Colouring,
    pub method: Method,
    /// Fine dots in place of symbols.
    pub dots: bool,
    /// The file of the moment chosen by hand; `None`: the latest.
    chosen: Option<String>,
    /// The moment was chosen by the t-SNE key, which stays at one moment.
    pinned: bool,
    /// Number of the last request.
    number: u64,
    /// What the last request was for.
    pub asked: Option<Request>,
    /// How far the answer to it is, where it takes long.
    pub progress: Option<Progress>,
    /// Why there is no answer to it.
    pub problem: Option<String>,
    /// The picture that is shown, and what it is of.
    pub shown: Option<(Request, Arc<Picture>)>,
    /// The point under the cursor.
    pub pick: Option<Item>,
}

impl Default for Embedding {
    fn default() -> Self {
        Self {
            scope: Scope::ALL[0],
            scaling: Scaling::Direction,
            colouring: Colouring::Kind,
            method: Method::Pca,
            dots: false,
            chosen: None,
            pinned: false,
            number: 0,
            asked: None,
            progress: None,
            problem: None,
            shown: None,
            pick: None,
        }
    }
}

impl Embedding {
    /// The picture of the run that is attached; that of another was dropped.
    pub fn picture(&self) -> Option<&Picture> {
        self.shown.as_ref().map(|(_, p)| &**p)
    }

    /// True where what is shown is not yet what was asked for.
    pub fn is_behind(&self) -> bool {
        self.asked.is_some() && self.asked.as_ref() != self.shown.as_ref().map(|(r, _)| r)
    }

    /// Forgets what belongs to a run; how it is looked at stays.
    pub fn leave_run(&mut self) {
        (self.chosen, self.pinned, self.method) = (None, false, Method::Pca);
        (self.asked, self.progress, self.problem, self.shown, self.pick) = (None, None, None, None, None);
    }

    /// True where t-SNE is being computed.
    pub fn is_busy(&self) -> bool {
        self.asked.as_ref().is_some_and(|r| r.method == Method::Tsne) && self.is_behind() && self.problem.is_none()
    }

    /// Takes in an answer; one to an earlier request is dropped.
    pub fn answer(&mut self, number: u64, result: Result<Arc<Picture>, String>) {
        let Some(asked) = self.asked.clone().filter(|_| number == self.number) else { return };
        self.progress = None;
        match result {
            Ok(picture) => {
                // A point that is no longer there cannot be under the cursor.
                self.pick = self.pick.filter(|p| picture.items.contains(p));
                self.shown = Some((asked, picture));
                self.problem = None;
            }
            Err(problem) => {
                self.shown = None;
                self.problem = Some(problem);
            }
        }
    }

    /// Takes in how far the answer is.
    pub fn progress(&mut self, number: u64, progress: Progress) {
        if number == self.number && self.is_behind() {
            self.progress = Some(progress);
        }
    }
}

/// The moments that the run has recorded.
pub fn entries(state: &State) -> &[EmbeddingEntry] {
    state.run.as_ref().map_or(&[], |r| &r.view.embeddings)
}

/// Position of the moment that is to be shown.
pub fn position(state: &State) -> Option<usize> {
    let entries = entries(state);
    let chosen = state.embedding.chosen.as_ref();
    let found = chosen.and_then(|file| entries.iter().position(|e| e.file == *file));
    found.or_else(|| entries.len().checked_sub(1))
}

/// What the pane needs now.
fn request(state: &State) -> Option<Request> {
    let run = state.run.as_ref()?;
    let Embedding { scope, scaling, method, .. } = state.embedding;
    let entry = entries(state).get(position(state)?)?.clone();
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
pub fn turn_method(state: &mut State) {
    if state.embedding.method == Method::Tsne {
        return back_to_pca(state);
    }
    let Some(at) = position(state) else {
        return say(state, Level::Info, "no representations yet: t-SNE needs those of a moment of stage 1");
    };
    let file = entries(state)[at].file.clone();
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
pub fn close(state: &mut State) -> bool {
    let own = &mut state.embedding;
    if own.is_busy() {
        back_to_pca(state);
        say(state, Level::Info, "t-SNE cancelled");
        return true;
    }
    own.pick.take().is_some() || (own.method == Method::Pca && own.chosen.take().is_some())
}

/// To another moment: earlier, later, the first or the last.
pub fn turn_moment(state: &mut State, to: impl FnOnce(usize, usize) -> usize) {
    let Some(at) = position(state) else { return };
    let last = entries(state).len() - 1;
    let to = to(at, last).min(last);
    let file = entries(state)[to].file.clone();
    let own = &mut state.embedding;
    own.pinned = false;
    // At the end one stays there as moments come; t-SNE stays at one moment.
    own.chosen = (to < last || own.method == Method::Tsne).then_some(file);
}

/// Walks through the modalities.
pub fn turn_scope(state: &mut State, by: usize) {
    let own = &mut state.embedding;
    own.scope = next(&Scope::ALL, own.scope, by);
    own.pick = None;
}

/// Walks through what colours say.
pub fn turn_colouring(state: &mut State) {
    state.embedding.colouring = next(&Colouring::ALL, state.embedding.colouring, 1);
}

/// Directions or the representations as they are.
pub fn turn_scaling(state: &mut State) {
    state.embedding.scaling = next(&[Scaling::Direction, Scaling::Raw], state.embedding.scaling, 1);
}

fn next<T: Copy + PartialEq>(all: &[T], now: T, by: usize) -> T {
    let at = all.iter().position(|v| *v == now).unwrap_or(0);
    all[(at + by) % all.len()]
}

/// Moves the cursor to the nearest point in a direction of the screen.
pub fn move_pick(state: &mut State, direction: (i32, i32)) {
    let Some(plane) = plane::of(state) else { return };
    let Some(picture) = state.embedding.picture() else { return };
    let to = match state.embedding.pick {
        Some(from) => plane.step(picture, from, direction),
        None => plane.middle(picture),
    };
    state.embedding.pick = to.or(state.embedding.pick);
}

/// Puts the cursor on the point nearest to a place of the screen.
pub fn pick_at(state: &mut State, column: u16, row: u16) {
    let Some(plane) = plane::of(state) else { return };
    let Some(picture) = state.embedding.picture() else { return };
    state.embedding.pick = plane.nearest(picture, column, row).or(state.embedding.pick);
}

/// To the next point that lies in the cursor's cell.
pub fn next_here(state: &mut State) {
    let Some(plane) = plane::of(state) else { return };
    let (Some(picture), Some(pick)) = (state.embedding.picture(), state.embedding.pick) else { return };
    let here = plane.together(picture, pick);
    let at = here.iter().position(|i| *i == pick).unwrap_or(0);
    state.embedding.pick = here.get((at + 1) % here.len().max(1)).copied().or(Some(pick));
}

/// Selects the cursor's clip in the label table and goes there.
pub fn show_clip(state: &mut State) {
    let Some(pick) = state.embedding.pick else {
        return say(state, Level::Info, "no clip under the cursor: the arrow keys put it on one");
    };
    match state.labels.index.iter().position(|row| *row == pick.row) {
        Some(at) => {
            state.labels.list.selected = at;
            keys::focus(state, Pane::Labels);
        }
        None if state.labels.rows.is_empty() => say(state, Level::Info, "the label table has not been read yet"),
        None => say(state, Level::Info, "the table's filter leaves this clip out; esc in Labels clears it"),
    }
}

#[cfg(test)]
mod tests;

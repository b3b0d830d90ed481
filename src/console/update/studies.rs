//! The study pane: the list of studies and the open one as they come, and what its keys do.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::attach::attach;
use super::notify;
use super::pane::PaneKeys;
use super::say::say;
use crate::console::layout::areas::areas;
use crate::console::layout::studies::{furthest, parts, seeds, table_alone};
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::state::overlay::{Overlay, Question};
use crate::console::state::pane::Pane;
use crate::console::state::studies::{Opened, StudyLine, StudyView, Watch};
use crate::console::widgets::frame::inner;
use crate::console::widgets::list::List;
use crate::run::study::shipped::SHIPPED;
use crate::training::events::Level;

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn list<'a>(&self, state: &'a mut State) -> Option<&'a mut List> {
        let studies = &mut state.studies;
        Some(studies.open.as_mut().map_or(&mut studies.list, |open| &mut open.rows))
    }

    fn len(&self, state: &State) -> usize {
        let Some(open) = &state.studies.open else { return state.studies.all.len() };
        match inside(state) {
            Some(area) if table_alone(open, area) => {
                open.view.as_ref().map_or(0, |v| v.lines(area.width.saturating_sub(1)).len())
            }
            _ => open.variants(),
        }
    }

    fn heading(&self, _: &State, _: Rect) -> u16 {
        1
    }

    fn rows(&self, state: &State, inside: Rect) -> usize {
        let Some(open) = &state.studies.open else { return usize::from(inside.height.saturating_sub(1)) };
        let parts = parts(open, inside);
        match (parts.grid, parts.table) {
            (Some(grid), _) => usize::from(grid.height.saturating_sub(1)),
            (_, Some(table)) => usize::from(table.height),
            _ => 0,
        }
    }

    fn at(&self, state: &mut State, inside: Rect, row: u16) -> Option<usize> {
        let top = match &state.studies.open {
            Some(open) => parts(open, inside).grid.map(|grid| grid.y + 1)?,
            None => inside.y + 1,
        };
        let (rows, len) = (self.rows(state, inside), self.len(state));
        let line = row.checked_sub(top).map(usize::from).filter(|l| *l < rows)?;
        self.list(state).map(|list| list.offset + line).filter(|at| *at < len)
    }

    fn settle(&self, state: &mut State, inside: Rect) {
        let (rows, len) = (self.rows(state, inside), self.len(state));
        if let Some(list) = self.list(state) {
            list.settle(len, rows, false);
        }
        let Some(open) = &mut state.studies.open else { return };
        if table_alone(open, inside) {
            open.column = open.column.min(furthest(open, inside.width));
            return;
        }
        open.column = open.column.min(open.seeds().saturating_sub(1));
        let shown = seeds(open, inside.width);
        let first = open.first.clamp((open.column + 1).saturating_sub(shown), open.column);
        // No room stays empty.
        open.first = first.min(open.seeds().saturating_sub(shown));
    }

    fn act(&self, state: &mut State, action: Action, effects: &mut Vec<Effect>) -> bool {
        match action {
            Action::Attach => enter(state, effects),
            // It is looked at again and again; asked for, at once.
            Action::Refresh => effects.push(Effect::WatchStudies(state.studies.watched.clone())),
            Action::StopStudy => ask(state),
            Action::RunStudy => ask_for_new(state),
            _ => {
                let Some(open) = &mut state.studies.open else {
                    return matches!(action, Action::Left | Action::Right | Action::NextScalar | Action::StudyTable);
                };
                let metrics = open.view.as_ref().map_or(1, |v| v.outcomes.metrics.len()).max(1);
                match action {
                    Action::Left => open.column = open.column.saturating_sub(1),
                    Action::Right => open.column += 1,
                    Action::NextScalar => open.metric = (open.metric + 1) % metrics,
                    Action::PreviousScalar => open.metric = (open.metric + metrics - 1) % metrics,
                    Action::StudyTable => {
                        open.table = !open.table;
                        (open.rows, open.column, open.first) = (List::default(), 0, 0);
                    }
                    _ => return false,
                }
            }
        }
        true
    }

    fn close(&self, state: &mut State, _: &mut Vec<Effect>) -> bool {
        state.studies.open.take().is_some()
    }
}

/// The pane's inside, where it is on the screen.
fn inside(state: &State) -> Option<Rect> {
    areas(state).panes.iter().find(|(pane, _)| *pane == Pane::Studies).map(|(_, area)| inner(*area))
}

/// Opens the selected study, or attaches to the run of the cell under the cursor.
fn enter(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(open) = &state.studies.open else {
        let Some(study) = state.studies.all.get(state.studies.list.selected) else {
            return say(state, Level::Info, none_to_choose(state));
        };
        let (path, name) = (study.path.clone(), study.name.clone());
        return state.studies.open = Some(Opened { path, name, ..Opened::default() });
    };
    if inside(state).is_some_and(|area| table_alone(open, area)) {
        return say(state, Level::Info, "t shows the grid: enter there attaches to a run");
    }
    let Some(at) = open.cell() else { return };
    match open.view.as_ref().and_then(|v| v.runs.get(at).cloned().flatten()) {
        Some(path) => {
            let follow = state.follow;
            attach(state, path, follow, effects);
        }
        None => say(state, Level::Info, "this cell was not begun yet: it has no run to show"),
    }
}

/// Why no study is selected.
fn none_to_choose(state: &State) -> &'static str {
    match state.studies.known {
        true => "no studies yet: n begins one",
        false => "still looking for studies",
    }
}

/// Has the person type what study is to be begun; on the selected dataset, where nothing else is said.
fn ask_for_new(state: &mut State) {
    if state.read_only || state.follow {
        return say(state, Level::Warning, "read-only: begin studies with mug study run");
    }
    let dataset = state.dataset().map_or("demo", |d| &d.target);
    let study = SHIPPED.first().map_or("", |(name, _)| name);
    state.overlay = Some(Overlay::RunStudy(format!("{study} --dataset {dataset} --seeds 3").into()));
}

/// Has the study that was typed begun.
pub fn run(state: &mut State, typed: &str, effects: &mut Vec<Effect>) {
    let arguments = typed.split_whitespace().map(str::to_owned).collect();
    say(state, Level::Info, "beginning the study");
    effects.push(Effect::RunStudy { arguments });
}

/// Asks whether the study that is meant is to be stopped or gone on with.
fn ask(state: &mut State) {
    if state.read_only || state.follow {
        return say(state, Level::Warning, "read-only: stop and resume studies with mug study");
    }
    let opened = state.studies.open.as_ref().and_then(|open| open.view.as_ref().map(|v| v.line.clone()));
    let Some(study) = opened.or_else(|| state.studies.all.get(state.studies.list.selected).cloned()) else {
        return say(state, Level::Info, none_to_choose(state));
    };
    let question = match study.counts {
        counts if counts.running > 0 => Question::StopStudy { path: study.path, name: study.name },
        counts if counts.open() + counts.failed > 0 => Question::ResumeStudy { path: study.path, name: study.name },
        _ => return say(state, Level::Info, format!("study {} is finished", study.name)),
    };
    state.overlay = Some(Overlay::Confirm(question));
}

/// Takes in the list of studies; the cursor stays on its study.
pub fn take(state: &mut State, all: Vec<StudyLine>, effects: &mut Vec<Effect>) {
    let studies = &mut state.studies;
    effects.extend(notify::of_studies(&studies.all, &all).into_iter().map(Effect::Tell));
    let selected = studies.all.get(studies.list.selected).map(|s| s.path.clone());
    studies.known = true;
    studies.list.selected = selected.and_then(|path| all.iter().position(|s| s.path == path)).unwrap_or(0);
    studies.all = Arc::new(all);
}

/// Takes in what was read of a study; one that is open no more is let go.
pub fn take_view(state: &mut State, view: Arc<StudyView>) {
    if let Some(open) = state.studies.open.as_mut().filter(|open| open.path == view.line.path) {
        open.metric = open.metric.min(view.outcomes.metrics.len().saturating_sub(1));
        open.view = Some(view);
    }
}

/// Has the world look at what the pane shows; while it is not on the screen, at studies that have something to train, whose
/// end is told.
pub fn sync(state: &mut State, effects: &mut Vec<Effect>) {
    let watch = match (&state.studies.open, inside(state)) {
        (_, None) if state.studies.all.iter().any(|study| study.counts.running > 0) => Watch::List,
        (_, None) => Watch::Nothing,
        (Some(open), _) => Watch::Study(open.path.clone()),
        (None, _) => Watch::List,
    };
    if watch != state.studies.watched {
        state.studies.watched = watch.clone();
        effects.push(Effect::WatchStudies(watch));
    }
}

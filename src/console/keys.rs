//! What keys, pastes and the mouse change.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::actions::{self, Action};
use super::backend::{Availability, Begin, Effect};
use super::beside;
use super::card;
use super::control::{self, take_up};
use super::decode::Input;
use super::embedding;
use super::labels;
use super::layout::{self, Mode};
use super::list::List;
use super::overlays;
use super::panes;
use super::plot;
use super::state::{Overlay, Pane, Question, State, WEIGHTS, XAxis};
use super::update::{attach, inspect, is_resumable, say};
use crate::report::projection::Scope;
use crate::training::events::{Level, Stage};

/// Takes in what a person did.
pub fn input(state: &mut State, input: Input, effects: &mut Vec<Effect>) {
    match input {
        Input::Key(event) => key(state, &event, effects),
        Input::Paste(text) => overlays::paste(state, &text, effects),
        Input::Click(column, row) => click(state, column, row, effects),
        Input::Wheel(column, row, direction) => {
            let by = isize::from(direction) * 3;
            match under(state, column, row) {
                _ if state.overlay.is_some() => overlays::scroll(state, by),
                Some(pane) => scroll(state, pane, by),
                None => {}
            }
        }
    }
}

fn key(state: &mut State, event: &KeyEvent, effects: &mut Vec<Effect>) {
    state.notice = None;
    let paneless = layout::mode(state.size.0, state.size.1) == Mode::Line;
    if state.overlay.is_some() {
        overlays::key(state, event, effects);
    } else if paneless {
        act_without_panes(state, event, effects);
    } else if let Some(action) = actions::find(event, state.focus) {
        act(state, action, effects);
    }
}

/// On a screen without panes: only what its lines name, so that nothing happens that cannot be seen.
fn act_without_panes(state: &mut State, event: &KeyEvent, effects: &mut Vec<Effect>) {
    // The run is what the lines tell of, whatever pane had the focus before the screen became small.
    let focus = state.focus;
    if state.run.is_some() {
        state.focus = Pane::Losses;
    }
    match actions::find(event, state.focus) {
        Some(action) if actions::WITHOUT_PANES.contains(&action) => act(state, action, effects),
        Some(_) => say(state, Level::Info, "no panes on so small a screen; ? lists the keys that work"),
        None => {}
    }
    if state.run.is_some() && state.focus == Pane::Losses {
        state.focus = focus;
    }
}

/// The pane at a place of the screen.
fn under(state: &State, column: u16, row: u16) -> Option<Pane> {
    let areas = panes::areas(state);
    areas.panes.iter().rev().find(|(_, a)| a.contains((column, row).into())).map(|(pane, _)| *pane)
}

/// The pane whose name is at a place of the screen: a tab of the lower slot, or a line of the rail.
fn named(state: &State, column: u16, row: u16) -> Option<Pane> {
    let areas = panes::areas(state);
    if let Some(rail) = areas.rail.filter(|r| r.contains((column, row).into())) {
        return panes::chrome::rail_pane(rail, row);
    }
    let slot = |(pane, area): &&(Pane, Rect)| panes::tabs::ALL.contains(pane) && area.y == row;
    let (_, area) = areas.panes.iter().find(slot).filter(|_| layout::tabbed(state))?;
    panes::tabs::at(state, *area, column)
}

fn click(state: &mut State, column: u16, row: u16, effects: &mut Vec<Effect>) {
    if state.overlay.is_some() {
        return;
    }
    if let Some(pane) = named(state, column, row) {
        state.notice = None;
        return show_pane(state, pane, effects);
    }
    let Some(pane) = under(state, column, row) else { return };
    state.notice = None;
    focus(state, pane);
    let areas = panes::areas(state);
    let Some((_, area)) = areas.panes.iter().find(|(p, _)| *p == pane) else { return };
    if let Some(at) = panes::list_at(state, pane, *area, row) {
        let len = panes::list_len(state, pane);
        if let Some(list) = panes::list_mut(state, pane) {
            list.select(at, len);
        }
    }
    left_to_point(state, pane);
    if pane == Pane::Datasets {
        inspect(state, effects);
    }
    if pane == Pane::Embedding {
        embedding::pick_at(state, column, row);
    }
}

/// Gives a pane the focus and, in the full layout, a place.
pub fn focus(state: &mut State, pane: Pane) {
    state.focus = pane;
    if matches!(pane, Pane::Labels | Pane::Metrics | Pane::Health | Pane::Embedding | Pane::Log) {
        state.lower = pane;
    }
}

fn scroll(state: &mut State, pane: Pane, by: isize) {
    let len = panes::list_len(state, pane);
    if let Some(list) = panes::list_mut(state, pane) {
        list.step(by, len);
    }
}

fn turn_pane(state: &mut State, by: usize, effects: &mut Vec<Effect>) {
    let at = Pane::ALL.iter().position(|p| *p == state.focus).unwrap_or(0);
    show_pane(state, Pane::ALL[(at + by) % Pane::ALL.len()], effects);
}

/// Gives a pane the focus, and the list of runs a new look at them.
fn show_pane(state: &mut State, pane: Pane, effects: &mut Vec<Effect>) {
    focus(state, pane);
    if pane == Pane::Runs {
        effects.push(Effect::ListRuns);
    }
}

fn move_list(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let pane = state.focus;
    if pane == Pane::Embedding {
        return move_in_picture(state, action);
    }
    let areas = panes::areas(state);
    let area = areas.panes.iter().find(|(p, _)| *p == pane).map(|(_, a)| *a).unwrap_or_default();
    let page = panes::list_rows(state, pane, area).max(2) as isize - 1;
    let len = panes::list_len(state, pane);
    if let Some(list) = panes::list_mut(state, pane) {
        match action {
            Action::Up => list.step(-1, len),
            Action::Down => list.step(1, len),
            Action::PageUp => list.step(-page, len),
            Action::PageDown => list.step(page, len),
            Action::First => list.first(len),
            _ => list.last(len),
        }
    }
    left_to_point(state, pane);
    if pane == Pane::Datasets {
        inspect(state, effects);
    }
}

/// Whoever moves a cursor wants it there.
fn left_to_point(state: &mut State, pane: Pane) {
    match pane {
        Pane::Datasets => state.to_point.dataset = false,
        Pane::Runs => state.to_point.run = false,
        _ => {}
    }
}

/// Up and down move the cursor of the picture; pages and ends are its moments.
fn move_in_picture(state: &mut State, action: Action) {
    match action {
        Action::Up => embedding::move_pick(state, (0, -1)),
        Action::Down => embedding::move_pick(state, (0, 1)),
        Action::PageUp => embedding::turn_moment(state, |at, _| at.saturating_sub(1)),
        Action::PageDown => embedding::turn_moment(state, |at, _| at + 1),
        Action::First => embedding::turn_moment(state, |_, _| 0),
        _ => embedding::turn_moment(state, |_, last| last),
    }
}

/// Does what a key asks for.
pub fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Leave => effects.push(Effect::Leave),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Mouse => {
            state.mouse = !state.mouse;
            effects.push(Effect::Mouse(state.mouse));
            say(state, Level::Info, if state.mouse { "mouse on; shift selects text" } else { "mouse off" });
        }
        Action::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::NextPane => turn_pane(state, 1, effects),
        Action::PreviousPane => turn_pane(state, Pane::ALL.len() - 1, effects),
        Action::Zoom => state.zoom = !state.zoom,
        Action::Close => close(state, effects),
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First | Action::Last => {
            move_list(state, action, effects);
        }
        Action::Run
        | Action::StopAfterEpoch
        | Action::Checkpoint
        | Action::RestartStage
        | Action::ContinueStage
        | Action::StopRun => control::act(state, action, effects),
        Action::Tab(n) => show_stage(state, Stage::ALL[n.min(2)]),
        Action::ShowStage => {
            let stage = Stage::ALL[state.stage_list.selected.min(2)];
            show_stage(state, stage);
            focus(state, Pane::Losses);
        }
        Action::Train => train(state, effects),
        Action::OpenFile => state.overlay = Some(Overlay::OpenFile(tui_input::Input::default())),
        Action::NextScalar => turn_scalar(state, 1),
        Action::PreviousScalar => turn_scalar(state, usize::MAX),
        Action::LogScale => state.losses.log = !state.losses.log,
        Action::XAxis => {
            state.losses.x = match state.losses.x {
                XAxis::Step => XAxis::Epoch,
                XAxis::Epoch => XAxis::Time,
                XAxis::Time => XAxis::Step,
            }
        }
        Action::SmoothMore => state.losses.smoothing = (state.losses.smoothing + 1).min(WEIGHTS.len() - 1),
        Action::SmoothLess => state.losses.smoothing = state.losses.smoothing.saturating_sub(1),
        Action::ClipOutliers => state.losses.clip = !state.losses.clip,
        Action::FollowStage => {
            state.losses.chosen = None;
            state.losses.cursor = None;
        }
        Action::Left | Action::Right if state.focus != Pane::Labels => sideways(state, action == Action::Right),
        Action::Bars if !state.abilities.unicode => {
            say(state, Level::Info, "no bars in ASCII: they would be read as digits");
        }
        Action::Detail if matches!(state.focus, Pane::Log | Pane::Health) => panes::entry::open(state),
        Action::Left
        | Action::Right
        | Action::Sort
        | Action::SortFurther
        | Action::Reverse
        | Action::MoveColumnLeft
        | Action::MoveColumnRight
        | Action::HideColumn
        | Action::ShowColumns
        | Action::Columns
        | Action::Bars
        | Action::Filter
        | Action::Detail
        | Action::Review
        | Action::Note
        | Action::Export
        | Action::CopyRow
        | Action::CopyValue
        | Action::SummarySplit => labels::act(state, action, effects),
        Action::Judgement => state.overlay = Some(Overlay::Judgement { scroll: 0 }),
        Action::Show(pane) => show_pane(state, pane, effects),
        Action::NextScope => embedding::turn_scope(state, 1),
        Action::PreviousScope => embedding::turn_scope(state, Scope::ALL.len() - 1),
        Action::Colouring => embedding::turn_colouring(state),
        Action::Scaling => embedding::turn_scaling(state),
        Action::Tsne => embedding::turn_method(state),
        Action::EarlierMoment => embedding::turn_moment(state, |at, _| at.saturating_sub(1)),
        Action::LaterMoment => embedding::turn_moment(state, |at, _| at + 1),
        Action::Dots => state.embedding.dots = !state.embedding.dots,
        Action::NextHere => embedding::next_here(state),
        Action::ShowClip => embedding::show_clip(state),
        Action::Attach => attach_selected(state, effects),
        Action::Refresh => effects.push(Effect::ListRuns),
        Action::Beside => beside::toggle(state, effects),
        Action::Compare => beside::ask_comparison(state, effects),
        Action::Card => card::ask(state, effects),
        Action::Plot => plot::ask(state),
    }
}

fn close(state: &mut State, effects: &mut Vec<Effect>) {
    if state.focus == Pane::Embedding && embedding::close(state) {
        return;
    }
    if state.focus == Pane::Losses && state.losses.cursor.take().is_some() {
        return;
    }
    if state.focus == Pane::Labels && !state.labels.filter_text.is_empty() {
        labels::apply_filter(state, "", effects);
        return;
    }
    state.zoom = false;
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
    let problem = state.previews.get(&target).and_then(|p| p.problem.clone());
    match item.availability {
        Availability::Missing => {
            let text = format!("{} is missing ({}); o opens a file by its path", item.name, item.detail);
            say(state, Level::Warning, text);
        }
        Availability::Broken => {
            let words = format!("{} cannot be trained on: {}", item.name, item.detail);
            state.overlay = Some(Overlay::Problem { words, scroll: 0 });
        }
        Availability::BuiltIn | Availability::Present | Availability::Ready if problem.is_some() => {
            let words = format!("{} cannot be trained on: {}", item.name, problem.unwrap_or_default());
            state.overlay = Some(Overlay::Problem { words, scroll: 0 });
            // It may have been mended since.
            state.previews.remove(&target);
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

fn show_stage(state: &mut State, stage: Stage) {
    state.losses.chosen = Some(stage);
    state.losses.cursor = None;
    state.metrics_list = List::following();
    state.metrics_column = 0;
}

fn turn_scalar(state: &mut State, by: usize) {
    let names = state.scalars();
    if names.is_empty() {
        return;
    }
    let at = names.iter().position(|n| *n == state.losses.scalar).unwrap_or(0);
    let by = if by == usize::MAX { names.len() - 1 } else { by };
    state.losses.scalar = names[(at + by) % names.len()].clone();
}

fn sideways(state: &mut State, right: bool) {
    if state.focus == Pane::Embedding {
        return embedding::move_pick(state, (if right { 1 } else { -1 }, 0));
    }
    if state.focus == Pane::Metrics {
        let most = panes::metrics::columns(state).len().saturating_sub(1);
        let at = state.metrics_column;
        state.metrics_column = if right { (at + 1).min(most) } else { at.saturating_sub(1) };
        return;
    }
    let Some(run) = &state.run else { return };
    let view = run.view.stage(state.shown_stage());
    let steps = if view.steps.is_empty() { &view.per_epoch.step } else { &view.steps.step };
    let Some(last) = steps.len().checked_sub(1) else { return };
    // About one character cell of the chart, so that a held key crosses it in a few seconds.
    let stride = (steps.len() / usize::from(state.size.0.max(1))).max(1);
    let at = state.losses.cursor.map_or(last, |c| steps.partition_point(|s| *s < c).min(last));
    let at = match (state.losses.cursor, right) {
        (None, _) => last,
        (_, true) => (at + stride).min(last),
        (_, false) => at.saturating_sub(stride),
    };
    state.losses.cursor = Some(steps[at]);
}

fn attach_selected(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(run) = state.runs.get(state.run_list.selected).cloned() else {
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

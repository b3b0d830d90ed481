//! What each message changes: the only place where the state is written. Touches no terminal and no file; what has to be
//! done in the world is returned.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::backend::{Availability, DatasetItem, Effect, Link, Message};
use super::beside;
use super::card;
use super::embedding;
use super::flood;
use super::history::History;
use super::keys;
use super::labels::{look_for_doubt, look_for_neighbours, reindex};
use super::list::List;
use super::panes;
use super::series::SeriesKey;
use super::state::{Attached, Notice, Overlay, Pane, Question, State, ToPoint, WEIGHTS};
use crate::report::table::columns::Column;
use crate::run::list::RunState;
use crate::run::view::Phase;
use crate::run::view::RunView;
use crate::training::events::{Body, Event, Level, Moment};
use crate::training::metrics::set_of;

/// Refreshes of one batch of events whose values are asked for; older ones would be forgotten at once.
const REFRESHES: usize = 64;

/// Takes in one message.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let mut effects = Vec::new();
    match message {
        Message::Input(input) => keys::input(state, input, &mut effects),
        Message::Flood(inputs) => flood::take_in(state, inputs, &mut effects),
        Message::Resize(width, height) => state.size = (width, height),
        Message::Datasets(items) => {
            let wanted = state.wanted_dataset.take().or_else(|| state.dataset().map(|d| d.target.clone()));
            let by_target = |w: &String| items.iter().position(|i| i.target == *w);
            let found = wanted.as_ref().and_then(|w| by_target(w).or_else(|| items.iter().position(|i| i.name == *w)));
            if let (Some(wanted), None) = (&wanted, found) {
                say(state, Level::Error, format!("the dataset {wanted} is not there any more"));
            }
            state.datasets = Some(items);
            state.dataset_list.selected = found.unwrap_or(state.dataset_list.selected);
            inspect(state, &mut effects);
        }
        Message::Opened(item) => {
            let items = state.datasets.get_or_insert_default();
            let at = items.iter().position(|i| i.target == item.target).unwrap_or(items.len());
            match items.get_mut(at) {
                Some(known) => *known = item,
                None => items.push(item),
            }
            state.dataset_list.selected = at;
            state.to_point.dataset = false;
            state.focus = Pane::Datasets;
            inspect(state, &mut effects);
        }
        Message::Preview { target, preview } => {
            checked(state, &target, preview.problem.clone());
            state.previews.insert(target, preview);
        }
        Message::Checked { target, problem } => checked(state, &target, problem),
        Message::Problem(words) => match state.overlay {
            None => state.overlay = Some(Overlay::Problem { words, scroll: 0 }),
            Some(_) => say(state, Level::Error, words),
        },
        Message::Runs(runs) => take_runs(state, runs, &mut effects),
        Message::Created { path, name } => {
            attach(state, path, false, &mut effects);
            say(state, Level::Info, format!("run {name} begins"));
            effects.push(Effect::ListRuns);
        }
        Message::Beside { path, events, restarted } => beside::take(state, &path, &events, restarted),
        Message::Comparison(lines) => beside::show_comparison(state, lines),
        Message::Card(lines) => card::show(state, lines),
        Message::Notice { level, text } => say(state, level, text),
        Message::NoticeOver => state.notice = None,
        Message::Events { attach, events, caught_up } if attach == state.attach => {
            take_events(state, &events, caught_up, &mut effects);
        }
        Message::Reset { attach } if attach == state.attach => {
            if let Some(run) = &mut state.run {
                run.view = RunView::default();
                run.caught_up = false;
            }
            state.generation += 1;
            state.labels.history = History::default();
            state.labels.table.corrected = None;
        }
        Message::Rows { attach, rows } if attach == state.attach => {
            state.labels.table.rows = rows;
            reindex(state, &mut effects);
            look_for_doubt(state);
        }
        Message::Values { attach, refresh, values } if attach == state.attach => {
            // A restart may have made them void while they were being read.
            let known = state.run.as_ref().is_some_and(|r| r.view.labels.iter().any(|l| l.refresh == refresh));
            if known {
                state.labels.history.insert(refresh, values);
                show_latest_values(state, &mut effects);
            }
        }
        Message::Predictions { attach, file, values } if attach == state.attach => {
            let latest = state.run.as_ref().and_then(|r| r.view.predictions.last());
            if latest.is_some_and(|l| l.file == file) {
                state.labels.table.predictions = Some(values);
                reindex_if(is_predicted, state, &mut effects);
            }
        }
        Message::Marks { attach, marks } if attach == state.attach => {
            state.labels.table.marks = marks;
            reindex_if(|c| matches!(c, Column::Mark | Column::Note), state, &mut effects);
        }
        Message::Arranged { number, index } if number == state.labels.asked => state.labels.take_order(index),
        Message::Neighbours { attach, row, found } if attach == state.attach => {
            state.labels.neighbours = Some((row, found));
            // Another clip may be looked at by now.
            look_for_neighbours(state, &mut effects);
        }
        Message::Recalled(preferences) => {
            state.labels.escape_formulas = preferences.escape_formulas;
            state.labels.columns.recall(&preferences.labels);
        }
        Message::ExportExists(export) if state.overlay.is_none() => {
            state.overlay = Some(Overlay::Confirm(Question::Overwrite(export)));
        }
        Message::ExportExists(export) => {
            say(state, Level::Warning, format!("{} is there already; nothing was written", export.path.display()));
        }
        Message::Link { attach, link } if attach == state.attach => take_link(state, link, &mut effects),
        Message::Projecting { number, progress } => state.embedding.progress(number, progress),
        Message::Projected { number, result } => state.embedding.answer(number, result),
        Message::Trouble { attach, message } if attach == state.attach => {
            if let Some(run) = &mut state.run {
                run.trouble = message;
            }
        }
        // Late news of a run that is no longer shown.
        Message::Events { .. }
        | Message::Reset { .. }
        | Message::Rows { .. }
        | Message::Values { .. }
        | Message::Predictions { .. }
        | Message::Marks { .. }
        | Message::Arranged { .. }
        | Message::Neighbours { .. }
        | Message::Link { .. }
        | Message::Trouble { .. } => {}
    }
    point_at_run(state, &mut effects);
    embedding::sync(state, &mut effects);
    settle(state);
    effects
}

/// Puts a line into the footer.
pub fn say(state: &mut State, level: Level, text: impl Into<String>) {
    state.notices += 1;
    state.notice = Some(Notice { level, text: text.into(), phase: None });
}

/// Says what is about to happen; the line goes once the run's phase shows that it has.
pub fn announce(state: &mut State, text: impl Into<String>) {
    say(state, Level::Info, text);
    if let (Some(notice), Some(run)) = (&mut state.notice, &state.run) {
        notice.phase = Some(run.view.phase);
    }
}

/// Turns to a run: everything that belonged to the former one goes.
pub fn attach(state: &mut State, path: PathBuf, follow: bool, effects: &mut Vec<Effect>) {
    state.attach += 1;
    state.generation += 1;
    state.run = Some(Attached::new(path.clone()));
    state.to_point = ToPoint { run: true, dataset: true };
    beside::leave(state, &path, effects);
    state.losses.chosen = None;
    state.losses.cursor = None;
    state.labels.forget();
    if state.embedding.is_busy() {
        effects.push(Effect::StopProjection);
    }
    state.embedding.leave_run();
    state.metrics_list = List::following();
    state.metrics_column = 0;
    state.health_list = List::default();
    state.log_list = List::following();
    state.focus = Pane::Losses;
    let of_the_run = |o: &Overlay| !matches!(o, Overlay::Help { .. } | Overlay::OpenFile(_) | Overlay::Columns { .. });
    if state.overlay.as_ref().is_some_and(of_the_run) {
        state.overlay = None;
    }
    effects.push(Effect::Attach { attach: state.attach, path, follow });
}

/// Puts the cursors of Runs and Datasets on the attached run and its dataset, once, as soon as the lists hold them.
fn point_at_run(state: &mut State, effects: &mut Vec<Effect>) {
    let ToPoint { run: to_run, dataset: to_dataset } = state.to_point;
    let Some(run) = state.run.as_ref().filter(|_| to_run || to_dataset) else { return };
    let listed = state.runs.iter().position(|r| r.path == run.path);
    let named = listed.map(|at| &state.runs[at].dataset).or(run.view.prepared.as_ref().map(|p| &p.dataset));
    let items = state.datasets.as_deref().unwrap_or_default();
    let dataset = named.and_then(|named| {
        let stem = Path::new(named).file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let by = |is: &dyn Fn(&DatasetItem) -> bool| items.iter().position(is);
        // A file of the data folder may have been named by its path.
        by(&|i| i.target == *named).or_else(|| by(&|i| i.name == *named)).or_else(|| by(&|i| i.name == stem))
    });
    if let Some(at) = listed.filter(|_| to_run) {
        state.run_list.selected = at;
        state.to_point.run = false;
    }
    if let Some(at) = dataset.filter(|_| to_dataset) {
        state.dataset_list.selected = at;
        state.to_point.dataset = false;
        inspect(state, effects);
    }
}

/// Takes in whether a dataset can be trained on.
fn checked(state: &mut State, target: &str, problem: Option<String>) {
    let Some(item) = state.datasets.iter_mut().flatten().find(|i| i.target == target) else { return };
    match (problem, item.availability) {
        // One that is missing is told so already.
        (Some(problem), known) if known.can_train() => {
            (item.availability, item.detail) = (Availability::Broken, problem)
        }
        (None, Availability::Present) => item.availability = Availability::Ready,
        _ => {}
    }
}

/// Asks for a look into the selected dataset unless there was one.
pub fn inspect(state: &State, effects: &mut Vec<Effect>) {
    if let Some(item) = state.dataset()
        && !state.previews.contains_key(&item.target)
    {
        effects.push(Effect::Inspect(item.target.clone()));
    }
}

/// Brings the table to the latest refresh that is at hand; the order where it looks at labels.
fn show_latest_values(state: &mut State, effects: &mut Vec<Effect>) {
    let latest = state.labels.history.latest().map(|(_, v)| v.clone());
    let same = match (&latest, &state.labels.table.corrected) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    if same {
        return;
    }
    state.labels.table.corrected = latest;
    let corrected = |c| matches!(c, Column::Corrected(_) | Column::Change(_) | Column::Largest | Column::Flips);
    reindex_if(corrected, state, effects);
}

fn take_runs(state: &mut State, runs: Vec<crate::run::list::RunSummary>, effects: &mut Vec<Effect>) {
    let selected = state.runs.get(state.run_list.selected).map(|r| r.path.clone());
    let first_time = !std::mem::replace(&mut state.runs_known, true);
    let live: Vec<_> =
        runs.iter().enumerate().filter(|(_, r)| r.state.is_live()).map(|(i, r)| (i, r.clone())).collect();
    let unfinished = runs.iter().filter(|r| is_resumable(r.state) && r.failed_to_begin().is_none()).count();
    state.run_list.selected = selected.and_then(|p| runs.iter().position(|r| r.path == p)).unwrap_or(0);
    state.runs = runs;
    if !first_time || state.run.is_some() {
        return;
    }
    match &live[..] {
        [(_, run)] if state.wanted_dataset.is_none() && !state.start_given => {
            attach(state, run.path.clone(), false, effects);
            say(state, Level::Info, format!("attached to {}, which is {}; q leaves it going", run.name, run.state));
        }
        [] if unfinished > 0 => {
            say(state, Level::Info, format!("{unfinished} unfinished: see Runs, enter takes one up where it ended"));
        }
        [] => {}
        [(first, _), ..] => {
            state.focus = Pane::Runs;
            state.run_list.selected = *first;
            say(state, Level::Info, format!("{} live: enter attaches to the selected one", live.len()));
        }
    }
}

/// True where a new process could go on with the run.
pub fn is_resumable(state: RunState) -> bool {
    matches!(state, RunState::At(Phase::Stopped | Phase::Faulted) | RunState::Died)
}

fn take_events(state: &mut State, events: &[Event], caught_up: bool, effects: &mut Vec<Effect>) {
    let Some(run) = &mut state.run else { return };
    let phase = run.view.phase;
    // What ended before the run was looked at is no news.
    let watched = run.caught_up;
    let mut refreshes = Vec::new();
    let (mut predicted, mut embedded, mut forgotten) = (false, false, false);
    for event in events {
        run.view.apply(event);
        match &event.body {
            Body::Prepared(prepared) => {
                state.labels.table.metrics = Some(set_of(&prepared.metric_keys));
                effects.push(Effect::LoadRows { attach: state.attach });
            }
            Body::Resumed { .. } | Body::Restarted => {
                state.generation += 1;
                (predicted, embedded) = (true, true);
            }
            Body::Predictions { .. } => predicted = true,
            Body::Embedding { moment: Moment::After, .. } => embedded = true,
            Body::Labels { refresh, file, .. } => refreshes.push((*refresh, file.clone())),
            _ => {}
        }
    }
    run.caught_up |= caught_up;
    let finished = watched && phase != Phase::Finished && run.view.phase == Phase::Finished;
    let announcement = finished.then(|| card::announcement(run));
    let known = |refresh: u32| run.view.labels.iter().any(|l| l.refresh == refresh);
    state.labels.history.retain(known);
    refreshes.retain(|(refresh, _)| known(*refresh));
    for (refresh, file) in refreshes.split_off(refreshes.len().saturating_sub(REFRESHES)) {
        effects.push(Effect::LoadValues { attach: state.attach, refresh, file });
    }
    if predicted {
        match run.view.predictions.last() {
            Some(last) => effects.push(Effect::LoadPredictions { attach: state.attach, file: last.file.clone() }),
            None => forgotten = state.labels.table.predictions.take().is_some(),
        }
    }
    if phase != run.view.phase && caught_up {
        effects.push(Effect::ListRuns);
    }
    if state.notice.as_ref().is_some_and(|n| n.phase.is_some_and(|p| p != run.view.phase)) {
        state.notice = None;
    }
    if let Some(cursor) = &mut state.losses.cursor {
        let stage = state.losses.chosen.or(run.view.stage);
        *cursor = (*cursor).min(stage.map_or(0, |s| run.view.stage(s).step));
    }
    if embedded {
        state.labels.neighbours = None;
        look_for_neighbours(state, effects);
    }
    if forgotten {
        reindex_if(is_predicted, state, effects);
    }
    show_latest_values(state, effects);
    if let Some(words) = announcement {
        say(state, Level::Info, words);
    }
}

fn is_predicted(column: Column) -> bool {
    matches!(column, Column::Predicted | Column::PredictedBy(_) | Column::Error)
}

/// Has the table's order computed anew where it looks at these columns.
fn reindex_if(changed: impl Fn(Column) -> bool, state: &mut State, effects: &mut Vec<Effect>) {
    if state.labels.depends_on(changed) {
        reindex(state, effects);
    }
}

fn take_link(state: &mut State, link: Link, effects: &mut Vec<Effect>) {
    let Some(run) = &mut state.run else { return };
    let before = std::mem::replace(&mut run.link, link);
    if run.link != Link::Live {
        // Whoever said so is gone.
        run.trouble = None;
    }
    if before != run.link && run.link == Link::Absent {
        effects.push(Effect::ListRuns);
    }
}

/// Brings what depends on several parts into line: scrolling into the window, the drawn series up to date.
fn settle(state: &mut State) {
    let areas = panes::areas(state);
    for (pane, area) in &areas.panes {
        if *pane == Pane::Log {
            panes::log::settle(state, *area);
            continue;
        }
        let rows = panes::list_rows(state, *pane, *area);
        let len = panes::list_len(state, *pane);
        if let Some(list) = panes::list_mut(state, *pane) {
            list.settle(len, rows, *pane == Pane::Metrics);
        }
    }
    if let Some((_, area)) = areas.panes.iter().find(|(pane, _)| *pane == Pane::Labels) {
        panes::label_layout::settle(&mut state.labels, panes::inner(*area).width);
    }
    panes::settle_scroll(state);
    let scalars = state.scalars();
    if !scalars.is_empty() && !scalars.contains(&state.losses.scalar) {
        state.losses.scalar = scalars[0].clone();
    }
    let stage = state.shown_stage();
    let key = SeriesKey {
        stage,
        scalar: state.losses.scalar.clone(),
        weight: WEIGHTS[state.losses.smoothing.min(WEIGHTS.len() - 1)],
        generation: state.generation,
    };
    beside::settle(state, &key);
    let column = state.run.as_ref().and_then(|r| r.view.stage(stage).steps.columns.get(&key.scalar));
    state.losses.series.sync(key, column.map_or(&[], Vec::as_slice));
}

//! Update: what each message changes, the only place where the state is written; a file for each pane with its keys.
//! Touches no terminal and no file: what has to be done in the world is returned.
//!
//! May import: [`layout`](super::layout), [`state`](super::state), [`widgets`](super::widgets) and what lies below them,
//! never [`view`](super::view). A new message is a variant and an arm in [`update`]; a new pane is a file with a
//! `struct Keys` that is [`PaneKeys`](pane::PaneKeys), besides its line in [`pane`](super::state::pane).

mod act;
pub mod attach;
mod beside;
mod card;
mod control;
mod copying;
mod datasets;
mod embedding;
mod entry;
mod events;
mod figure;
pub mod flood;
pub mod focus;
mod health;
mod input;
pub mod labels;
mod laying;
mod log;
mod losses;
mod metrics;
mod notify;
mod organise;
mod overlays;
mod pane;
mod panes;
mod runs;
mod say;
mod stages;
mod studies;
mod system;

use labels::{look_for_doubt, look_for_neighbours, reindex, reindex_if};
use panes::keys;
use say::say;

use super::layout::areas::areas;
use super::state::State;
use super::state::effect::Effect;
use super::state::history::History;
use super::state::message::Message;
use super::state::overlay::{Overlay, Question};
use super::widgets::frame::inner;
use crate::report::table::columns::{Column, Reads};
use crate::run::view::RunView;
use crate::training::events::Level;

/// Takes in one message.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let mut effects = Vec::new();
    match message {
        Message::Input(input) => input::input(state, input, &mut effects),
        Message::Flood(inputs) => flood::take_in(state, inputs, &mut effects),
        Message::Resize(width, height) => state.size = (width, height),
        Message::Datasets(items) => datasets::take(state, items, &mut effects),
        Message::Opened(item) => datasets::take_opened(state, item, &mut effects),
        Message::Preview { target, preview } => {
            datasets::checked(state, &target, preview.problem.clone());
            state.datasets.previews.insert(target, preview);
        }
        Message::Checked { target, problem } => datasets::checked(state, &target, problem),
        Message::Problem(words) => match state.overlay {
            None => state.overlay = Some(Overlay::Problem { words, scroll: 0 }),
            Some(_) => say(state, Level::Error, words),
        },
        Message::Runs(runs) => runs::take(state, runs, &mut effects),
        Message::Studies(all) => studies::take(state, all, &mut effects),
        Message::Study(view) => studies::take_view(state, view),
        Message::Organised { from, to } => organise::take(state, &from, to.as_deref(), &mut effects),
        Message::Created { path, name } => {
            attach::attach(state, path, false, &mut effects);
            say(state, Level::Info, format!("run {name} begins"));
            effects.push(Effect::ListRuns);
        }
        Message::Beside { path, events, restarted } => beside::take(state, &path, &events, restarted),
        Message::Comparison(runs) => beside::show_comparison(state, runs),
        Message::Card(lines) => card::show(state, lines),
        Message::Notice { level, text } => say(state, level, text),
        Message::NoticeOver => state.notice = None,
        Message::Events { attach, events, caught_up } if attach == state.attach => {
            events::take_events(state, &events, caught_up, &mut effects);
        }
        Message::Reset { attach } if attach == state.attach => {
            if let Some(run) = &mut state.run {
                run.view = RunView::default();
                run.caught_up = false;
            }
            state.generation += 1;
            state.labels.history = History::default();
            (state.labels.table.corrected, state.labels.table.spread, state.labels.spread) = (None, None, None);
            (state.labels.table.weights, state.labels.weights) = (None, None);
        }
        Message::Rows { attach, rows } if attach == state.attach => {
            state.labels.table.rows = rows;
            reindex(state, &mut effects);
            look_for_doubt(state);
        }
        Message::Values { attach, refresh, values, spread, weights } if attach == state.attach => {
            // A restart may have made them void while they were being read.
            let known = state.run.as_ref().is_some_and(|r| r.view.labels.iter().any(|l| l.refresh == refresh));
            if known {
                state.labels.history.insert(refresh, values);
                if state.labels.history.latest().is_some_and(|(latest, _)| latest == refresh) {
                    state.labels.spread = spread.map(|s| (refresh, s));
                    state.labels.weights = weights.map(|w| (refresh, w));
                }
                events::show_latest_values(state, &mut effects);
            }
        }
        Message::Predictions { attach, file, values } if attach == state.attach => {
            let latest = state.run.as_ref().and_then(|r| r.view.predictions.last());
            if latest.is_some_and(|l| l.file == file) {
                state.labels.table.predictions = Some(values);
                reindex_if(events::is_predicted, state, &mut effects);
            }
        }
        Message::Marks { attach, marks } if attach == state.attach => {
            state.labels.table.marks = marks;
            reindex_if(|c: Column| matches!(c.about().reads, Reads::Marks | Reads::Notes), state, &mut effects);
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
        Message::Link { attach, link } if attach == state.attach => events::take_link(state, link, &mut effects),
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
    attach::point_at_run(state, &mut effects);
    embedding::sync(state, &mut effects);
    studies::sync(state, &mut effects);
    settle(state);
    effects
}

/// Brings what depends on several parts into line: scrolling into the window, the drawn series up to date.
fn settle(state: &mut State) {
    for (pane, area) in areas(state).panes {
        keys(pane).settle(state, inner(area));
    }
    overlays::settle(state);
    losses::settle(state);
}

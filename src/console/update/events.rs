//! What the attached run says.

use std::sync::Arc;

use super::card;
use super::labels::{look_for_neighbours, reindex_if};
use super::notify;
use super::say::say;
use crate::console::state::State;
use crate::console::state::attached::Link;
use crate::console::state::effect::Effect;
use crate::modality::PerModality;
use crate::report::projection::Scope;
use crate::report::table::columns::{Column, Reads};
use crate::run::view::Phase;
use crate::training::events::{Body, Event, Level, Moment};
use crate::training::metrics::set_of;

/// Refreshes of one batch of events whose values are asked for; older ones would be forgotten at once.
const REFRESHES: usize = 64;

/// Takes in appended events.
pub fn take_events(state: &mut State, events: &[Event], caught_up: bool, effects: &mut Vec<Effect>) {
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
                let there = prepared.modalities();
                state.labels.table.absent = PerModality::from_fn(|m| !there.contains(&m));
                if let (Scope::One(m), Some(first)) = (state.embedding.scope, there.first())
                    && !there.contains(&m)
                {
                    state.embedding.scope = Scope::One(*first);
                }
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
    let news = if watched { notify::of_run(run, phase, events) } else { None };
    effects.extend(news.map(Effect::Tell));
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

/// Takes in how the run is heard of.
pub fn take_link(state: &mut State, link: Link, effects: &mut Vec<Effect>) {
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

/// Brings the table to the latest refresh that is at hand; the order where it looks at labels.
pub fn show_latest_values(state: &mut State, effects: &mut Vec<Effect>) {
    let refresh = state.labels.history.latest().map(|(refresh, _)| refresh);
    let latest = state.labels.history.latest().map(|(_, v)| v.clone());
    let same = match (&latest, &state.labels.table.corrected) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    if same {
        return;
    }
    state.labels.table.corrected = latest;
    let spread = state.labels.spread.as_ref().filter(|(of, _)| Some(*of) == refresh);
    state.labels.table.spread = spread.map(|(_, s)| s.clone());
    let weights = state.labels.weights.as_ref().filter(|(of, _)| Some(*of) == refresh);
    state.labels.table.weights = weights.map(|(_, w)| w.clone());
    let corrected = |c: Column| matches!(c.about().reads, Reads::Corrected | Reads::Spread | Reads::Weights);
    reindex_if(corrected, state, effects);
}

/// True for columns of what the network predicts.
pub fn is_predicted(column: Column) -> bool {
    column.about().reads == Reads::Predictions
}

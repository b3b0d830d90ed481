//! The loss pane's keys.

use ratatui::layout::Rect;

use super::pane::PaneKeys;
use super::{beside, figure};
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::state::losses::{WEIGHTS, XAxis};
use crate::console::state::series::SeriesKey;
use crate::report::figure::{LOSSES, Request};

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn rows(&self, _: &State, _: Rect) -> usize {
        0
    }

    fn act(&self, state: &mut State, action: Action, _: &mut Vec<Effect>) -> bool {
        let losses = &mut state.losses;
        match action {
            Action::NextScalar => turn_scalar(state, 1),
            Action::PreviousScalar => turn_scalar(state, usize::MAX),
            Action::LogScale => losses.log = !losses.log,
            Action::XAxis => {
                losses.x = match losses.x {
                    XAxis::Step => XAxis::Epoch,
                    XAxis::Epoch => XAxis::Time,
                    XAxis::Time => XAxis::Step,
                }
            }
            Action::SmoothMore => losses.smoothing = (losses.smoothing + 1).min(WEIGHTS.len() - 1),
            Action::SmoothLess => losses.smoothing = losses.smoothing.saturating_sub(1),
            Action::ClipOutliers => losses.clip = !losses.clip,
            Action::Rates => losses.rates = !losses.rates,
            Action::FollowStage => (losses.chosen, losses.cursor) = (None, None),
            Action::Left | Action::Right => move_crosshair(state, action == Action::Right),
            Action::Plot => plot(state),
            _ => return false,
        }
        true
    }

    fn close(&self, state: &mut State, _: &mut Vec<Effect>) -> bool {
        state.losses.cursor.take().is_some()
    }
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

fn move_crosshair(state: &mut State, right: bool) {
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

/// Asks for a figure of the curves that are shown.
fn plot(state: &mut State) {
    let stage = state.shown_stage();
    let losses = &state.losses;
    let request = Request {
        stage: Some(stage),
        value: losses.scalar.clone(),
        log: losses.log,
        x: losses.x,
        smoothing: losses.weight(),
        ..Request::new(&LOSSES)
    };
    let name = format!("{}-{stage}", file_name(&losses.scalar));
    figure::ask(state, request, &name);
}

/// A value's name as part of a file's name.
fn file_name(value: &str) -> String {
    value.chars().take(60).map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

/// Brings the drawn series up to date.
pub fn settle(state: &mut State) {
    let scalars = state.scalars();
    if !scalars.is_empty() && !scalars.contains(&state.losses.scalar) {
        state.losses.scalar = scalars[0].clone();
    }
    let stage = state.shown_stage();
    let (weight, generation) = (state.losses.weight(), state.generation);
    let key = SeriesKey { stage, scalar: state.losses.scalar.clone(), weight, generation };
    beside::settle(state, &key);
    let column = state.run.as_ref().and_then(|r| r.view.stage(stage).steps.columns.get(&key.scalar));
    state.losses.series.sync(key, column.map_or(&[], Vec::as_slice));
}

//! The metric pane's keys.

use ratatui::layout::Rect;

use super::figure;
use super::pane::PaneKeys;
use crate::console::layout::metrics::columns;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::widgets::list::List;
use crate::report::figure::{METRICS, Request};
use crate::training::events::Stage;

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn list<'a>(&self, state: &'a mut State) -> Option<&'a mut List> {
        Some(&mut state.metrics.list)
    }

    fn len(&self, state: &State) -> usize {
        state.run.as_ref().map_or(0, |r| r.view.stage(state.shown_stage()).per_epoch.len())
    }

    fn heading(&self, _: &State, _: Rect) -> u16 {
        1
    }

    fn follows(&self) -> bool {
        true
    }

    fn act(&self, state: &mut State, action: Action, _: &mut Vec<Effect>) -> bool {
        match action {
            Action::Left => state.metrics.column = state.metrics.column.saturating_sub(1),
            Action::Right => {
                let most = columns(state).len().saturating_sub(1);
                state.metrics.column = (state.metrics.column + 1).min(most);
            }
            Action::Plot => plot(state),
            _ => return false,
        }
        true
    }
}

/// Asks for a figure of the shown stage's metrics; the denoising stage has none of its own.
fn plot(state: &mut State) {
    let all = Request::new(&METRICS);
    match state.shown_stage() {
        Stage::Denoising => figure::ask(state, all, "metrics"),
        stage => figure::ask(state, Request { stage: Some(stage), ..all }, &format!("metrics-{stage}")),
    }
}

//! The stage pane's keys.

use ratatui::layout::Rect;

use super::focus::{focus, show_stage};
use super::pane::PaneKeys;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::state::pane::Pane;
use crate::console::widgets::list::List;
use crate::training::events::Stage;

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn list<'a>(&self, state: &'a mut State) -> Option<&'a mut List> {
        Some(&mut state.stages.list)
    }

    fn len(&self, _: &State) -> usize {
        Stage::ALL.len()
    }

    fn rows(&self, _: &State, _: Rect) -> usize {
        Stage::ALL.len()
    }

    fn act(&self, state: &mut State, action: Action, _: &mut Vec<Effect>) -> bool {
        let Action::ShowStage = action else { return false };
        let stage = Stage::ALL[state.stages.list.selected.min(2)];
        show_stage(state, stage);
        focus(state, Pane::Losses);
        true
    }
}

//! The health pane's keys.

use ratatui::layout::Rect;

use super::entry;
use super::pane::PaneKeys;
use crate::console::layout::health;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::widgets::list::List;

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn list<'a>(&self, state: &'a mut State) -> Option<&'a mut List> {
        Some(&mut state.health.list)
    }

    fn len(&self, state: &State) -> usize {
        state.run.as_ref().map_or(0, |r| r.view.health.len())
    }

    fn rows(&self, state: &State, inside: Rect) -> usize {
        health::rows(state, inside)
    }

    fn heading(&self, _: &State, _: Rect) -> u16 {
        1
    }

    fn act(&self, state: &mut State, action: Action, _: &mut Vec<Effect>) -> bool {
        let Action::Detail = action else { return false };
        let len = self.len(state);
        entry::open(state, state.health.list.selected, len);
        true
    }
}

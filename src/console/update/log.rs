//! The log pane's keys. Its entries take one row or more.

use ratatui::layout::Rect;

use super::entry;
use super::pane::PaneKeys;
use crate::console::layout::log;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::widgets::list::List;

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn list<'a>(&self, state: &'a mut State) -> Option<&'a mut List> {
        Some(&mut state.log.list)
    }

    fn len(&self, state: &State) -> usize {
        log::lines(state).len()
    }

    fn rows(&self, _: &State, inside: Rect) -> usize {
        usize::from(inside.height).div_ceil(2)
    }

    fn at(&self, state: &mut State, inside: Rect, row: u16) -> Option<usize> {
        log::at(state, inside, row)
    }

    fn settle(&self, state: &mut State, inside: Rect) {
        let mut list = state.log.list;
        let rows = |at: usize| log::rows(state, at, inside.width);
        list.settle_tall(self.len(state), usize::from(inside.height), true, rows);
        state.log.list = list;
    }

    fn act(&self, state: &mut State, action: Action, _: &mut Vec<Effect>) -> bool {
        let Action::Detail = action else { return false };
        let len = self.len(state);
        entry::open(state, state.log.list.selected, len);
        true
    }
}

//! What a pane does with keys and clicks. What is said here holds for a pane that says nothing else.

use ratatui::layout::Rect;

use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::widgets::list::List;

/// The keys of a pane: `Keys` of its file in [`update`](super). `inside`: the pane without its frame.
pub trait PaneKeys: Sync {
    /// Its list, where it has one.
    fn list<'a>(&self, _state: &'a mut State) -> Option<&'a mut List> {
        None
    }

    /// Length of the list.
    fn len(&self, _state: &State) -> usize {
        0
    }

    /// Rows above the list.
    fn heading(&self, _state: &State, _inside: Rect) -> u16 {
        0
    }

    /// Rows of the list that are visible.
    fn rows(&self, state: &State, inside: Rect) -> usize {
        usize::from(inside.height.saturating_sub(self.heading(state, inside)))
    }

    /// True where the list may stay at its end as entries come.
    fn follows(&self) -> bool {
        false
    }

    /// The position in the list of what is drawn at a row of the screen.
    fn at(&self, state: &mut State, inside: Rect, row: u16) -> Option<usize> {
        let (rows, len) = (self.rows(state, inside), self.len(state));
        let line = row.checked_sub(inside.y + self.heading(state, inside)).map(usize::from).filter(|l| *l < rows)?;
        self.list(state).map(|list| list.offset + line).filter(|at| *at < len)
    }

    /// Scrolls so that what is selected is to be seen; called after every message while the pane is on the screen.
    fn settle(&self, state: &mut State, inside: Rect) {
        let (rows, len) = (self.rows(state, inside), self.len(state));
        if let Some(list) = self.list(state) {
            list.settle(len, rows, self.follows());
        }
    }

    /// Does what one of its own keys asks for; false where the action is none of its own.
    fn act(&self, _state: &mut State, _action: Action, _effects: &mut Vec<Effect>) -> bool {
        false
    }

    /// Closes what is open in it; false where nothing was.
    fn close(&self, _state: &mut State, _effects: &mut Vec<Effect>) -> bool {
        false
    }

    /// It was given the focus by a key or a click on its name.
    fn shown(&self, _effects: &mut Vec<Effect>) {}

    /// A person moved the list's cursor.
    fn moved(&self, _state: &mut State, _effects: &mut Vec<Effect>) {}

    /// A place of the screen inside it was clicked.
    fn clicked(&self, _state: &mut State, _column: u16, _row: u16) {}
}

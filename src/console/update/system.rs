//! The keys of the pane of the machine.

use ratatui::layout::Rect;

use super::figure;
use super::pane::PaneKeys;
use crate::console::layout::system::rows;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::widgets::list::List;
use crate::report::figure::{Request, SYSTEM};

/// The pane's keys.
pub struct Keys;

impl PaneKeys for Keys {
    fn list<'a>(&self, state: &'a mut State) -> Option<&'a mut List> {
        Some(&mut state.system.list)
    }

    fn len(&self, state: &State) -> usize {
        state.run.as_ref().map_or(0, |r| r.view.system.series().len())
    }

    fn heading(&self, _: &State, _: Rect) -> u16 {
        1
    }

    fn rows(&self, state: &State, inside: Rect) -> usize {
        rows(self.len(state), inside)
    }

    fn act(&self, state: &mut State, action: Action, _: &mut Vec<Effect>) -> bool {
        let Action::Plot = action else { return false };
        figure::ask(state, Request::new(&SYSTEM), "system");
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture::*;
    use crate::console::state::pane::Pane;
    use crate::console::update::focus::focus;

    #[test]
    fn its_key_shows_it_and_its_list_can_be_walked() {
        let mut state = attached(120, 36, measured());
        press(&mut state, "0");
        assert_eq!((state.focus, state.lower), (Pane::System, Pane::System));
        press(&mut state, "j");
        assert_eq!(state.system.list.selected, 1);
        press(&mut state, "G");
        assert_eq!(state.system.list.selected, Keys.len(&state) - 1);
        focus(&mut state, Pane::System);
        press(&mut state, "P");
        assert!(matches!(&state.overlay, Some(crate::console::state::overlay::Overlay::Figure { request, .. })
            if *request == Request::new(&SYSTEM)));
    }
}

//! The line in the footer.

use crate::console::state::State;
use crate::console::state::overlay::Notice;
use crate::training::events::Level;

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

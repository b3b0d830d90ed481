//! More keys at once than anybody types: an accident (a paste into a terminal that does not mark pastes, a cat). They are
//! taken in at once, so that the console does not work through them for long, and what could do harm is dropped.

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::act::act;
use super::overlays;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::state::keys::find;
use crate::console::terminal::decode::Input;

/// Inputs that came together and are more than this were not typed. The loop looks for keys many times a second; where a
/// slow line holds it up, a fast typist gets this far in half a minute.
pub const FLOOD: usize = 256;
/// How long moves are followed; what comes after that is only looked through for the keys that leave.
const MOVES: Duration = Duration::from_millis(100);

/// Takes in a flood: text goes into the line that is being typed, moves are made, leaving is honoured. Nothing is begun,
/// ended, confirmed or written.
pub fn take_in(state: &mut State, inputs: Vec<Input>, effects: &mut Vec<Effect>) {
    let begun = Instant::now();
    let mut text = String::new();
    for input in inputs {
        match input {
            Input::Key(event) if is_interrupt(&event) => return effects.push(Effect::Leave),
            Input::Key(KeyEvent { code: KeyCode::Char(c), modifiers: KeyModifiers::NONE, .. })
                if overlays::is_typing(state) =>
            {
                text.push(c);
            }
            Input::Key(event) if state.overlay.is_none() => match find(&event, state.focus) {
                Some(Action::Leave) => return effects.push(Effect::Leave),
                Some(action) if is_move(action) && begun.elapsed() < MOVES => act(state, action, effects),
                _ => {}
            },
            Input::Wheel(..) if begun.elapsed() < MOVES => super::input::input(state, input, effects),
            _ => {}
        }
    }
    overlays::type_text(state, &text, effects);
}

/// Ctrl-C, which leaves from everywhere.
pub fn is_interrupt(event: &KeyEvent) -> bool {
    event.code == KeyCode::Char('c') && event.modifiers.contains(KeyModifiers::CONTROL)
}

fn is_move(action: Action) -> bool {
    use Action::*;
    matches!(action, Up | Down | PageUp | PageDown | First | Last | Left | Right | NextPane | PreviousPane)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture::*;
    use crate::console::state::message::Message;
    use crate::console::state::overlay::{Overlay, Question};
    use crate::console::state::pane::Pane;

    fn typed(keys: &str) -> Vec<Input> {
        keys.chars().map(|c| Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))).collect()
    }

    fn flood(state: &mut State, keys: &str) -> Vec<Effect> {
        tell(state, [Message::Flood(typed(keys))])
    }

    #[test]
    fn nothing_is_begun_ended_confirmed_or_written() {
        let mut state = attached(120, 36, events());
        let all: String = (' '..='~').filter(|c| *c != 'q').collect();
        for pane in Pane::ALL {
            focus(&mut state, pane);
            let effects = flood(&mut state, &all.repeat(10));
            assert!(
                effects.iter().all(|e| matches!(e, Effect::Inspect(_) | Effect::ListRuns)),
                "{pane:?}: {effects:?}"
            );
            assert!(state.overlay.is_none());
        }
        state.overlay = Some(Overlay::Confirm(Question::Stop));
        assert_eq!(flood(&mut state, &"y".repeat(300)), []);
        assert!(state.overlay.is_some());
    }

    #[test]
    fn moves_are_made_and_leaving_is_honoured() {
        let mut state = attached(120, 36, events());
        focus(&mut state, Pane::Labels);
        flood(&mut state, &"j".repeat(300));
        assert_eq!(state.labels.list.selected, 300);
        assert_eq!(flood(&mut state, &("c".repeat(300) + "q" + &"c".repeat(300))), [Effect::Leave]);
        // In a prompt q is a letter like any other, and ctrl-C leaves.
        press(&mut state, "/");
        assert_eq!(flood(&mut state, &"q".repeat(300)), []);
        let interrupt = Input::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert_eq!(tell(&mut state, [Message::Flood(vec![interrupt])]), [Effect::Leave]);
    }

    #[test]
    fn text_is_taken_into_the_line_at_once() {
        let n = crate::console::update::labels::AT_ONCE + 1;
        let mut state = attached(120, 36, events());
        let rows = crate::report::table::Rows::new(vec![crate::split::Split::Train; n], vec![], vec![], vec![], None);
        tell(&mut state, [Message::Rows { attach: 1, rows: std::sync::Arc::new(rows) }]);
        focus(&mut state, Pane::Labels);
        press(&mut state, "/");
        // The table is put in order once, not once a letter.
        let effects = flood(&mut state, &"word ".repeat(500));
        assert_eq!(effects.iter().filter(|e| matches!(e, Effect::Arrange(_))).count(), 1);
        assert!(matches!(&state.overlay, Some(Overlay::Filter { line, .. }) if line.value().len() == 2500));
    }
}

//! The result card of a run, over the panes: asked for by a key, read on a thread, named when a run finishes.

use super::say::say;
use crate::console::state::State;
use crate::console::state::attached::Attached;
use crate::console::state::effect::Effect;
use crate::console::state::overlay::Overlay;
use crate::console::state::pane::Pane;
use crate::training::events::Level;

/// Asks for the card of the run that is shown; in the list of runs, of the selected one.
pub fn ask(state: &mut State, effects: &mut Vec<Effect>) {
    let selected = || state.runs.selected().map(|r| r.path.clone());
    let shown = state.run.as_ref().map(|r| r.path.clone());
    let path = if state.focus == Pane::Runs { selected().or(shown) } else { shown.or_else(selected) };
    match path {
        Some(path) => effects.push(Effect::ShowCard { path }),
        None => say(state, Level::Info, "no runs yet"),
    }
}

/// Shows the card unless something else stands there by now.
pub fn show(state: &mut State, lines: Vec<String>) {
    match state.overlay {
        None | Some(Overlay::Card { .. }) => state.overlay = Some(Overlay::Card { lines, scroll: 0 }),
        Some(_) => say(state, Level::Info, "the result card is ready; i shows it"),
    }
}

/// What is said when the run that is shown finishes.
pub fn announcement(run: &Attached) -> String {
    format!("{}: i shows its result card", end_in_words(run))
}

/// That a run is finished, with its first figure.
pub fn end_in_words(run: &Attached) -> String {
    let test = run.view.summary.as_ref().and_then(|s| s.metrics.test.get("mae").copied().flatten());
    let figure = test.map_or(String::new(), |mae| format!(", test MAE {mae:.4}"));
    format!("run {} is finished{figure}", run.name)
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;
    use crate::console::fixture::{finished as recorded, *};
    use crate::console::state::message::Message;
    use crate::console::update::focus::focus;
    use crate::console::world::reports::read_card;
    use crate::report::fixture as disk;
    use crate::training::events::{Body, Event, Summary};

    #[test]
    fn the_card_is_one_key_away_and_reads_at_80_columns() {
        let (_root, dir) = disk::finished("one", &[]);
        let mut state = attached(80, 24, recorded());
        assert_eq!(press(&mut state, "i"), [Effect::ShowCard { path: "/runs/2026-11-23-a".into() }]);
        let Message::Card(lines) = read_card(dir.path()) else { panic!("no card") };
        tell(&mut state, [Message::Card(lines)]);
        let text = screen(&state);
        for words in ["result", "test", "MAE", "0.3600", "joint epoch 3 (least validation MAE)", "corrected", "health"]
        {
            assert!(text.contains(words), "{words} in\n{text}");
        }
        press(&mut state, "G");
        assert!(screen(&state).contains("training.warmup"), "{}", screen(&state));
        key(&mut state, KeyCode::Esc);
        assert!(state.overlay.is_none());
        // In the list of runs it is the selected one's.
        focus(&mut state, Pane::Runs);
        press(&mut state, "j");
        assert_eq!(press(&mut state, "i"), [Effect::ShowCard { path: "/runs/2026-11-22-b".into() }]);
    }

    #[test]
    fn a_long_line_is_wrapped_and_hostile_text_stays_text() {
        let mut state = attached(80, 24, recorded());
        let long = format!("  warning \u{1b}[31m {}end", "word ".repeat(40));
        tell(&mut state, [Message::Card(vec!["run x".into(), long])]);
        let text = screen(&state);
        assert!(text.contains("end") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn the_end_of_a_run_names_the_key() {
        let mut events = recorded();
        let Some(Event { body: Body::Finished { summary }, .. }) = events.last_mut() else { panic!("not finished") };
        let mut done = Summary::default();
        done.metrics.test.insert("mae".into(), Some(0.25));
        *summary = done;
        let last = events.split_off(events.len() - 1);
        let mut state = attached(120, 36, events);
        assert!(state.notice.is_none());
        let attach = state.attach;
        tell(&mut state, [Message::Events { attach, events: last, caught_up: true }]);
        let said = &state.notice.as_ref().unwrap().text;
        assert!(said.contains("test MAE 0.2500") && said.contains("i shows"), "{said}");
    }
}

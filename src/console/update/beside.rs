//! Runs beside the attached one: their curves lie over its own in the losses pane, and a table puts their settings and
//! results side by side.

use std::path::{Path, PathBuf};

use super::say::say;
use crate::console::state::State;
use crate::console::state::effect::Effect;
use crate::console::state::overlay::Overlay;
use crate::console::state::series::SeriesKey;
use crate::report::compare::Comparison;
use crate::run::view::RunView;
use crate::training::events::{Body, Event, Level};

/// Lets a run go.
pub fn leave(state: &mut State, path: &Path, effects: &mut Vec<Effect>) {
    let before = state.runs.beside.len();
    state.runs.beside.retain(|b| b.path != path);
    if state.runs.beside.len() < before {
        effects.push(Effect::Beside { path: path.to_owned(), on: false });
    }
}

/// Takes in what was appended to a run's events. `restarted`: they are read from the beginning again.
pub fn take(state: &mut State, path: &Path, events: &[Event], restarted: bool) {
    let Some(run) = state.runs.beside.iter_mut().find(|b| b.path == path) else { return };
    if restarted {
        run.view = RunView::default();
        run.generation += 1;
    }
    for event in events {
        run.view.apply(event);
        if matches!(event.body, Body::Resumed { .. } | Body::Restarted) {
            run.generation += 1;
        }
    }
}

/// Brings the drawn series into line with what the losses pane shows.
pub fn settle(state: &mut State, key: &SeriesKey) {
    for run in &mut state.runs.beside {
        let own = SeriesKey { generation: run.generation, ..key.clone() };
        let column = run.view.stage(key.stage).steps.columns.get(&key.scalar);
        run.series.sync(own, column.map_or(&[], Vec::as_slice));
    }
}

/// Asks for the runs that are marked side by side, or for the attached run, those beside it and the selected one.
pub fn ask_comparison(state: &mut State, effects: &mut Vec<Effect>) {
    let mut paths: Vec<PathBuf> = Vec::new();
    let marked: Vec<PathBuf> = state.runs.marked().into_iter().map(|r| r.path.clone()).collect();
    let shown = state.run.iter().map(|r| r.path.clone());
    let others = state.runs.beside.iter().map(|b| b.path.clone());
    let selected = state.runs.selected().map(|r| r.path.clone());
    let of_screen = shown.chain(others).chain(selected).collect();
    for path in if marked.is_empty() { of_screen } else { marked } {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return say(state, Level::Info, "no runs yet");
    }
    effects.push(Effect::Compare { paths });
}

/// Shows the table unless something else stands there by now.
pub fn show_comparison(state: &mut State, runs: Box<Comparison>) {
    match state.overlay {
        None | Some(Overlay::Comparison { .. }) => {
            state.overlay = Some(Overlay::Comparison { runs, left: 0, scroll: 0 })
        }
        Some(_) => say(state, Level::Info, "the comparison is ready; d in Runs shows it"),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::*;
    use crate::console::fixture::*;
    use crate::console::state::message::Message;
    use crate::console::state::pane::Pane;
    use crate::console::state::runs::MOST;
    use crate::console::update::focus::focus;
    use crate::run::list::RunSummary;

    const OTHER: &str = "/runs/2026-11-22-b";

    fn with_another() -> State {
        let mut state = attached(120, 36, finished());
        focus(&mut state, Pane::Runs);
        press(&mut state, "j");
        assert_eq!(press(&mut state, "o"), [Effect::Beside { path: OTHER.into(), on: true }]);
        tell(&mut state, [Message::Beside { path: OTHER.into(), events: louder(3.0), restarted: false }]);
        state
    }

    /// The same run with losses so many times as high.
    fn louder(times: f32) -> Vec<Event> {
        let mut events = events();
        for event in &mut events {
            if let Body::Step { scalars, .. } | Body::Epoch { valid: scalars, .. } = &mut event.body {
                scalars.values_mut().flatten().for_each(|v| *v *= times);
            }
        }
        events
    }

    #[test]
    fn another_runs_curves_lie_over_the_shown_ones_and_read_without_colour() {
        let mut state = with_another();
        state.abilities.colour = false;
        press(&mut state, "2");
        let text = screen(&state);
        assert!(text.contains("bB 2026-11-22-b train ") && text.contains("B"), "{text}");
        // The letters stand on the curves, not only in the legend.
        let chart = text.lines().skip(4).take(13).collect::<String>();
        assert!(chart.matches('b').count() >= 4 && chart.matches('B').count() >= 8, "{text}");
        press(&mut state, "3");
        assert!(screen(&state).contains("nothing of this stage yet"), "{}", screen(&state));
        assert_eq!(press(&mut state, "o"), [Effect::Beside { path: OTHER.into(), on: false }]);
        assert!(!screen(&state).contains("bB "));
    }

    #[test]
    fn the_axes_hold_all_runs() {
        let mut state = with_another();
        press(&mut state, "2");
        let alone = state.runs.beside[0].series.smoothed.clone();
        tell(&mut state, [Message::Beside { path: OTHER.into(), events: louder(30.0), restarted: true }]);
        assert!(state.runs.beside[0].series.smoothed[0] > alone[0] * 9.0, "read anew, the old points are gone");
        assert!(screen(&state).contains("50┤"), "{}", screen(&state));
    }

    #[test]
    fn seven_at_most_never_the_shown_one_and_none_twice() {
        let mut state = with_another();
        focus(&mut state, Pane::Runs);
        press(&mut state, "k");
        assert_eq!(press(&mut state, "o"), []);
        assert!(state.notice.as_ref().unwrap().text.contains("is the run that is shown"));
        let mut runs = state.runs.all.clone();
        for i in 0..8 {
            let (path, name) = (format!("/runs/{i}").into(), format!("run {i}"));
            runs.push(RunSummary { path, name, ..runs[1].clone() });
        }
        tell(&mut state, [Message::Runs(runs)]);
        press(&mut state, "Go");
        for _ in 0..5 {
            assert_eq!(press(&mut state, "ko").len(), 1);
        }
        assert_eq!(press(&mut state, "ko"), []);
        assert!(state.notice.as_ref().unwrap().text.contains("7 runs lie beside this one already"));
        assert_eq!(state.runs.beside.len(), MOST);
        // Attaching to one of them takes it away; its letter is free again.
        assert!(state.runs.point_at(Path::new(OTHER)));
        let effects = key(&mut state, KeyCode::Enter);
        assert!(effects.contains(&Effect::Beside { path: OTHER.into(), on: false }), "{effects:?}");
        assert_eq!(state.runs.beside.iter().map(|b| b.letter).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn marked_runs_are_laid_over_each_other_at_once_and_taken_away_at_once() {
        let mut state = fresh(120, 36);
        tell(&mut state, [Message::Runs(runs())]);
        let mut state = State { run: None, ..state };
        focus(&mut state, Pane::Runs);
        press(&mut state, "gxxx");
        assert_eq!(state.runs.marked.len(), 3);
        // Nothing is shown yet: the first is, and the others lie over it.
        let effects = press(&mut state, "o");
        let on = |e: &&Effect| matches!(e, Effect::Beside { on: true, .. });
        assert!(matches!(&effects[0], Effect::Attach { .. }) && effects.iter().filter(on).count() == 2, "{effects:?}");
        assert_eq!((state.focus, state.runs.beside.len()), (Pane::Runs, 2));
        assert_eq!(press(&mut state, "o").len(), 2);
        assert!(state.runs.beside.is_empty());
        // d compares what is marked, and nothing else.
        press(&mut state, "gx");
        let effects = press(&mut state, "d");
        assert!(matches!(&effects[..], [Effect::Compare { paths }] if paths.len() == 2), "{effects:?}");
    }

    #[test]
    fn the_table_is_asked_for_and_shown() {
        let mut state = attached(120, 36, finished());
        focus(&mut state, Pane::Runs);
        // The shown run alone is a table of one column.
        assert_eq!(press(&mut state, "d"), [Effect::Compare { paths: vec!["/runs/2026-11-23-a".into()] }]);
        press(&mut state, "j");
        let paths = vec!["/runs/2026-11-23-a".into(), OTHER.into()];
        assert_eq!(press(&mut state, "d"), [Effect::Compare { paths }]);
        tell(&mut state, [Message::Comparison(Box::new(comparison(9, 60)))]);
        let shown = |state: &State, words: &[&str]| words.iter().all(|word| screen(state).contains(word));
        assert!(shown(&state, &["runs side by side", "run-0", "key-1 ", "j k h l scroll"]));
        assert!(!shown(&state, &["run-8"]) && !shown(&state, &["key-59"]));
        press(&mut state, "G");
        assert!(shown(&state, &["key-59"]) && !screen(&state).contains('\u{1b}'));
        // To the right, a run a key, until the last one is in sight.
        press(&mut state, "gll");
        assert!(shown(&state, &["key-1 ", "run-2"]) && !shown(&state, &["run-1"]));
        press(&mut state, "llllllllllll");
        assert!(shown(&state, &["key-1 ", "run-8"]) && !shown(&state, &["run-7"]), "{}", screen(&state));
        key(&mut state, KeyCode::Left);
        assert!(shown(&state, &["run-7", "run-8"]), "{}", screen(&state));
        key(&mut state, KeyCode::Esc);
        assert!(state.overlay.is_none());
    }
}

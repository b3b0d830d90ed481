//! Runs beside the attached one: their curves lie over its own in the losses pane, and a table puts their settings and
//! results side by side.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::backend::{Effect, Message};
use super::mailbox::Mailbox;
use super::series::{Series, SeriesKey};
use super::state::{Overlay, State};
use super::update::say;
use crate::report::compare::compare;
use crate::run::directory::RunDir;
use crate::run::tail::{EventTail, TailError, read_view};
use crate::run::view::RunView;
use crate::training::events::{Body, Event, Level, Stage};

/// The most runs beside the attached one; more curves could not be told apart.
pub const MOST: usize = 3;
/// What they are called on the screen, in order.
pub const LETTERS: [char; MOST] = ['b', 'c', 'd'];
/// How often their events are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A run whose curves are shown beside the attached run's.
#[derive(Clone, Debug)]
pub struct Beside {
    pub path: PathBuf,
    pub name: String,
    pub view: RunView,
    /// Of the value that the losses pane shows.
    pub series: Series,
    /// Position in [`LETTERS`]; it stays when another one goes.
    pub letter: usize,
    /// Grows when recorded points become void.
    generation: u64,
}

/// Takes the selected run in, or lets it go.
pub fn toggle(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(run) = state.runs.get(state.run_list.selected).cloned() else {
        return say(state, Level::Info, "no runs yet");
    };
    if state.beside.iter().any(|b| b.path == run.path) {
        return leave(state, &run.path, effects);
    }
    match &state.run {
        None => {
            return say(state, Level::Info, "enter attaches to a run; o then lays another one's curves over its own");
        }
        Some(shown) if shown.path == run.path => {
            return say(state, Level::Info, format!("{} is the run that is shown; select another one", run.name));
        }
        Some(_) => {}
    }
    let Some(letter) = (0..MOST).find(|l| state.beside.iter().all(|b| b.letter != *l)) else {
        return say(
            state,
            Level::Info,
            format!("{MOST} runs lie beside this one already; o on one of them takes it away"),
        );
    };
    let key = SeriesKey { stage: Stage::Contrastive, scalar: String::new(), weight: 0.0, generation: 0 };
    say(state, Level::Info, format!("{}: curves of {} in Losses", LETTERS[letter], run.name));
    effects.push(Effect::Beside { path: run.path.clone(), on: true });
    state.beside.push(Beside {
        path: run.path,
        name: run.name,
        view: RunView::default(),
        series: Series::new(key),
        letter,
        generation: 0,
    });
}

/// Lets a run go.
pub fn leave(state: &mut State, path: &Path, effects: &mut Vec<Effect>) {
    let before = state.beside.len();
    state.beside.retain(|b| b.path != path);
    if state.beside.len() < before {
        effects.push(Effect::Beside { path: path.to_owned(), on: false });
    }
}

/// Takes in what was appended to a run's events. `restarted`: they are read from the beginning again.
pub fn take(state: &mut State, path: &Path, events: &[Event], restarted: bool) {
    let Some(run) = state.beside.iter_mut().find(|b| b.path == path) else { return };
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
    for run in &mut state.beside {
        let own = SeriesKey { generation: run.generation, ..key.clone() };
        let column = run.view.stage(key.stage).steps.columns.get(&key.scalar);
        run.series.sync(own, column.map_or(&[], Vec::as_slice));
    }
}

/// Asks for the table of the attached run, those beside it and the selected one.
pub fn ask_comparison(state: &mut State, effects: &mut Vec<Effect>) {
    let mut paths: Vec<PathBuf> = Vec::new();
    let shown = state.run.iter().map(|r| r.path.clone());
    let others = state.beside.iter().map(|b| b.path.clone());
    let selected = state.runs.get(state.run_list.selected).map(|r| r.path.clone());
    for path in shown.chain(others).chain(selected) {
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
pub fn show_comparison(state: &mut State, lines: Vec<String>) {
    match state.overlay {
        None | Some(Overlay::Comparison { .. }) => state.overlay = Some(Overlay::Comparison { lines, scroll: 0 }),
        Some(_) => say(state, Level::Info, "the comparison is ready; d in Runs shows it"),
    }
}

/// Reads the runs and makes the table; on a thread of its own.
pub fn read_comparison(paths: &[PathBuf]) -> Message {
    let read = || -> Result<Vec<String>, String> {
        let dirs: Result<Vec<RunDir>, _> = paths.iter().map(|p| RunDir::open(p)).collect();
        let dirs = dirs.map_err(|e| e.to_string())?;
        let views: Result<Vec<RunView>, _> = dirs.iter().map(|d| read_view(&d.events_path())).collect();
        let views = views.map_err(|e| e.to_string())?;
        Ok(compare(&dirs.iter().zip(&views).collect::<Vec<_>>()).lines())
    };
    match read() {
        Ok(lines) => Message::Comparison(lines),
        Err(text) => Message::Notice { level: Level::Error, text },
    }
}

/// The thread that reads a run beside the attached one; it ends when this is dropped.
#[derive(Debug)]
pub struct Follower {
    pub path: PathBuf,
    stop: Arc<AtomicBool>,
}

impl Follower {
    pub fn new(path: PathBuf, mailbox: &Mailbox) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (own, own_stop, own_mailbox) = (path.clone(), stop.clone(), mailbox.clone());
        super::worker::spawn(mailbox, "beside", move || follow(&own, &own_stop, &own_mailbox));
        Self { path, stop }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn follow(path: &Path, stop: &AtomicBool, mailbox: &Mailbox) {
    let mut tail = EventTail::open(path.join("events.jsonl"));
    let mut complained = false;
    while !stop.load(Ordering::Relaxed) {
        let (events, restarted) = match tail.poll() {
            Ok(events) => (events, false),
            Err(TailError::Restarted { .. }) => (Vec::new(), true),
            Err(e) => {
                if !std::mem::replace(&mut complained, true) {
                    mailbox.send(Message::Notice { level: Level::Error, text: e.to_string() });
                }
                (Vec::new(), false)
            }
        };
        let news = restarted || !events.is_empty();
        if news && !mailbox.send(Message::Beside { path: path.to_owned(), events, restarted }) {
            return;
        }
        if tail.caught_up() {
            std::thread::sleep(LOOK);
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::super::fixture::*;
    use super::super::keys::focus;
    use super::super::state::Pane;
    use super::*;

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
            if let Body::Step { scalars } | Body::Epoch { valid: scalars, .. } = &mut event.body {
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
        let alone = state.beside[0].series.smoothed.clone();
        tell(&mut state, [Message::Beside { path: OTHER.into(), events: louder(30.0), restarted: true }]);
        assert!(state.beside[0].series.smoothed[0] > alone[0] * 9.0, "read anew, the old points are gone");
        assert!(screen(&state).contains("50┤"), "{}", screen(&state));
    }

    #[test]
    fn three_at_most_never_the_shown_one_and_none_twice() {
        let mut state = with_another();
        focus(&mut state, Pane::Runs);
        press(&mut state, "k");
        assert_eq!(press(&mut state, "o"), []);
        assert!(state.notice.as_ref().unwrap().text.contains("is the run that is shown"));
        let mut runs = state.runs.clone();
        for i in 0..4 {
            runs.push(crate::run::list::RunSummary {
                path: format!("/runs/{i}").into(),
                name: format!("run {i}"),
                ..runs[1].clone()
            });
        }
        tell(&mut state, [Message::Runs(runs)]);
        press(&mut state, "Go");
        press(&mut state, "ko");
        assert_eq!(press(&mut state, "ko"), []);
        assert!(state.notice.as_ref().unwrap().text.contains("3 runs lie beside this one already"));
        assert_eq!(state.beside.len(), MOST);
        // Attaching to one of them takes it away; its letter is free again.
        state.run_list.selected = state.runs.iter().position(|r| r.path == Path::new(OTHER)).unwrap();
        let effects = key(&mut state, KeyCode::Enter);
        assert!(effects.contains(&Effect::Beside { path: OTHER.into(), on: false }), "{effects:?}");
        assert_eq!(state.beside.iter().map(|b| b.letter).collect::<Vec<_>>(), [1, 2]);
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
        let lines = (0..60).map(|i| format!("line {i}  \u{1b}[31m")).collect();
        tell(&mut state, [Message::Comparison(lines)]);
        assert!(screen(&state).contains("runs side by side") && !screen(&state).contains("line 59"));
        press(&mut state, "G");
        assert!(screen(&state).contains("line 59") && !screen(&state).contains('\u{1b}'));
        key(&mut state, KeyCode::Esc);
        assert!(state.overlay.is_none());
    }

    #[test]
    fn a_run_is_followed_on_the_disk() {
        let root = tempfile::tempdir().unwrap();
        let (mailbox, inbox) = super::super::mailbox::channel().unwrap();
        std::fs::write(root.path().join("events.jsonl"), serde_json::to_string(&events()[0]).unwrap() + "\n").unwrap();
        let follower = Follower::new(root.path().to_owned(), &mailbox);
        let mut found = None;
        for _ in 0..6000 {
            found = inbox.next();
            if found.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(matches!(found, Some(Message::Beside { events, restarted: false, .. }) if events.len() == 1));
        drop(follower);
        assert!(matches!(read_comparison(&["/no such run".into()]), Message::Notice { level: Level::Error, .. }));
    }
}

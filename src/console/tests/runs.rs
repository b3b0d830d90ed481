//! The attached run: how it is heard of, what its news change.

use std::sync::Arc;

use crossterm::event::KeyCode;

use crate::console::fixture::*;
use crate::console::state::State;
use crate::console::state::attached::Link;
use crate::console::state::effect::{Begin, Effect};
use crate::console::state::message::Message;
use crate::console::state::pane::Pane;
use crate::training::events::{Body, Event, Stage};

#[test]
fn a_dead_host_is_recognised_and_can_be_taken_up() {
    let mut state = attached(120, 36, events());
    assert_eq!(tell(&mut state, [Message::Link { attach: 1, link: Link::Absent }]), [Effect::ListRuns]);
    let text = screen(&state);
    assert!(text.contains("the run's process died") && text.contains("✘ died"), "{text}");
    assert_eq!(press(&mut state, "s"), []);
    let path = std::path::PathBuf::from("/runs/2026-11-23-a");
    assert_eq!(press(&mut state, " "), [Effect::TakeUp { path: path.clone(), begin: Begin::LastCheckpoint }]);
    tell(&mut state, [Message::Link { attach: 1, link: Link::Absent }]);
    assert_eq!(press(&mut state, "Ry"), [Effect::TakeUp { path, begin: Begin::Anew(Stage::Denoising) }]);
    assert!(!screen(&state).contains("✘ died"));
}

#[test]
fn a_lost_link_is_said_and_reading_goes_on() {
    let mut state = attached(120, 36, events());
    tell(&mut state, [Message::Link { attach: 1, link: Link::Lost("it was stopped".into()) }]);
    assert!(screen(&state).contains("lost the run's process (it was stopped); still reading"));
    assert_eq!(press(&mut state, " "), []);
    assert!(state.notice.as_ref().unwrap().text.contains("cannot be reached"));
}

#[test]
fn a_disk_that_refuses_is_said_until_it_can_be_written_again() {
    let mut state = attached(80, 24, events());
    let trouble = |message: Option<&str>| Message::Trouble { attach: 1, message: message.map(str::to_owned) };
    tell(&mut state, [trouble(Some("paused until it can be written: cannot write events.jsonl: No space left"))]);
    let text = screen(&state);
    assert!(text.contains("events.jsonl: No space left") && text.contains("‖ waits for its disk"), "{text}");
    press(&mut state, "j");
    assert!(screen(&state).contains("No space left"), "a key does not take it away");
    tell(&mut state, [trouble(None)]);
    assert!(!screen(&state).contains("No space left"));
}

#[test]
fn a_followed_run_without_a_sign_of_life_is_said() {
    let mut state = attached(120, 36, events());
    (state.follow, state.read_only) = (true, true);
    tell(&mut state, [Message::Link { attach: 1, link: Link::Following }]);
    assert!(screen(&state).contains("following"));
    tell(&mut state, [Message::Link { attach: 1, link: Link::Silent { machine: "node7".into() } }]);
    let text = screen(&state);
    assert!(text.contains("no sign of life from the run's process on node7") && text.contains("silent"), "{text}");
    // A run that has said its last word needs no process.
    let mut state = attached(120, 36, finished());
    tell(&mut state, [Message::Link { attach: 1, link: Link::Silent { machine: "node7".into() } }]);
    assert!(!screen(&state).contains("no sign of life"));
}

#[test]
fn a_run_that_ended_is_not_mourned() {
    let mut state = attached(120, 36, finished());
    tell(&mut state, [Message::Link { attach: 1, link: Link::Absent }]);
    let text = screen(&state);
    assert!(!text.contains("✘ died") && text.contains("✔ finished"), "{text}");
    assert_eq!(press(&mut state, " "), []);
}

#[test]
fn the_start_offers_live_runs() {
    let mut state = State::new(UNICODE);
    let two: Vec<_> = runs().into_iter().chain(runs()).collect();
    assert_eq!(tell(&mut state, [Message::Runs(two)]), []);
    assert!(state.run.is_none() && state.focus == Pane::Runs);
    assert!(state.notice.as_ref().unwrap().text.contains("2 live"));
    // One asked for a dataset: then nothing is attached to behind one's back.
    let mut state = State::new(UNICODE);
    state.datasets.wanted = Some("sims".into());
    assert_eq!(tell(&mut state, [Message::Runs(runs())]), []);
    assert!(state.run.is_none());
    tell(&mut state, [Message::Datasets(datasets())]);
    assert_eq!(state.dataset().unwrap().name, "sims");
}

#[test]
fn another_run_is_shown_on_enter_and_late_news_of_the_first_are_dropped() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Runs);
    press(&mut state, "j");
    let effects = key(&mut state, KeyCode::Enter);
    assert_eq!(effects, [Effect::Attach { attach: 2, path: "/runs/2026-11-22-b".into(), follow: false }]);
    tell(&mut state, [Message::Events { attach: 1, events: events(), caught_up: true }]);
    assert_eq!(state.run.as_ref().unwrap().view.events, 0);
    assert!(state.labels.table.rows.is_empty());
}

#[test]
fn the_cursors_go_to_the_attached_run_and_its_dataset() {
    let mut state = attached(120, 36, events());
    let selected = |s: &State| (s.runs.selected().unwrap().name.clone(), s.dataset().unwrap().name.clone());
    assert_eq!(selected(&state), ("2026-11-23-a".into(), "sims".into()));
    focus(&mut state, Pane::Runs);
    press(&mut state, "j");
    key(&mut state, KeyCode::Enter);
    assert_eq!(selected(&state), ("2026-11-22-b".into(), "demo".into()));
    // Whoever moves on is left alone, whatever comes.
    focus(&mut state, Pane::Runs);
    press(&mut state, "j");
    focus(&mut state, Pane::Datasets);
    press(&mut state, "j");
    tell(&mut state, [Message::Runs(runs()), Message::Datasets(datasets())]);
    assert_eq!(selected(&state), ("mosi-baseline".into(), "mosi".into()));
    // A run that was just made is not in the list yet, and a catalogue may come late.
    let mut state = fresh(120, 36);
    state.datasets.items = None;
    tell(&mut state, [Message::Created { path: "/runs/2026-11-23-a".into(), name: "2026-11-23-a".into() }]);
    tell(&mut state, [Message::Runs(runs().into_iter().rev().collect()), Message::Datasets(datasets())]);
    assert_eq!(selected(&state), ("2026-11-23-a".into(), "sims".into()));
}

#[test]
fn label_files_are_asked_for_as_they_come_and_void_ones_are_forgotten() {
    let mut state = attached(120, 36, vec![]);
    let effects = tell(&mut state, [Message::Events { attach: 1, events: events(), caught_up: true }]);
    let asked = effects.iter().filter(|e| matches!(e, Effect::LoadValues { .. })).count();
    assert!(asked == 14 && effects.contains(&Effect::LoadRows { attach: 1 }), "{effects:?}");
    tell(
        &mut state,
        (0..14).map(|r| Message::Values {
            attach: 1,
            refresh: r,
            values: Arc::new(values(r)),
            spread: None,
            weights: None,
        }),
    );
    assert_eq!(state.labels.history.refreshes().count(), 14);
    let restarted = Event { time: 9.0, stage: Some(Stage::Denoising), epoch: 0, step: 0, body: Body::Restarted };
    tell(&mut state, [Message::Events { attach: 1, events: vec![restarted], caught_up: true }]);
    assert_eq!(state.labels.history.refreshes().count(), 0);
    // One that was being read meanwhile does not come back.
    tell(
        &mut state,
        [Message::Values { attach: 1, refresh: 3, values: Arc::new(values(3)), spread: None, weights: None }],
    );
    assert_eq!(state.labels.history.refreshes().count(), 0);
}

#[test]
fn a_file_that_is_read_anew_gives_the_same_screen() {
    let mut state = attached(120, 36, events());
    let before = screen(&state);
    tell(&mut state, [Message::Reset { attach: 1 }, Message::Events { attach: 1, events: events(), caught_up: true }]);
    tell(
        &mut state,
        (0..14).map(|r| Message::Values {
            attach: 1,
            refresh: r,
            values: Arc::new(values(r)),
            spread: None,
            weights: None,
        }),
    );
    assert_eq!(screen(&state), before);
}

#[test]
fn a_late_viewer_sees_what_one_that_stayed_sees() {
    let whole = attached(120, 36, finished());
    let mut piecewise = attached(120, 36, vec![]);
    for chunk in finished().chunks(37) {
        tell(&mut piecewise, [Message::Events { attach: 1, events: chunk.to_vec(), caught_up: true }]);
    }
    tell(
        &mut piecewise,
        (0..14).map(|r| Message::Values {
            attach: 1,
            refresh: r,
            values: Arc::new(values(r)),
            spread: None,
            weights: None,
        }),
    );
    piecewise.notice = None;
    assert_eq!(screen(&whole), screen(&piecewise));
}

//! The console without a terminal: what keys and news change, what the screen then shows.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::backend::{Effect, Link, Message};
use super::decode::Input;
use super::fixture::*;
use super::state::{Overlay, Pane, State};
use crate::training::events::{Body, Command, Event, Stage};

#[test]
fn one_key_trains_on_the_demo() {
    let mut state = fresh(120, 36);
    assert_eq!(press(&mut state, " "), [Effect::Train { dataset: "demo".into() }]);
    let effects = tell(&mut state, [Message::Created { path: "/runs/x".into(), name: "x".into() }]);
    assert_eq!(effects, [Effect::Attach { attach: 1, path: "/runs/x".into(), follow: false }, Effect::ListRuns]);
    assert_eq!(state.focus, Pane::Losses);
}

#[test]
fn enter_trains_on_the_selected_dataset_and_missing_ones_say_so() {
    let mut state = fresh(120, 36);
    assert_eq!(press(&mut state, "j"), [Effect::Inspect("mosi".into())]);
    assert_eq!(key(&mut state, KeyCode::Enter), [Effect::Train { dataset: "mosi".into() }]);
    press(&mut state, "j");
    assert_eq!(key(&mut state, KeyCode::Enter), []);
    assert!(state.notice.as_ref().unwrap().text.contains("mosei is missing"));
    press(&mut state, "G");
    assert_eq!(key(&mut state, KeyCode::Enter), []);
    assert!(state.notice.as_ref().unwrap().text.contains("Git LFS"));
}

#[test]
fn space_pauses_and_resumes_in_every_pane() {
    let mut state = attached(120, 36, events());
    for pane in Pane::ALL {
        focus(&mut state, pane);
        assert_eq!(press(&mut state, " "), [Effect::Send(Command::Pause)], "{pane:?}");
    }
    let last = state.run.as_ref().unwrap().view.clone();
    let step = last.stage(Stage::Denoising).step;
    let paused = Event { time: last.time, stage: Some(Stage::Denoising), epoch: 14, step, body: Body::Paused };
    tell(&mut state, [Message::Events { attach: 1, events: vec![paused], caught_up: true }]);
    assert_eq!(press(&mut state, " "), [Effect::Send(Command::Resume)]);
    assert!(screen(&state).contains("‖ paused, denoising 14/30"), "{}", screen(&state));
}

#[test]
fn what_loses_work_is_asked_first() {
    let mut state = attached(120, 36, events());
    assert_eq!(press(&mut state, "S"), []);
    assert!(screen(&state).contains("End run 2026-11-23-a?"));
    assert_eq!(press(&mut state, "n"), []);
    assert_eq!(press(&mut state, "Sy"), [Effect::Send(Command::StopNow)]);
    assert_eq!(press(&mut state, "Ry"), [Effect::Send(Command::RestartStage { stage: Stage::Denoising })]);
    focus(&mut state, Pane::Stages);
    assert_eq!(press(&mut state, "gRy"), [Effect::Send(Command::RestartStage { stage: Stage::Contrastive })]);
    press(&mut state, "GR");
    assert!(state.overlay.is_none() && state.notice.as_ref().unwrap().text.contains("has not begun"));
    assert_eq!(press(&mut state, "sc"), [Effect::Send(Command::StopAfterEpoch), Effect::Send(Command::Checkpoint)]);
}

#[test]
fn a_read_only_console_changes_nothing() {
    let mut state = attached(120, 36, events());
    state.read_only = true;
    for pane in Pane::ALL {
        focus(&mut state, pane);
        let effects = press(&mut state, " scSyRyX");
        let harmless = |e: &Effect| matches!(e, Effect::ListRuns | Effect::Inspect(_) | Effect::Copy(_));
        assert!(effects.iter().all(harmless), "{pane:?}: {effects:?}");
        key(&mut state, KeyCode::Esc);
    }
    let mut state = fresh(120, 36);
    state.read_only = true;
    assert_eq!(press(&mut state, " "), []);
    assert!(state.notice.unwrap().text.contains("read-only"));
}

#[test]
fn a_dead_host_is_recognised_and_can_be_taken_up() {
    let mut state = attached(120, 36, events());
    assert_eq!(tell(&mut state, [Message::Link { attach: 1, link: Link::Absent }]), [Effect::ListRuns]);
    let text = screen(&state);
    assert!(text.contains("the run's process died") && text.contains("✘ died"), "{text}");
    assert_eq!(press(&mut state, "s"), []);
    let path = std::path::PathBuf::from("/runs/2026-11-23-a");
    assert_eq!(press(&mut state, " "), [Effect::TakeUp { path: path.clone(), restart: None }]);
    tell(&mut state, [Message::Link { attach: 1, link: Link::Absent }]);
    assert_eq!(press(&mut state, "Ry"), [Effect::TakeUp { path, restart: Some(Stage::Denoising) }]);
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
    state.wanted_dataset = Some("sims".into());
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
    assert!(state.labels.rows.is_empty());
}

#[test]
fn a_second_run_beside_a_live_one_is_asked_about() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Datasets);
    assert_eq!(key(&mut state, KeyCode::Enter), []);
    assert!(matches!(state.overlay, Some(Overlay::Confirm(_))));
    assert_eq!(press(&mut state, "y"), [Effect::Train { dataset: "demo".into() }]);
}

#[test]
fn label_files_are_asked_for_as_they_come_and_void_ones_are_forgotten() {
    let mut state = attached(120, 36, vec![]);
    let effects = tell(&mut state, [Message::Events { attach: 1, events: events(), caught_up: true }]);
    let asked = effects.iter().filter(|e| matches!(e, Effect::LoadValues { .. })).count();
    assert!(asked == 14 && effects.contains(&Effect::LoadRows { attach: 1 }), "{effects:?}");
    tell(&mut state, (0..14).map(|r| Message::Values { attach: 1, refresh: r, values: Arc::new(values(r)) }));
    assert_eq!(state.labels.history.count(), 14);
    let restarted = Event { time: 9.0, stage: Some(Stage::Denoising), epoch: 0, step: 0, body: Body::Restarted };
    tell(&mut state, [Message::Events { attach: 1, events: vec![restarted], caught_up: true }]);
    assert_eq!(state.labels.history.count(), 0);
    // One that was being read meanwhile does not come back.
    tell(&mut state, [Message::Values { attach: 1, refresh: 3, values: Arc::new(values(3)) }]);
    assert_eq!(state.labels.history.count(), 0);
}

#[test]
fn a_file_that_is_read_anew_gives_the_same_screen() {
    let mut state = attached(120, 36, events());
    let before = screen(&state);
    tell(&mut state, [Message::Reset { attach: 1 }, Message::Events { attach: 1, events: events(), caught_up: true }]);
    tell(&mut state, (0..14).map(|r| Message::Values { attach: 1, refresh: r, values: Arc::new(values(r)) }));
    assert_eq!(screen(&state), before);
}

#[test]
fn a_late_viewer_sees_what_one_that_stayed_sees() {
    let whole = attached(120, 36, finished());
    let mut piecewise = attached(120, 36, vec![]);
    for chunk in finished().chunks(37) {
        tell(&mut piecewise, [Message::Events { attach: 1, events: chunk.to_vec(), caught_up: true }]);
    }
    tell(&mut piecewise, (0..14).map(|r| Message::Values { attach: 1, refresh: r, values: Arc::new(values(r)) }));
    piecewise.notice = None;
    assert_eq!(screen(&whole), screen(&piecewise));
}

#[test]
fn labels_are_sorted_filtered_and_read_in_full() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "/|da|>0.3 split=train");
    assert!(matches!(state.overlay, Some(Overlay::Filter { .. })));
    key(&mut state, KeyCode::Enter);
    let passed = state.labels.index.len();
    assert!(passed > 0 && passed < 1000, "{passed}");
    press(&mut state, "oooooooo");
    let changes = || state.labels.index.iter().map(|i| (values(13).audio[*i as usize] - rows().y[*i as usize]).abs());
    assert!(changes().zip(changes().skip(1)).all(|(a, b)| a >= b && b > 0.3));
    let text = screen(&state);
    assert!(text.contains("of 1368 rows · |da|>0.3 split=train · sorted by |Δ audio| ↓"), "{text}");
    key(&mut state, KeyCode::Enter);
    assert!(screen(&state).contains("multimodal label y"));
    key(&mut state, KeyCode::Esc);
    key(&mut state, KeyCode::Esc);
    assert_eq!(state.labels.index.len(), 1368);
}

#[test]
fn a_bad_filter_is_explained_and_keeps_the_rows() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "/y >");
    assert!(screen(&state).contains("expected a value after the comparison at character 4"), "{}", screen(&state));
    key(&mut state, KeyCode::Enter);
    assert!(state.overlay.is_some(), "a bad filter cannot be accepted");
    key(&mut state, KeyCode::Esc);
    assert!(state.labels.filter_text.is_empty() && state.labels.index.len() == 1368);
}

#[test]
fn the_selected_clip_stays_selected_as_labels_change() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "oooooooojjjjj");
    let row = state.labels.index[state.labels.list.selected];
    tell(&mut state, [Message::Values { attach: 1, refresh: 13, values: Arc::new(values(2)) }]);
    assert_eq!(state.labels.index[state.labels.list.selected], row);
}

#[test]
fn rows_are_copied_without_their_escapes() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "/[2Jgreat");
    key(&mut state, KeyCode::Enter);
    let effects = press(&mut state, "y");
    assert!(
        matches!(&effects[..], [Effect::Copy(t)] if t.starts_with("video_") && t.contains("␛[2Jgreat␇")),
        "{effects:?}"
    );
}

#[test]
fn the_crosshair_reads_values_and_follows_the_keys() {
    let mut state = attached(120, 36, finished());
    key(&mut state, KeyCode::Left);
    let end = state.losses.cursor.unwrap();
    key(&mut state, KeyCode::Left);
    assert!(state.losses.cursor.unwrap() < end);
    assert!(screen(&state).contains(&format!("step {}", state.losses.cursor.unwrap())));
    key(&mut state, KeyCode::Esc);
    assert_eq!(state.losses.cursor, None);
    press(&mut state, "1");
    assert!(screen(&state).contains("[✔ 1 contrastive]"));
    press(&mut state, "v");
    assert_eq!(state.losses.scalar, "contrastive");
    press(&mut state, "f");
    assert_eq!(state.shown_stage(), Stage::Joint);
    assert_eq!(state.losses.scalar, "loss", "the joint stage has no contrastive loss");
}

#[test]
fn what_is_not_drawn_is_counted() {
    let mut state = attached(120, 36, events());
    assert!(screen(&state).contains("6 NaN"), "{}", screen(&state));
    press(&mut state, "u");
    let text = screen(&state);
    assert!(text.contains("points clipped") && !text.contains(" 0 points clipped"), "{text}");
}

#[test]
fn a_path_is_typed_or_pasted() {
    let mut state = fresh(120, 36);
    press(&mut state, "o~/x");
    tell(&mut state, [Message::Input(Input::Paste("/数据 1.pkl\n".into()))]);
    key(&mut state, KeyCode::Backspace);
    assert_eq!(key(&mut state, KeyCode::Enter), [Effect::Open("~/x/数据 1.pk".into())]);
    assert!(state.overlay.is_none());
}

#[test]
fn the_mouse_gives_focus_and_scrolls() {
    let mut state = attached(120, 36, events());
    assert_eq!(press(&mut state, "m"), [Effect::Mouse(true)]);
    tell(&mut state, [Message::Input(Input::Click(60, 25))]);
    assert_eq!(state.focus, Pane::Labels);
    let before = state.labels.list.selected;
    tell(&mut state, [Message::Input(Input::Wheel(60, 25, 1))]);
    assert_eq!(state.labels.list.selected, before + 3);
    tell(&mut state, [Message::Input(Input::Click(5, 4))]);
    assert_eq!((state.focus, state.dataset_list.selected), (Pane::Datasets, 2));
}

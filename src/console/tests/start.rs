//! What starts, pauses, ends and takes up runs.

use std::sync::Arc;

use crossterm::event::KeyCode;

use crate::console::fixture::*;
use crate::console::state::datasets::Preview;
use crate::console::state::effect::Effect;
use crate::console::state::message::Message;
use crate::console::state::overlay::Overlay;
use crate::console::state::pane::Pane;
use crate::console::terminal::decode::Input;
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
    assert!(matches!(&key(&mut state, KeyCode::Enter)[..], [Effect::Inspect(_)]), "it may have been mended");
    assert!(matches!(&state.overlay, Some(Overlay::Problem { words, .. }) if words.contains("Git LFS")));
}

#[test]
fn a_dataset_that_cannot_be_trained_on_is_refused_with_the_whole_reason() {
    let mut state = fresh(80, 24);
    press(&mut state, "j");
    let reason = "expected the keys text, audio and vision in every split of the file, found embeddings and targets; \
                  write it in the layout of MMSA, or name it differently";
    let preview = Arc::new(Preview { problem: Some(reason.into()), ..Preview::default() });
    for code in [KeyCode::Enter, KeyCode::Char(' ')] {
        tell(&mut state, [Message::Preview { target: "mosi".into(), preview: preview.clone() }]);
        assert_eq!(key(&mut state, code), [Effect::Inspect("mosi".into())], "it may have been mended");
        let text = screen(&state);
        assert!(text.contains("mosi cannot be trained on") && text.contains("name it differently"), "{text}");
        key(&mut state, KeyCode::Esc);
    }
    tell(&mut state, [Message::Preview { target: "mosi".into(), preview: Arc::default() }]);
    assert_eq!(press(&mut state, " "), [Effect::Train { dataset: "mosi".into() }]);
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
    assert_eq!(press(&mut state, "sn"), []);
    assert_eq!(press(&mut state, "syc"), [Effect::Send(Command::StopAfterEpoch), Effect::Send(Command::Checkpoint)]);
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
fn a_second_run_beside_a_live_one_is_asked_about() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Datasets);
    assert_eq!(key(&mut state, KeyCode::Enter), []);
    assert!(matches!(state.overlay, Some(Overlay::Confirm(_))));
    assert_eq!(press(&mut state, "y"), [Effect::Train { dataset: "sims".into() }]);
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

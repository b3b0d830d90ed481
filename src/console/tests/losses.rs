//! The curves, and the mouse.

use crossterm::event::KeyCode;

use crate::console::fixture::*;
use crate::console::state::effect::Effect;
use crate::console::state::message::Message;
use crate::console::state::pane::Pane;
use crate::console::terminal::decode::Input;
use crate::training::events::Stage;

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
fn the_mouse_gives_focus_and_scrolls() {
    let mut state = attached(120, 36, events());
    assert_eq!(press(&mut state, "m"), [Effect::Mouse(true)]);
    tell(&mut state, [Message::Input(Input::Click(60, 25))]);
    assert_eq!(state.focus, Pane::Labels);
    let before = state.labels.list.selected;
    tell(&mut state, [Message::Input(Input::Wheel(60, 25, 1))]);
    assert_eq!(state.labels.list.selected, before + 3);
    tell(&mut state, [Message::Input(Input::Click(5, 4))]);
    assert_eq!((state.focus, state.datasets.list.selected), (Pane::Datasets, 2));
}

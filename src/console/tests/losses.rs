//! The curves, and the mouse.

use crossterm::event::KeyCode;

use crate::console::fixture::*;
use crate::console::state::effect::Effect;
use crate::console::state::message::Message;
use crate::console::state::pane::Pane;
use crate::console::terminal::decode::Input;
use crate::training::events::{Body, Event, Preparing, Stage, Work};

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

/// The events with learning rates, as of a network with a part that warms up.
fn with_rates(mut events: Vec<Event>) -> Vec<Event> {
    for event in &mut events {
        let Body::Step { rates, .. } = &mut event.body else { continue };
        if event.step == 1 {
            rates.insert("network".into(), 1e-3);
        }
        rates.insert("bert".into(), 5e-5 * (event.step as f64 / 100.0).min(1.0));
    }
    events
}

#[test]
fn learning_rates_lie_below_the_losses_where_they_are_asked_for() {
    let mut state = attached(120, 40, with_rates(events()));
    press(&mut state, "z");
    assert!(!screen(&state).contains("learning rate"), "{}", screen(&state));
    press(&mut state, "r");
    let text = screen(&state);
    assert!(
        text.contains("learning rate") && text.contains("─ bert 5e-5") && text.contains("● network 0.001"),
        "{text}"
    );
    insta::assert_snapshot!(text);
    // The crosshair reads them, too.
    state.losses.cursor = Some(10);
    assert!(screen(&state).contains("─ bert 5e-6"), "{}", screen(&state));
    press(&mut state, "r");
    assert!(!screen(&state).contains("learning rate"));
    // As a value of their own they are not smoothed.
    press(&mut state, "V");
    assert_eq!((state.losses.scalar.as_str(), state.losses.weight()), ("learning_rate_network", 0.0));
    assert!(!screen(&state).contains("smooth 0"), "{}", screen(&state));
    // A record that has none shows none.
    let mut state = attached(120, 40, events());
    press(&mut state, "zr");
    assert!(!screen(&state).contains("learning rate"));
}

#[test]
fn what_is_prepared_is_said_where_the_curves_will_be_and_in_the_head() {
    let now = |done| {
        let body = Body::Preparing(Preparing { work: Work::Weights, of: "tiny-bert".into(), done, total: Some(400) });
        Event { time: 0.0, stage: None, epoch: 0, step: 0, body }
    };
    let state = attached(120, 36, vec![now(0), now(100)]);
    let text = screen(&state);
    assert_eq!(text.matches("reading weights of tiny-bert: 100 B of 400 B (25 %)").count(), 2, "{text}");
    let state = attached(120, 36, events().into_iter().chain([now(100)]).collect());
    assert!(screen(&state).contains("tiny-bert"), "a run that is taken up prepares anew");
}

//! What the screen shows: at every size, with hostile text, without colour, and as snapshots to be read.

use crossterm::event::KeyCode;
use ratatui::style::Color;

use crate::console::fixture::*;
use crate::console::state::message::Message;
use crate::console::state::overlay::Overlay;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme::Abilities;
use crate::report::figure::{self, Request};
use crate::sanitise::is_harmless;
use crate::training::events::{Body, Event, Level};

#[test]
fn every_size_with_everything_open_is_survived() {
    let mut states = [fresh(1, 1), attached(1, 1, events()), attached(1, 1, finished())];
    for (i, state) in states.iter_mut().enumerate() {
        for width in 1..=130 {
            for height in 1..=45 {
                tell(state, [Message::Resize(width, height)]);
                let turn = usize::from(width) * 7 + usize::from(height) * 3 + i;
                state.focus = Pane::ALL[turn % Pane::ALL.len()];
                state.lower = [Pane::Labels, Pane::Metrics, Pane::Embedding, Pane::Health, Pane::Log][turn % 5];
                state.zoom = turn % 5 == 0;
                state.overlay = match turn % 11 {
                    0 => Some(Overlay::Help { scroll: turn }),
                    1 => Some(Overlay::Detail { row: turn as u32, scroll: turn, neighbour: Some(turn % 16) }),
                    2 => Some(Overlay::Confirm(crate::console::state::overlay::Question::Stop)),
                    7 => Some(Overlay::Judgement { scroll: turn }),
                    3 => Some(Overlay::OpenFile("a long path 电影 that does not fit everywhere".into())),
                    5 => Some(Overlay::Comparison {
                        runs: Box::new(comparison(turn % 9, turn % 50)),
                        left: turn % 7,
                        scroll: turn,
                    }),
                    9 => Some(Overlay::Problem { words: "电影 cannot be read: ".repeat(turn), scroll: turn }),
                    6 => {
                        Some(Overlay::Figure { line: "a/b/电影.svg".into(), request: Request::new(&figure::LOSSES) })
                    }
                    8 => Some(Overlay::Card {
                        lines: vec!["  电影 a line that is too long for most screens, with many words".into(); turn],
                        scroll: turn,
                    }),
                    4 => Some(Overlay::Filter { line: "y > 电影".into(), before: String::new() }),
                    _ => None,
                };
                state.losses.log = turn % 2 == 0;
                state.losses.clip = turn % 3 == 0;
                buffer(state);
            }
        }
    }
}

#[test]
fn hostile_text_from_anywhere_never_reaches_a_cell() {
    let evil = "e\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\u{200b}\u{85}\n\tend";
    let mut state = attached(140, 45, events());
    let run = state.run.as_mut().unwrap();
    run.name = evil.into();
    run.view.fault = Some(evil.into());
    if let Some(prepared) = &mut run.view.prepared {
        (prepared.dataset, prepared.device) = (evil.into(), evil.into());
    }
    let log = Event {
        time: 1.0,
        stage: None,
        epoch: 0,
        step: 0,
        body: Body::Log { level: Level::Error, message: evil.into() },
    };
    tell(&mut state, [Message::Events { attach: 1, events: vec![log], caught_up: true }]);
    let mut items = datasets();
    for item in &mut items {
        (item.name, item.detail) = (evil.into(), evil.into());
    }
    tell(&mut state, [Message::Datasets(items), Message::Notice { level: Level::Error, text: evil.into() }]);
    let mut list = runs();
    list.iter_mut().for_each(|r| (r.name, r.dataset) = (evil.into(), evil.into()));
    list.iter_mut().for_each(|r| (r.note, r.tags) = (evil.into(), vec![evil.into()]));
    list[1].study = Some(evil.into());
    tell(&mut state, [Message::Runs(list)]);
    state.runs.filter_text = evil.into();
    state.labels.filter_text = evil.into();
    for pane in Pane::ALL {
        crate::console::update::focus::focus(&mut state, pane);
        for zoom in [false, true] {
            state.zoom = zoom;
            for cell in &buffer(&state).content {
                assert!(cell.symbol().chars().all(is_harmless), "{:?} in {pane:?}", cell.symbol());
            }
        }
    }
}

#[test]
fn without_colour_and_unicode_everything_still_says_what_it_is() {
    let mut state = attached(120, 36, events());
    state.abilities = Abilities { colour: false, unicode: false };
    let buffer = buffer(&state);
    assert!(buffer.content.iter().all(|c| c.fg == Color::Reset && c.bg == Color::Reset && c.symbol().is_ascii()));
    insta::assert_snapshot!("ascii_120x36", screen(&state));
}

#[test]
fn screens() {
    insta::assert_snapshot!("first_start_120x36", screen(&fresh(120, 36)));
    let mut state = attached(120, 36, events());
    insta::assert_snapshot!("training_120x36", screen(&state));
    focus(&mut state, Pane::Labels);
    press(&mut state, "lloz");
    insta::assert_snapshot!("labels_zoomed_120x36", screen(&state));
    key(&mut state, KeyCode::Enter);
    insta::assert_snapshot!("detail_120x36", screen(&state));
    key(&mut state, KeyCode::Esc);
    press(&mut state, "#");
    insta::assert_snapshot!("judgement_120x36", screen(&state));
    let mut state = attached(120, 36, finished());
    focus(&mut state, Pane::Health);
    insta::assert_snapshot!("health_120x36", screen(&state));
    tell(&mut state, [Message::Resize(80, 24)]);
    press(&mut state, "j");
    insta::assert_snapshot!("health_80x24", screen(&state));
    let mut state = attached(80, 24, events());
    insta::assert_snapshot!("losses_80x24", screen(&state));
    focus(&mut state, Pane::Labels);
    insta::assert_snapshot!("labels_80x24", screen(&state));
    press(&mut state, "?");
    insta::assert_snapshot!("help_80x24", screen(&state));
    let mut state = attached(120, 36, finished());
    focus(&mut state, Pane::Metrics);
    press(&mut state, "1");
    insta::assert_snapshot!("metrics_120x36", screen(&state));
    insta::assert_snapshot!("status_40x10", screen(&attached(40, 10, events())));
    let mut state = fresh(80, 24);
    insta::assert_snapshot!("first_start_80x24", screen(&state));
    press(&mut state, "o/data/电影.pkl");
    insta::assert_snapshot!("open_file_80x24", screen(&state));
}

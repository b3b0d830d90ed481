//! What a frame costs; printed, never asserted. Run it with
//! `cargo test --release --lib console::measure -- --ignored --nocapture`.

use std::sync::Arc;
use std::time::Instant;

use ratatui::Terminal;

use super::backend::Message;
use super::draw::draw;
use super::fixture::*;
use super::screen::Screen;
use super::state::{Pane, State};
use super::table::Rows;
use crate::modality::PerModality;
use crate::split::Split;
use crate::training::events::{Body, Event, Stage};

/// Mean milliseconds and bytes of a frame after each change.
fn frames(state: &mut State, n: usize, mut change: impl FnMut(&mut State, usize)) -> (f64, f64, f64) {
    let mut terminal = Terminal::new(Screen::new(state.size.0, state.size.1)).unwrap();
    terminal.draw(|f| draw(state, f)).unwrap();
    terminal.backend_mut().take();
    let (mut bytes, mut updating, mut drawing) = (0, 0.0, 0.0);
    for i in 0..n {
        let begun = Instant::now();
        change(state, i);
        updating += begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        terminal.draw(|f| draw(state, f)).unwrap();
        bytes += terminal.backend_mut().take().len();
        drawing += begun.elapsed().as_secs_f64();
    }
    (updating * 1e3 / n as f64, drawing * 1e3 / n as f64, bytes as f64 / n as f64)
}

fn steps(state: &mut State, from: u64, n: u64) {
    let step = |s: u64| Event {
        time: 3.0 + s as f64 * 0.01,
        stage: Some(Stage::Denoising),
        epoch: 1 + (s / u64::from(STEPS)) as u32,
        step: s,
        body: Body::Step { scalars: [("loss".to_owned(), Some(0.5 + 0.1 * noise(s as usize)))].into() },
    };
    let events = (from..from + n).map(step).collect();
    tell(state, [Message::Events { attach: 1, events, caught_up: true }]);
}

#[test]
#[ignore = "measures; run by hand"]
fn frame_cost() {
    for (width, height) in [(80, 24), (200, 60)] {
        let mut state = attached(width, height, events());
        let say = |what: &str, (update, draw, bytes): (f64, f64, f64)| {
            println!("{width}x{height} {what:<44} update {update:8.3} ms  draw {draw:8.3} ms  {bytes:8.0} bytes");
        };
        say("nothing changed", frames(&mut state, 200, |_, _| ()));
        say("9 steps a frame", frames(&mut state, 200, |s, i| steps(s, 603 + 9 * i as u64, 9)));
        super::keys::focus(&mut state, Pane::Labels);
        say("labels, one row down", frames(&mut state, 200, |s, _| drop(press(s, "j"))));
        let page = crossterm::event::KeyCode::PageDown;
        say("labels, a page down", frames(&mut state, 30, |s, _| drop(key(s, page))));

        let mut state = attached(width, height, events());
        let begun = Instant::now();
        steps(&mut state, 603, 1_000_000);
        println!("a million steps taken in: {:.2} s", begun.elapsed().as_secs_f64());
        say("a million steps, 9 more a frame", frames(&mut state, 100, |s, i| steps(s, 2_000_000 + 9 * i as u64, 9)));
        say("a million steps, other smoothing", frames(&mut state, 6, |s, _| drop(press(s, "+"))));
        say("a million steps, without outliers", frames(&mut state, 20, |s, _| drop(press(s, "u"))));

        let n = 1_000_000;
        let rows = Rows::new(
            vec![Split::Train; n],
            (0..n).map(|i| format!("video_{i}$_$1")).collect(),
            (0..n)
                .map(|i| if i % 3 == 0 { "这个电影真的很好看".into() } else { format!("sentence number {i}") })
                .collect(),
            (0..n).map(noise).collect(),
            None,
        );
        let values = PerModality::from_fn(|m| (0..n).map(|i| noise(i + 7 * m as usize)).collect());
        tell(
            &mut state,
            [
                Message::Rows { attach: 1, rows: Arc::new(rows) },
                Message::Values { attach: 1, refresh: 13, values: Arc::new(values) },
            ],
        );
        super::keys::focus(&mut state, Pane::Labels);
        say("a million rows, one row down", frames(&mut state, 100, |s, _| drop(press(s, "j"))));
        say("a million rows, to the end and back", frames(&mut state, 20, |s, i| drop(press(s, ["G", "g"][i % 2]))));
        say("a million rows, sorted by the next column", frames(&mut state, 8, |s, _| drop(press(s, "o"))));
        press(&mut state, "/");
        say(
            "a million rows, a letter of a filter",
            frames(&mut state, 5, |s, i| {
                drop(press(s, ["n", "u", "m", "b", "e"][i]));
            }),
        );
    }
}

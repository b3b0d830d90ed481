//! The picture without a terminal: what is asked for and when, what keys change, what the screen then shows.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossterm::event::KeyCode;

use super::*;
use crate::console::fixture::{
    STEPS, at, attached, buffer, events, focus, fresh, key, noise, prepared, press, rows, scalars, screen, tell,
};
use crate::console::state::message::Message;
use crate::console::state::overlay::Overlay;
use crate::console::terminal::theme::Abilities;
use crate::modality::Modality;
use crate::report::projection::{Cloud, Kind, Progress, Recorded, picture};
use crate::run::embedding::file_name;
use crate::run::view::EmbeddingEntry;
use crate::training::events::{Body, Event, Metrics, Moment, Stage, StageState};

const DIM: usize = 6;
const MOMENTS: [(Moment, u32, f32); 4] =
    [(Moment::Before, 0, 0.0), (Moment::During, 1, 0.5), (Moment::During, 3, 0.9), (Moment::After, 4, 0.9)];

fn recorded(moment: Moment, epoch: u32) -> Event {
    let body = Body::Embedding { moment, file: file_name(epoch, moment), stride: 4, dim: DIM, values: None };
    at(Stage::Contrastive, epoch, u64::from(epoch * STEPS), 1.0, body)
}

/// A run whose stage 1 closes the gap between h and z.
fn aligned() -> Vec<Event> {
    let running = Body::StageChanged { state: StageState::Running };
    let mut events = vec![prepared(), at(Stage::Contrastive, 0, 0, 0.0, running)];
    for epoch in 0..=4u32 {
        let closed = epoch as f32 / 4.0;
        let mut valid = scalars([("loss", 1.0 - 0.1 * closed)]);
        for m in Modality::ALL {
            let k = 1.0 - 0.1 * m as u8 as f32;
            valid.insert(format!("positive_cosine_{m}"), Some(0.02 + 0.7 * closed * k));
            valid.insert(format!("retrieval_{m}"), Some(0.03 + 0.4 * closed * k));
            valid.insert(format!("gap_{m}"), Some(1.3 - 1.1 * closed * k));
        }
        let (train, metrics, best) = (Default::default(), Metrics::new(), epoch == 3);
        let body = Body::Epoch { train, valid, metrics, seconds: 0.5, samples_per_second: Some(3210.0), best };
        events.push(at(Stage::Contrastive, epoch, u64::from(epoch * STEPS), 1.0, body));
    }
    events.extend(MOMENTS.map(|(moment, epoch, _)| recorded(moment, epoch)));
    events
}

/// What the file of a moment holds: every fourth clip, z the nearer to h the more the gap is closed.
fn values(entry: &EmbeddingEntry) -> (Vec<f32>, Vec<u32>) {
    let closed = MOMENTS.iter().find(|(m, e, _)| (*m, *e) == (entry.moment, entry.epoch)).map_or(0.0, |m| m.2);
    let rows: Vec<u32> = (0..1368 / 4).map(|i| i * 4).collect();
    let y = fixture_labels();
    let mut data = Vec::new();
    for row in &rows {
        let value = |place: usize, k: usize| noise(*row as usize * 97 + place * 13 + k);
        let h = |m: usize, k: usize| value(m, k) * 0.6 + if k == 0 { 1.5 * y[*row as usize] } else { 0.0 };
        for place in 0..6 {
            let m = place % 3;
            for k in 0..DIM {
                let apart = value(place, k) * 0.4 + if k == 1 { 2.0 } else { 0.0 };
                data.push(if place < 3 { h(m, k) } else { closed * h(m, k) + (1.0 - closed) * apart });
            }
        }
    }
    (data, rows)
}

fn fixture_labels() -> Vec<f32> {
    rows().y
}

/// Answers what was asked for, as the worker would.
fn answer(state: &mut State, effects: &[Effect]) -> usize {
    let mut answered = 0;
    for effect in effects {
        if let Effect::Project { number, request } = effect {
            let (data, rows) = values(&request.entry);
            let most = if request.method == Method::Tsne { 200 } else { 2000 };
            let cloud =
                Cloud::of(&Recorded { data: &data, dim: DIM, rows: &rows }, request.scope, request.scaling, most);
            let made = picture(cloud, request.method, &AtomicBool::new(false), |_| {});
            let result = made.map(Arc::new).map_err(|e| e.to_string());
            tell(state, [Message::Projected { number: *number, result }]);
            answered += 1;
        }
    }
    answered
}

fn asked(effects: &[Effect]) -> Vec<&Request> {
    let request = |e: &'_ Effect| matches!(e, Effect::Project { .. });
    effects
        .iter()
        .filter(|e| request(e))
        .filter_map(|e| match e {
            Effect::Project { request, .. } => Some(&**request),
            _ => None,
        })
        .collect()
}

/// A console that shows the picture of the aligned run.
fn shown(width: u16, height: u16) -> State {
    let mut state = attached(width, height, aligned());
    let effects = press(&mut state, "e");
    assert_eq!(answer(&mut state, &effects), 1);
    state
}

#[test]
fn nothing_is_computed_until_the_pane_is_seen() {
    let mut state = attached(120, 36, vec![]);
    assert!(asked(&tell(&mut state, [Message::Events { attach: 1, events: aligned(), caught_up: true }])).is_empty());
    let effects = press(&mut state, "e");
    assert_eq!(asked(&effects).len(), 1);
    assert_eq!(asked(&effects)[0].entry.moment, Moment::After);
    assert!(screen(&state).contains("laying points out"), "{}", screen(&state));
    // The same is not asked for twice.
    assert!(asked(&press(&mut state, "jC")).is_empty());
    answer(&mut state, &effects);
    assert!(screen(&state).contains("⊗ both"), "{}", screen(&state));
    focus(&mut state, Pane::Losses);
    assert!(!state.embedding.is_behind());
}

#[test]
fn a_new_moment_is_followed_and_a_chosen_one_is_kept() {
    let mut events = aligned();
    let later = events.split_off(events.len() - 2);
    let mut state = attached(120, 36, events);
    let effects = press(&mut state, "e");
    answer(&mut state, &effects);
    assert_eq!(state.embedding.shown.as_ref().unwrap().0.entry.epoch, 1);
    let news = tell(&mut state, [Message::Events { attach: 1, events: later[..1].to_vec(), caught_up: true }]);
    assert_eq!(asked(&news)[0].entry.epoch, 3);
    answer(&mut state, &news);
    let effects = press(&mut state, "[");
    assert_eq!(asked(&effects)[0].entry.epoch, 1);
    answer(&mut state, &effects);
    let news = tell(&mut state, [Message::Events { attach: 1, events: later[1..].to_vec(), caught_up: true }]);
    assert!(asked(&news).is_empty() && screen(&state).contains("during stage 1 (epoch 1) 2/4"), "{}", screen(&state));
    for (key, moment) in [("g", Moment::Before), ("]", Moment::During), ("G", Moment::After)] {
        let effects = press(&mut state, key);
        assert_eq!(asked(&effects)[0].entry.moment, moment, "{key}");
        answer(&mut state, &effects);
    }
}

#[test]
fn tsne_shows_its_progress_and_is_cancelled() {
    let mut state = shown(120, 36);
    let effects = press(&mut state, "t");
    let Some(Effect::Project { number, request }) = effects.iter().find(|e| matches!(e, Effect::Project { .. })) else {
        panic!("{effects:?}");
    };
    assert_eq!(request.method, Method::Tsne);
    let progress = Progress { done: 340, of: 1000, divergence: Some(1.0) };
    tell(&mut state, [Message::Projecting { number: *number, progress }]);
    let text = screen(&state);
    assert!(text.contains("▶ t-SNE 34 %, esc cancels") && text.contains("PCA"), "{text}");
    // Another moment does not come between.
    let more = recorded(Moment::During, 9);
    assert!(asked(&tell(&mut state, [Message::Events { attach: 1, events: vec![more], caught_up: true }])).is_empty());
    let back = key(&mut state, KeyCode::Esc);
    assert_eq!(asked(&back)[0].method, Method::Pca);
    assert!(!screen(&state).contains("34 %"));
    // The answer that was on its way is dropped.
    let late = Message::Projected { number: *number, result: Err("late".into()) };
    tell(&mut state, [late]);
    assert_eq!(state.embedding.problem, None);
    assert_eq!(asked(&back)[0].entry.epoch, 9, "the latest is followed again");
}

#[test]
fn tsne_is_drawn_when_it_is_there() {
    let mut state = shown(120, 36);
    let effects = press(&mut state, "zt");
    answer(&mut state, &effects);
    let text = screen(&state);
    assert!(text.contains("t-SNE, KL") && text.contains("perplexity 30"), "{text}");
    assert!(text.contains("100 of 1368 clips, 200 points"), "{text}");
    let effects = press(&mut state, "t");
    assert_eq!(asked(&effects)[0].method, Method::Pca);
}

#[test]
fn a_clip_is_picked_and_found_in_the_table() {
    let mut state = shown(120, 36);
    key(&mut state, KeyCode::Enter);
    assert!(state.notice.as_ref().unwrap().text.contains("no clip under the cursor"));
    key(&mut state, KeyCode::Right);
    let first = state.embedding.pick.unwrap();
    key(&mut state, KeyCode::Left);
    let second = state.embedding.pick.unwrap();
    assert_ne!(first, second);
    let id = rows().id[second.row as usize].clone();
    assert!(screen(&state).contains(&id), "{}", screen(&state));
    key(&mut state, KeyCode::Enter);
    assert_eq!(state.focus, Pane::Labels);
    assert_eq!(state.labels.index[state.labels.list.selected], second.row);
    press(&mut state, "/y > 5");
    key(&mut state, KeyCode::Enter);
    press(&mut state, "e");
    key(&mut state, KeyCode::Enter);
    assert!(state.notice.as_ref().unwrap().text.contains("filter leaves this clip out"));
    key(&mut state, KeyCode::Esc);
    assert_eq!(state.embedding.pick, None);
}

#[test]
fn points_at_one_place_are_walked_through() {
    let mut state = shown(80, 24);
    let effects = press(&mut state, "v");
    answer(&mut state, &effects);
    let (plane, picture) = (plane(&state).unwrap(), state.embedding.picture().unwrap());
    let here = picture.items.iter().map(|i| plane.together(picture, *i)).find(|here| here.len() > 2).unwrap();
    state.embedding.pick = Some(here[1]);
    let mut seen = vec![state.embedding.pick.unwrap()];
    for _ in 1..here.len() {
        press(&mut state, "p");
        seen.push(state.embedding.pick.unwrap());
    }
    assert!(here.iter().all(|i| seen.contains(i)));
}

#[test]
fn what_is_missing_is_said() {
    let mut state = fresh(120, 36);
    press(&mut state, "ez");
    assert!(screen(&state).contains("comes with a run"));
    let see = |events: Vec<Event>| {
        let mut state = attached(120, 36, events);
        press(&mut state, "ez");
        screen(&state)
    };
    assert!(see(vec![]).contains("made ready"));
    assert!(see(vec![prepared()]).contains("recorded when stage 1 begins"));
    assert!(see(events()).contains("recorded no representations"), "{}", see(events()));
    let mut state = attached(120, 36, aligned());
    press(&mut state, "e");
    tell(&mut state, [Message::Projected { number: 1, result: Err("it is gone".into()) }]);
    assert!(screen(&state).contains("no picture: it is gone"));
}

#[test]
fn a_restart_and_another_run_forget_the_picture() {
    let mut state = shown(120, 36);
    let restarted = at(Stage::Contrastive, 0, 0, 2.0, Body::Restarted);
    let effects = tell(&mut state, [Message::Events { attach: 1, events: vec![restarted], caught_up: true }]);
    assert!(effects.contains(&Effect::StopProjection));
    assert!(state.embedding.shown.is_none());
    // The same file again is another picture.
    let again =
        tell(&mut state, [Message::Events { attach: 1, events: vec![recorded(Moment::Before, 0)], caught_up: true }]);
    assert_eq!(asked(&again).len(), 1);
    answer(&mut state, &again);
    press(&mut state, "t");
    focus(&mut state, Pane::Runs);
    press(&mut state, "j");
    let effects = key(&mut state, KeyCode::Enter);
    assert!(effects.contains(&Effect::StopProjection), "{effects:?}");
    assert!(state.embedding.shown.is_none() && state.embedding.method == Method::Pca);
}

#[test]
fn kinds_and_labels_are_told_apart_without_colour() {
    let mut state = shown(120, 36);
    let effects = press(&mut state, "zg");
    answer(&mut state, &effects);
    state.abilities = Abilities { colour: false, unicode: false };
    let before = screen(&state);
    assert!(before.contains("o h 342") && before.contains("x z 342"), "{before}");
    insta::assert_snapshot!("embedding_kind_ascii_120x36", before);
    press(&mut state, "C");
    insta::assert_snapshot!("embedding_label_ascii_120x36", screen(&state));
    // Dots say nothing here, so symbols stay.
    let symbols = screen(&state);
    press(&mut state, "d");
    assert_eq!(screen(&state), symbols);
}

#[test]
fn screens() {
    let state = shown(120, 36);
    insta::assert_snapshot!("embedding_120x36", screen(&state));
    let mut state = shown(80, 24);
    insta::assert_snapshot!("embedding_80x24", screen(&state));
    let effects = press(&mut state, "zV");
    answer(&mut state, &effects);
    key(&mut state, KeyCode::Right);
    insta::assert_snapshot!("embedding_all_zoomed_80x24", screen(&state));
    let mut state = shown(200, 60);
    let effects = press(&mut state, "zg");
    answer(&mut state, &effects);
    press(&mut state, "d");
    insta::assert_snapshot!("embedding_before_dots_200x60", screen(&state));
}

#[test]
fn every_size_is_survived_with_a_picture() {
    let mut state = shown(120, 36);
    key(&mut state, KeyCode::Right);
    for turn in 0..250u16 {
        let (width, height) = (1 + turn * 7 % 211, 1 + turn * 5 % 63);
        tell(&mut state, [Message::Resize(width, height)]);
        state.zoom = turn % 2 == 0;
        state.embedding.dots = turn % 3 == 0;
        state.embedding.colouring = Colouring::ALL[usize::from(turn) % 4];
        state.abilities.colour = turn % 5 > 0;
        for code in [KeyCode::Left, KeyCode::Up, KeyCode::Char('p')] {
            key(&mut state, code);
        }
        state.overlay = (turn % 50 == 0).then_some(Overlay::Help { scroll: 0 });
        buffer(&state);
        state.overlay = None;
    }
    let picked = state.embedding.pick.unwrap();
    assert!(matches!(picked.kind, Kind::H | Kind::Z));
}

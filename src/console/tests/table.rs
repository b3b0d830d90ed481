//! The label table: order, filter, columns, files.

use std::sync::Arc;

use crossterm::event::KeyCode;

use crate::console::fixture::*;
use crate::console::state::State;
use crate::console::state::effect::Effect;
use crate::console::state::message::Message;
use crate::console::state::overlay::Overlay;
use crate::console::state::pane::Pane;
use crate::modality::PerModality;
use crate::report::export::PARQUET;
use crate::report::table::Rows;
use crate::run::predictions::PredictionValues;
use crate::training::events::{Body, Event, Stage};

#[test]
fn labels_are_sorted_filtered_and_read_in_full() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "/|da|>0.3 split=train");
    assert!(matches!(state.overlay, Some(Overlay::Filter { .. })));
    key(&mut state, KeyCode::Enter);
    let passed = state.labels.index.len();
    assert!(passed > 0 && passed < 1000, "{passed}");
    press(&mut state, "llo");
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
fn several_columns_decide_the_order_and_the_title_says_so() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "ollO");
    assert!(screen(&state).contains("sorted by y ↑, |Δ audio| ↓"), "{}", screen(&state));
    let (rows, values) = (rows(), values(13));
    let key = |i: &u32| (rows.y[*i as usize], -(values.audio[*i as usize] - rows.y[*i as usize]).abs());
    assert!(state.labels.index.iter().map(key).is_sorted());
    press(&mut state, "O");
    assert!(screen(&state).contains("y ↑, |Δ audio| ↑"));
    press(&mut state, "r");
    assert!(screen(&state).contains("y ↓, |Δ audio| ↓"));
    press(&mut state, "o");
    assert!(screen(&state).contains("sorted by |Δ audio| ↓ "));
    press(&mut state, "oo");
    assert!(screen(&state).contains("sorted by |Δ audio| ↓ "));
}

#[test]
fn columns_are_hidden_moved_and_remembered() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    let heading = |state: &State| screen(state).lines().find(|l| l.contains(" id ")).unwrap_or_default().to_owned();
    assert!(heading(&state).contains("y     ΔT"), "{}", heading(&state));
    let effects = press(&mut state, "l-");
    let [Effect::Remember(remembered)] = &effects[..] else { panic!("{effects:?}") };
    assert!(!heading(&state).contains("ΔT"));
    let mut other = attached(120, 36, events());
    focus(&mut other, Pane::Labels);
    tell(&mut other, [Message::Recalled(remembered.clone())]);
    assert!(!heading(&other).contains("ΔT"));
    press(&mut state, "+<");
    assert!(heading(&state).contains("y     ΔA     ΔT"), "{}", heading(&state));
    // From the list of columns, too: the first is the row's number.
    press(&mut state, "Cg ");
    assert!(screen(&state).contains("place in the data"), "{}", screen(&state));
    key(&mut state, KeyCode::Esc);
    assert!(!heading(&state).contains("row"));
    press(&mut state, "b");
    assert!(!screen(&state).lines().any(|l| l.contains("video_") && l.contains("0.20▂")));
}

#[test]
fn a_large_table_is_put_in_order_elsewhere_and_the_old_order_stands_until_then() {
    let n = crate::console::update::labels::AT_ONCE + 1;
    let mut state = attached(120, 36, events());
    let y: Vec<f32> = (0..n).map(noise).collect();
    let rows = Rows::new(vec![crate::split::Split::Train; n], vec![], vec![], y, None);
    let effects = tell(&mut state, [Message::Rows { attach: 1, rows: Arc::new(rows) }]);
    let [Effect::Arrange(first)] = &effects[..] else { panic!("{effects:?}") };
    tell(&mut state, [Message::Arranged { number: first.number, index: first.order() }]);
    assert_eq!(state.labels.index.len(), n);
    focus(&mut state, Pane::Labels);
    let effects = press(&mut state, "o/y > 0");
    let asked: Vec<_> =
        effects.iter().filter_map(|e| if let Effect::Arrange(a) = e { Some(a) } else { None }).collect();
    assert!(asked.len() >= 2 && state.labels.index.iter().is_sorted(), "the old order is shown");
    assert!(screen(&state).contains(&format!("{n} rows …")), "{}", screen(&state));
    // One that was overtaken is of no use.
    tell(&mut state, [Message::Arranged { number: asked[0].number, index: asked[0].order() }]);
    assert_eq!(state.labels.index.len(), n);
    let last = asked[asked.len() - 1];
    tell(&mut state, [Message::Arranged { number: last.number, index: last.order() }]);
    let shown: Vec<f32> = state.labels.index.iter().map(|i| noise(*i as usize)).collect();
    assert!(shown.len() < n && shown[0] > 0.0 && shown.is_sorted());
    // News of another run make it void.
    let effects = press(&mut state, "\u{8}");
    assert!(effects.is_empty());
}

#[test]
fn what_the_filter_shows_is_written_to_a_file() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "/split=test");
    key(&mut state, KeyCode::Enter);
    press(&mut state, "ow");
    assert!(screen(&state).contains("2026-11-23-a-labels.csv"), "{}", screen(&state));
    (0..3).for_each(|_| drop(key(&mut state, KeyCode::Backspace)));
    assert_eq!(key(&mut state, KeyCode::Enter), []);
    assert!(screen(&state).contains("ends in .csv, .parquet or .jsonl"), "{}", screen(&state));
    press(&mut state, "parquet");
    let effects = key(&mut state, KeyCode::Enter);
    let [Effect::Export(export)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((export.format, export.rows.len(), export.overwrite), (&PARQUET, 184, false));
    assert_eq!(export.rows, state.labels.index);
    assert_eq!(export.columns, state.labels.columns.shown(&state.labels.table));
    let effects = tell(&mut state, [Message::ExportExists(export.clone())]);
    assert!(effects.is_empty() && screen(&state).contains("Write over the file?"));
    assert!(matches!(&press(&mut state, "y")[..], [Effect::Export(e)] if e.overwrite));
}

#[test]
fn how_texts_are_written_is_chosen_at_the_prompt_and_remembered() {
    let mut state = attached(120, 36, finished());
    crate::console::update::focus::focus(&mut state, Pane::Labels);
    press(&mut state, "w");
    assert!(screen(&state).contains("(tab: texts as they are)"), "{}", screen(&state));
    let effects = key(&mut state, KeyCode::Tab);
    assert!(matches!(&effects[..], [Effect::Remember(p)] if p.escape_formulas), "{effects:?}");
    assert!(screen(&state).contains("(tab: formulas as texts)"));
    let [Effect::Export(export)] = &key(&mut state, KeyCode::Enter)[..] else { panic!("nothing is written") };
    assert!(export.escape_formulas && export.extract().escape_formulas);
    // The next console is told.
    let mut next = attached(120, 36, finished());
    let Effect::Remember(preferences) = effects[0].clone() else { unreachable!() };
    tell(&mut next, [Message::Recalled(preferences)]);
    assert!(next.labels.escape_formulas);
}

#[test]
fn predictions_come_with_their_columns() {
    let mut state = attached(200, 60, finished());
    focus(&mut state, Pane::Labels);
    press(&mut state, "z");
    assert!(!screen(&state).contains("err"));
    let file = "predictions/0012-joint.npy".to_owned();
    let body = Body::Predictions { file: file.clone(), values: None };
    let event = Event { time: 9.0, stage: Some(Stage::Joint), epoch: 12, step: 516, body };
    let effects = tell(&mut state, [Message::Events { attach: 1, events: vec![event], caught_up: true }]);
    assert_eq!(effects, [Effect::LoadPredictions { attach: 1, file: file.clone() }]);
    let y = rows().y;
    let values =
        PredictionValues { multimodal: y.iter().map(|y| -y).collect(), unimodal: PerModality::from_fn(|_| y.clone()) };
    tell(&mut state, [Message::Predictions { attach: 1, file, values: Arc::new(values) }]);
    assert!(screen(&state).contains("err"), "{}", screen(&state));
    press(&mut state, "/e > 1.9");
    key(&mut state, KeyCode::Enter);
    assert!(!state.labels.index.is_empty() && state.labels.index.iter().all(|i| y[*i as usize].abs() == 1.0));
    key(&mut state, KeyCode::Enter);
    assert!(screen(&state).contains("predicted ŷ"), "{}", screen(&state));
    // A stage that is begun anew makes them void.
    let restarted = Event { time: 9.0, stage: Some(Stage::Joint), epoch: 0, step: 0, body: Body::Restarted };
    tell(&mut state, [Message::Events { attach: 1, events: vec![restarted], caught_up: true }]);
    assert!(state.labels.table.predictions.is_none() && state.labels.index.is_empty());
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
fn a_filter_that_does_not_hold_stands_nowhere_as_if_it_did() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "/y > 0.5");
    key(&mut state, KeyCode::Enter);
    let rows = state.labels.index.len();
    for wrong in [" split = trian", " flip_b", " spilt = train"] {
        press(&mut state, "/");
        press(&mut state, wrong);
        let text = screen(&state);
        assert!(state.labels.filter_error.is_some() && text.contains(" expected "), "{wrong}: {text}");
        assert!(!text.contains(&format!("rows · y > 0.5{wrong}")), "{wrong}: {text}");
        // Not taken, and taken back.
        key(&mut state, KeyCode::Enter);
        assert!(state.overlay.is_some());
        key(&mut state, KeyCode::Esc);
        assert!(screen(&state).contains("of 1368 rows · y > 0.5 "), "{}", screen(&state));
    }
    assert_eq!(state.labels.index.len(), rows);
}

#[test]
fn a_word_that_no_row_holds_and_that_resembles_a_name_gets_a_hint() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "/mraked y > 0");
    assert!(screen(&state).contains("did you mean marked?"), "{}", screen(&state));
    key(&mut state, KeyCode::Enter);
    assert!(state.notice.as_ref().unwrap().text.contains("no row holds \"mraked\""));
    press(&mut state, "k");
    assert!(screen(&state).contains("no row passes the filter (no row holds"), "{}", screen(&state));
    key(&mut state, KeyCode::Esc);
    press(&mut state, "/ending");
    key(&mut state, KeyCode::Enter);
    assert!(state.notice.is_none() && !state.labels.index.is_empty());
}

#[test]
fn the_selected_clip_stays_selected_as_labels_change() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "llojjjjj");
    let row = state.labels.index[state.labels.list.selected];
    tell(
        &mut state,
        [Message::Values { attach: 1, refresh: 13, values: Arc::new(values(2)), spread: None, weights: None }],
    );
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

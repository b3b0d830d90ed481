//! Single rows: marks, notes, neighbours.

use std::sync::Arc;

use crossterm::event::KeyCode;

use crate::console::fixture::*;
use crate::console::state::attached::Link;
use crate::console::state::effect::Effect;
use crate::console::state::message::Message;
use crate::console::state::overlay::Overlay;
use crate::console::state::pane::Pane;
use crate::modality::PerModality;
use crate::report::neighbours::Neighbour;
use crate::run::marks::Mark;
use crate::training::events::{Body, Event, Moment, Stage};

#[test]
fn rows_are_marked_noted_and_found_by_it() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    press(&mut state, "jjj");
    let effects = press(&mut state, "x");
    let [Effect::Mark { attach: 1, mark }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((mark.row, mark.reviewed, &*mark.id), (3, true, "video_0001$_$0003"));
    assert!(!screen(&state).contains("reviewed ─"), "it shows once it is written");
    let written = |mark: &Mark| Message::Marks { attach: 1, marks: Arc::new([mark.clone()].into_iter().collect()) };
    tell(&mut state, [written(mark)]);
    assert!(screen(&state).contains("1 reviewed ─"), "{}", screen(&state));
    press(&mut state, "nis this irony?");
    assert!(screen(&state).contains("note: is this irony?"));
    let effects = key(&mut state, KeyCode::Enter);
    let [Effect::Mark { mark, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((mark.reviewed, &*mark.note), (true, "is this irony?"));
    tell(&mut state, [written(mark)]);
    press(&mut state, "/note ~ irony");
    key(&mut state, KeyCode::Enter);
    assert_eq!(*state.labels.index, [3]);
    key(&mut state, KeyCode::Enter);
    let text = screen(&state);
    assert!(text.contains("✔ reviewed") && text.contains("✎ is this irony?"), "{text}");
    // From the details, too; escape leaves the note as it is and the details open.
    press(&mut state, "nx");
    key(&mut state, KeyCode::Esc);
    assert!(matches!(state.overlay, Some(Overlay::Detail { row: 3, .. })));
    let effects = press(&mut state, "x");
    assert!(matches!(&effects[..], [Effect::Mark { mark, .. }] if !mark.reviewed && !mark.note.is_empty()));
}

#[test]
fn who_may_not_mark_is_told_why() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Labels);
    state.read_only = true;
    assert_eq!(press(&mut state, "xn"), []);
    assert!(state.notice.as_ref().unwrap().text.contains("--read-only") && state.overlay.is_none());
    state.read_only = false;
    tell(&mut state, [Message::Link { attach: 1, link: Link::Following }]);
    assert_eq!(press(&mut state, "xn"), []);
    assert!(state.notice.as_ref().unwrap().text.contains("following the directory only"));
}

#[test]
fn neighbours_are_looked_for_shown_and_gone_to() {
    let after = |stage, step| Event {
        time: 4.0,
        stage: Some(stage),
        epoch: 8,
        step,
        body: Body::Embedding {
            moment: Moment::After,
            file: "embeddings/0008-after.npy".into(),
            stride: 1,
            dim: 4,
            values: None,
        },
    };
    let mut state = attached(120, 50, events());
    focus(&mut state, Pane::Labels);
    assert_eq!(key(&mut state, KeyCode::Enter), []);
    assert!(screen(&state).contains("neighbours are known once the contrastive stage has ended"));
    let news = Message::Events { attach: 1, events: vec![after(Stage::Contrastive, 344)], caught_up: true };
    let file = "embeddings/0008-after.npy".to_owned();
    assert_eq!(tell(&mut state, [news]), [Effect::LoadNeighbours { attach: 1, row: 0, file: file.clone() }]);
    assert!(screen(&state).contains("being looked for"));
    let near = |row, distance| Neighbour { row, distance };
    let found = PerModality { text: vec![near(7, 0.01), near(900, 0.25)], audio: vec![near(4, 0.5)], vision: vec![] };
    tell(&mut state, [Message::Neighbours { attach: 1, row: 0, found: Ok(found) }]);
    let text = screen(&state);
    assert!(text.contains("nearest by text") && text.contains("0.250") && text.contains("video_0023$_$0020"), "{text}");
    key(&mut state, KeyCode::Tab);
    key(&mut state, KeyCode::Tab);
    let effects = key(&mut state, KeyCode::Enter);
    assert_eq!(effects, [Effect::LoadNeighbours { attach: 1, row: 900, file }]);
    assert!(matches!(state.overlay, Some(Overlay::Detail { row: 900, .. })) && state.labels.list.selected == 900);
    tell(&mut state, [Message::Neighbours { attach: 1, row: 900, found: Err("no such file".into()) }]);
    assert!(screen(&state).contains("no neighbours: no such file"));
    // Nothing chosen: enter closes.
    key(&mut state, KeyCode::Enter);
    assert!(state.overlay.is_none());
}

//! The console without a terminal: what keys and news change, what the screen then shows.

use std::sync::Arc;

use crossterm::event::KeyCode;

use crate::console::fixture::*;
use crate::console::state::State;
use crate::console::state::attached::Link;
use crate::console::state::datasets::Preview;
use crate::console::state::effect::{Begin, Effect};
use crate::console::state::message::Message;
use crate::console::state::overlay::Overlay;
use crate::console::state::pane::Pane;
use crate::console::terminal::decode::Input;
use crate::modality::PerModality;
use crate::report::export::PARQUET;
use crate::report::neighbours::Neighbour;
use crate::report::table::Rows;
use crate::run::marks::Mark;
use crate::run::predictions::PredictionValues;
use crate::training::events::{Body, Command, Event, Moment, Stage};

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
fn a_second_run_beside_a_live_one_is_asked_about() {
    let mut state = attached(120, 36, events());
    focus(&mut state, Pane::Datasets);
    assert_eq!(key(&mut state, KeyCode::Enter), []);
    assert!(matches!(state.overlay, Some(Overlay::Confirm(_))));
    assert_eq!(press(&mut state, "y"), [Effect::Train { dataset: "sims".into() }]);
}

#[test]
fn the_cursors_go_to_the_attached_run_and_its_dataset() {
    let mut state = attached(120, 36, events());
    let selected = |s: &State| (s.runs.all[s.runs.list.selected].name.clone(), s.dataset().unwrap().name.clone());
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
    tell(&mut state, (0..14).map(|r| Message::Values { attach: 1, refresh: r, values: Arc::new(values(r)) }));
    assert_eq!(state.labels.history.refreshes().count(), 14);
    let restarted = Event { time: 9.0, stage: Some(Stage::Denoising), epoch: 0, step: 0, body: Body::Restarted };
    tell(&mut state, [Message::Events { attach: 1, events: vec![restarted], caught_up: true }]);
    assert_eq!(state.labels.history.refreshes().count(), 0);
    // One that was being read meanwhile does not come back.
    tell(&mut state, [Message::Values { attach: 1, refresh: 3, values: Arc::new(values(3)) }]);
    assert_eq!(state.labels.history.refreshes().count(), 0);
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
    assert_eq!((state.focus, state.datasets.list.selected), (Pane::Datasets, 2));
}

//! Studies: the list, the grid of one and its table.

use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::KeyCode;

use crate::console::fixture::*;
use crate::console::made_up::study;
use crate::console::state::State;
use crate::console::state::effect::Effect;
use crate::console::state::message::Message;
use crate::console::state::pane::Pane;
use crate::console::state::studies::{StudyView, Watch};
use crate::console::terminal::theme::Abilities;
use crate::report::study::outcomes::CellState;

fn path() -> PathBuf {
    "/runs/studies/ablation".into()
}

/// Six variants with four seeds, of which some are not finished.
fn view() -> StudyView {
    study("ablation", 6, 4)
}

fn with_studies(width: u16, height: u16) -> State {
    let mut state = attached(width, height, events());
    assert_eq!(press(&mut state, "9"), [Effect::WatchStudies(Watch::List)]);
    let mut ended = study("noise", 2, 3).line;
    (ended.counts.finished, ended.left, ended.share) = (ended.counts.all(), None, 1.0);
    (ended.counts.waiting, ended.counts.running, ended.counts.stopped, ended.counts.failed) = (0, 0, 0, 0);
    ended.question = "How much label noise \u{1b}[31mdoes each source of labels bear?".into();
    tell(&mut state, [Message::Studies(vec![view().line, ended])]);
    state
}

fn opened(width: u16, height: u16) -> State {
    let mut state = with_studies(width, height);
    assert_eq!(key(&mut state, KeyCode::Enter), [Effect::WatchStudies(Watch::Study(path()))]);
    assert!(screen(&state).contains("reading the study"));
    tell(&mut state, [Message::Study(Arc::new(view()))]);
    state
}

#[test]
fn studies_are_listed_with_how_far_they_are() {
    let mut state = attached(120, 36, events());
    press(&mut state, "9");
    assert!(screen(&state).contains("looking for studies"));
    tell(&mut state, [Message::Studies(vec![])]);
    assert!(screen(&state).contains("mug study run first-experiments"));
    let state = with_studies(120, 36);
    let text = screen(&state);
    for words in ["ablation", "16/24! ", "noise", "6/6 100 %", "ended", "How much label noise ␛[31mdoes"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn only_what_is_on_the_screen_is_looked_at() {
    let mut state = with_studies(120, 36);
    press(&mut state, "j");
    // The cursor stays on its study when the list comes anew.
    let mut all = state.studies.all.to_vec();
    all.reverse();
    tell(&mut state, [Message::Studies(all)]);
    assert_eq!(state.studies.all[state.studies.list.selected].name, "noise");
    // The end of a study that trains is told, so that the list is looked at further on.
    assert!(press(&mut state, "8").is_empty() && press(&mut state, "9").is_empty());
    let trained: Vec<_> = state.studies.all.iter().filter(|study| study.counts.running == 0).cloned().collect();
    let mut done = with_studies(120, 36);
    tell(&mut done, [Message::Studies(trained)]);
    assert_eq!(press(&mut done, "8"), [Effect::WatchStudies(Watch::Nothing)]);
    assert_eq!(press(&mut done, "9"), [Effect::WatchStudies(Watch::List)]);
    key(&mut state, KeyCode::Enter);
    assert_eq!(key(&mut state, KeyCode::Esc), [Effect::WatchStudies(Watch::List)]);
    // What comes late of a study that was closed is nobody's.
    tell(&mut state, [Message::Study(Arc::new(view()))]);
    assert!(state.studies.open.is_none());
}

#[test]
fn enter_on_a_cell_shows_its_run_and_one_that_was_not_begun_says_so() {
    let mut state = opened(120, 36);
    press(&mut state, "jl");
    let open = state.studies.open.as_ref().unwrap();
    assert_eq!(open.cell(), Some(5));
    let run = open.view.as_ref().unwrap().runs[5].clone().unwrap();
    let effects = key(&mut state, KeyCode::Enter);
    assert!(effects.contains(&Effect::Attach { attach: 2, path: run, follow: false }), "{effects:?}");
    press(&mut state, "9Glll");
    let open = state.studies.open.as_ref().unwrap();
    assert_eq!(open.view.as_ref().unwrap().outcomes.cells[open.cell().unwrap()].state, CellState::Waiting);
    assert_eq!(key(&mut state, KeyCode::Enter), []);
    assert!(state.notice.as_ref().unwrap().text.contains("not begun"));
}

#[test]
fn stopping_and_going_on_ask_first() {
    let mut state = opened(120, 36);
    press(&mut state, "x");
    assert!(screen(&state).contains("Stop study ablation?"), "{}", screen(&state));
    assert_eq!(press(&mut state, "n"), []);
    press(&mut state, "x");
    assert_eq!(press(&mut state, "y"), [Effect::StopStudy { path: path() }]);
    let mut view = view();
    view.line.counts.stopped += std::mem::take(&mut view.line.counts.running);
    tell(&mut state, [Message::Study(Arc::new(view))]);
    press(&mut state, "x");
    assert!(screen(&state).contains("Go on with study ablation?"));
    assert_eq!(press(&mut state, "y"), [Effect::ResumeStudy { path: path() }]);
    key(&mut state, KeyCode::Esc);
    press(&mut state, "jx");
    assert!(state.overlay.is_none() && state.notice.as_ref().unwrap().text.contains("noise is finished"));
    state.read_only = true;
    press(&mut state, "kx");
    assert!(state.overlay.is_none() && state.notice.as_ref().unwrap().text.contains("read-only"));
}

#[test]
fn a_study_is_begun_with_what_is_typed() {
    let mut state = with_studies(120, 36);
    press(&mut state, "n");
    assert!(screen(&state).contains("mug study run first-experiments --dataset sims"), "{}", screen(&state));
    press(&mut state, ",7");
    let effects = key(&mut state, KeyCode::Enter);
    let arguments = ["first-experiments", "--dataset", "sims", "--seeds", "3,7"].map(str::to_owned).to_vec();
    assert_eq!(effects, [Effect::RunStudy { arguments }]);
    press(&mut state, "n");
    assert_eq!(key(&mut state, KeyCode::Esc), []);
    state.read_only = true;
    press(&mut state, "n");
    assert!(state.overlay.is_none() && state.notice.as_ref().unwrap().text.contains("read-only"));
}

#[test]
fn a_cell_says_in_words_why_it_failed_and_what_it_came_to() {
    let mut state = opened(120, 36);
    let at = view().outcomes.cells.iter().position(|c| matches!(c.state, CellState::Failed { .. })).unwrap();
    (0..at / 4).for_each(|_| _ = press(&mut state, "j"));
    (0..at % 4).for_each(|_| _ = press(&mut state, "l"));
    assert!(screen(&state).contains("failed: the loss is not finite"), "{}", screen(&state));
    press(&mut state, "ghhhh");
    assert!(screen(&state).contains("variant-0 0.1 · seed 1 · test MAE 0.4"), "{}", screen(&state));
    // Another metric, and back around.
    let before = screen(&state);
    press(&mut state, "v");
    assert!(screen(&state).contains("· seconds ↓"), "{}", screen(&state));
    press(&mut state, "v");
    assert_eq!(screen(&state), before);
}

#[test]
fn every_seed_and_variant_of_a_large_study_can_be_reached() {
    let mut state = opened(80, 24);
    let mut large = study("ablation", 50, 20);
    large.line.path = path();
    tell(&mut state, [Message::Study(Arc::new(large))]);
    for (keys, words) in [("G", "variant-49"), ("g", "variant-0")] {
        press(&mut state, keys);
        assert!(screen(&state).contains(words), "{}", screen(&state));
    }
    press(&mut state, &"l".repeat(30));
    assert!(screen(&state).contains("seed 20"), "{}", screen(&state));
    assert_eq!(state.studies.open.as_ref().unwrap().column, 19);
    press(&mut state, &"h".repeat(18));
    assert!(screen(&state).contains("seed 2 "), "{}", screen(&state));
    press(&mut state, "t");
    assert!(screen(&state).contains("test MAE, less is better") && screen(&state).contains("reference"));
    press(&mut state, "G");
    assert!(screen(&state).contains("variant-49"), "{}", screen(&state));
}

#[test]
fn without_colour_the_shades_are_glyphs_and_numbers() {
    let mut state = opened(120, 36);
    state.abilities.colour = false;
    let text = screen(&state);
    for glyph in ["✔░", "✔█", "▶ ", "✘ "] {
        assert!(text.contains(glyph), "{glyph}: {text}");
    }
    state.abilities = Abilities { colour: false, unicode: false };
    assert!(screen(&state).contains("+# "), "{}", screen(&state));
}

#[test]
fn every_size_holds_a_study_and_hostile_names() {
    let mut state = opened(120, 36);
    let mut hostile = view();
    hostile.outcomes.variants[1].name = "e\u{1b}]0;x\u{7}\u{202e}电影".into();
    hostile = StudyView::new(hostile.line, hostile.outcomes, hostile.runs);
    tell(&mut state, [Message::Study(Arc::new(hostile))]);
    for width in (1..=140).step_by(3) {
        for height in 1..=40 {
            tell(&mut state, [Message::Resize(width, height)]);
            if let Some(open) = &mut state.studies.open {
                (open.table, open.column) = (height % 2 == 0, usize::from(width));
            }
            let harmless = |symbol: &str| symbol.chars().all(crate::sanitise::is_harmless);
            assert!(buffer(&state).content.iter().all(|cell| harmless(cell.symbol())));
        }
    }
}

#[test]
fn screens_of_studies() {
    insta::assert_snapshot!("studies_80x24", screen(&with_studies(80, 24)));
    insta::assert_snapshot!("study_80x24", screen(&opened(80, 24)));
    let mut state = opened(80, 24);
    press(&mut state, "t");
    insta::assert_snapshot!("study_table_80x24", screen(&state));
    let mut state = opened(200, 60);
    insta::assert_snapshot!("study_200x60", screen(&state));
    focus(&mut state, Pane::Studies);
    press(&mut state, "zjl");
    insta::assert_snapshot!("study_zoomed_200x60", screen(&state));
}

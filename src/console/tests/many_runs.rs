//! Many runs: groups, filters, and what is done to runs besides training them.

use std::path::PathBuf;

use crossterm::event::KeyCode;

use crate::console::fixture::*;
use crate::console::made_up::runs_in_studies;
use crate::console::state::State;
use crate::console::state::effect::Effect;
use crate::console::state::message::Message;
use crate::console::state::overlay::{Overlay, Question};
use crate::console::state::pane::Pane;
use crate::console::state::runs::Line;
use crate::run::list::{RunState, RunSummary};
use crate::run::organise::Change;
use crate::run::view::Phase;

/// 24 runs: three by hand, two of them tagged, and three studies of seven.
fn many() -> Vec<RunSummary> {
    let mut runs = runs();
    runs[0].tags = vec!["paper".into()];
    runs[2].tags = vec!["old".into(), "paper".into()];
    runs[2].note = "with the text features of 2019".into();
    for study in ["ablation", "noise", "rivals"] {
        for i in 0..7 {
            let name = format!("{study}-v{}-s{}", i / 3, i % 3);
            let state = match i {
                0 => RunState::At(Phase::Faulted),
                1 => RunState::At(Phase::Stopped),
                _ => RunState::At(Phase::Finished),
            };
            let path = PathBuf::from("/runs").join(study).join(&name);
            runs.push(RunSummary { name, path, state, study: Some(study.into()), ..runs[2].clone() });
        }
    }
    runs.iter_mut().skip(3).for_each(|r| (r.tags, r.note) = (vec![], String::new()));
    runs
}

fn with_many(width: u16, height: u16) -> State {
    let mut state = attached(width, height, events());
    focus(&mut state, Pane::Runs);
    tell(&mut state, [Message::Runs(many())]);
    state
}

fn selected(state: &State) -> String {
    match (state.runs.selected(), state.runs.selected_group()) {
        (Some(run), _) => run.name.clone(),
        (_, Some(group)) => format!("group {}", group.name),
        _ => String::new(),
    }
}

#[test]
fn studies_are_groups_that_open_and_close() {
    let mut state = with_many(120, 36);
    assert_eq!((state.runs.lines.len(), selected(&state).as_str()), (6, "2026-11-23-a"));
    press(&mut state, "jjj");
    assert_eq!(selected(&state), "group ablation");
    let text = screen(&state);
    assert!(text.contains("▸  ablation · 7") && text.contains("1 ✘ 1 ○ 5 ✔"), "{text}");
    assert_eq!(key(&mut state, KeyCode::Enter), []);
    assert_eq!((state.runs.lines.len(), selected(&state).as_str()), (13, "group ablation"));
    press(&mut state, "jj");
    assert_eq!(selected(&state), "ablation-v0-s1");
    // The list comes anew, in another order: the cursor stays on its run.
    tell(&mut state, [Message::Runs(many().into_iter().rev().collect())]);
    assert_eq!(selected(&state), "ablation-v0-s1");
    assert_eq!(
        key(&mut state, KeyCode::Enter)[0],
        Effect::Attach { attach: 2, path: "/runs/ablation/ablation-v0-s1".into(), follow: false }
    );
}

#[test]
fn tags_are_groups_and_a_run_of_two_is_in_both() {
    let mut state = with_many(120, 36);
    press(&mut state, "b");
    assert_eq!(
        state.runs.groups.iter().map(|g| (g.name.as_str(), g.runs.len())).collect::<Vec<_>>(),
        [("paper", 2), ("old", 1)]
    );
    // Runs without a tag are most of all; the groups do not hide behind them.
    let is_group = |line: &Line| matches!(line, Line::Group(_));
    let (groups, others) = state.runs.lines.split_at(2);
    assert!(groups.iter().all(is_group) && others.len() == 22 && !others.iter().any(is_group));
    press(&mut state, "b");
    assert_eq!((state.runs.lines.len(), state.runs.groups.len()), (24, 0));
    press(&mut state, "jjj");
    assert!(screen(&state).contains("ablation/ablation-v1-"), "{}", screen(&state));
    press(&mut state, "b");
    assert_eq!(state.runs.groups.len(), 3);
}

#[test]
fn a_filter_shows_what_passes_as_it_is_typed_and_escape_takes_it_back() {
    let mut state = with_many(120, 36);
    press(&mut state, "/state = stopped noi");
    assert_eq!(state.runs.found, 1);
    assert!(screen(&state).contains("noise-v0-s1"), "{}", screen(&state));
    assert!(screen(&state).contains("filter runs: state = stopped noi"));
    key(&mut state, KeyCode::Enter);
    assert!(screen(&state).contains("1/24 /state = stopped noi"), "{}", screen(&state));
    press(&mut state, "/ nothing");
    assert!(screen(&state).contains("no run passes the filter"), "{}", screen(&state));
    key(&mut state, KeyCode::Esc);
    assert_eq!((state.runs.filter_text.as_str(), state.runs.found), ("state = stopped noi", 1));
    key(&mut state, KeyCode::Esc);
    assert_eq!((state.runs.filter_text.as_str(), state.runs.found), ("", 24));
    // What is not understood is said, and enter waits for something better.
    press(&mut state, "/datset = sims");
    key(&mut state, KeyCode::Enter);
    assert!(screen(&state).contains("no fact of a run datset; did you mean dataset?"), "{}", screen(&state));
    assert!(matches!(state.overlay, Some(Overlay::FilterRuns { .. })));
    key(&mut state, KeyCode::Esc);
    // A word that no run holds and that is nearly one of the language is doubted.
    press(&mut state, "/finishd");
    assert!(screen(&state).contains("did you mean state = finished?"), "{}", screen(&state));
}

#[test]
fn a_run_is_renamed_tagged_and_noted_and_the_world_is_asked() {
    let mut state = with_many(120, 36);
    press(&mut state, "jj");
    let paths = vec![PathBuf::from("/runs/mosi-baseline")];
    press(&mut state, "e-2");
    assert!(screen(&state).contains("new name: mosi-baseline-2"), "{}", screen(&state));
    let change = Change::Rename { to: "mosi-baseline-2".into() };
    assert_eq!(key(&mut state, KeyCode::Enter), [Effect::Organise { paths: paths.clone(), change }]);
    press(&mut state, "tnew");
    let change = Change::Tag { add: vec!["new".into()], remove: vec![] };
    assert_eq!(key(&mut state, KeyCode::Enter), [Effect::Organise { paths: paths.clone(), change }]);
    press(&mut state, "n, said");
    let change = Change::Note { text: "with the text features of 2019, said".into() };
    assert_eq!(key(&mut state, KeyCode::Enter), [Effect::Organise { paths, change }]);
    // Escape does nothing, and a group has no name.
    press(&mut state, "ex");
    assert_eq!(key(&mut state, KeyCode::Esc), []);
    press(&mut state, "je");
    assert!(state.overlay.is_none() && state.notice.as_ref().unwrap().text.contains("no name of its own"));
    press(&mut state, "tbatch");
    let effects = key(&mut state, KeyCode::Enter);
    assert!(matches!(&effects[..], [Effect::Organise { paths, .. }] if paths.len() == 7), "{effects:?}");
}

#[test]
fn deleting_asks_and_never_takes_what_is_live() {
    let mut state = with_many(120, 36);
    press(&mut state, "D");
    assert!(state.overlay.is_none() && state.notice.as_ref().unwrap().text.contains("is live"), "{:?}", state.notice);
    press(&mut state, "jD");
    assert!(screen(&state).contains("Delete run 2026-11-22-b for good?"), "{}", screen(&state));
    assert_eq!(press(&mut state, "n"), []);
    press(&mut state, "jjD");
    assert!(screen(&state).contains("Delete 7 runs for good?"), "{}", screen(&state));
    assert!(matches!(&state.overlay, Some(Overlay::Confirm(Question::Delete { names, .. })) if names.len() == 7));
    let effects = press(&mut state, "y");
    assert!(matches!(&effects[..], [Effect::Organise { change: Change::Remove, .. }]), "{effects:?}");
    state.read_only = true;
    for key in ["D", "t", "e", "n"] {
        press(&mut state, key);
        assert!(state.overlay.is_none() && state.notice.as_ref().unwrap().text.contains("read-only"), "{key}");
    }
}

#[test]
fn a_run_that_went_is_not_shown_and_one_that_was_renamed_is_shown_on() {
    let mut state = with_many(120, 36);
    press(&mut state, "jo");
    let (from, to) = (PathBuf::from("/runs/2026-11-23-a"), PathBuf::from("/runs/better"));
    let renamed = Message::Organised { from: from.clone(), to: Some(to.clone()) };
    let effects = tell(&mut state, [renamed]);
    assert!(effects.contains(&Effect::Attach { attach: 2, path: to.clone(), follow: false }), "{effects:?}");
    assert_eq!((state.focus, selected(&state).as_str()), (Pane::Runs, "better"));
    let tagged = Message::Organised { from: to.clone(), to: Some(to.clone()) };
    assert_eq!(tell(&mut state, [tagged]), []);
    let effects = tell(&mut state, [Message::Organised { from: to.clone(), to: None }]);
    assert!(effects.contains(&Effect::Detach), "{effects:?}");
    assert!(state.run.is_none() && state.runs.beside.is_empty() && state.runs.all.iter().all(|r| r.path != to));
    // Late news of it changes nothing.
    tell(&mut state, [Message::Events { attach: 2, events: events(), caught_up: true }]);
    assert!(state.run.is_none());
}

#[test]
fn a_group_that_opens_at_the_end_shows_its_runs() {
    let mut state = with_many(120, 36);
    press(&mut state, "gjjj");
    key(&mut state, KeyCode::Enter);
    press(&mut state, "jjjjjjjj");
    assert_eq!(selected(&state), "group noise");
    key(&mut state, KeyCode::Enter);
    let text = screen(&state);
    assert!(text.contains("noise-v0-s0") && text.contains("noise-v2-s0"), "{text}");
}

#[test]
fn a_run_in_a_closed_group_is_opened_when_it_is_shown() {
    let mut state = with_many(120, 36);
    let path = PathBuf::from("/runs/noise/noise-v2-s0");
    tell(&mut state, [Message::Created { path, name: "noise-v2-s0".into() }]);
    assert_eq!(selected(&state), "noise-v2-s0");
}

#[test]
fn screens_of_many_runs() {
    let mut state = with_many(80, 24);
    press(&mut state, "jjj");
    key(&mut state, KeyCode::Enter);
    insta::assert_snapshot!("runs_80x24", screen(&state));
    let mut state = with_many(200, 60);
    press(&mut state, "zjjj");
    key(&mut state, KeyCode::Enter);
    insta::assert_snapshot!("runs_200x60", screen(&state));
}

/// 200 runs in 10 studies of 20, the last one live.
fn two_hundred(width: u16, height: u16) -> State {
    let mut state = attached(width, height, events());
    focus(&mut state, Pane::Runs);
    let mut runs = runs_in_studies(200, 20);
    runs[199].state = RunState::At(Phase::Training);
    tell(&mut state, [Message::Runs(runs)]);
    state
}

#[test]
fn two_hundred_runs_are_filtered_sorted_marked_and_changed_together() {
    let mut state = two_hundred(120, 36);
    assert_eq!((state.runs.groups.len(), state.runs.lines.len()), (10, 10));
    // One language for facts, settings, metrics, states, tags and studies.
    press(&mut state, "/joint.unimodal_weight > 0.2 and study = study-3 state = finished");
    key(&mut state, KeyCode::Enter);
    let weight = |at: &usize| state.runs.all[*at].setting("joint.unimodal_weight").unwrap().as_f64().unwrap();
    assert!(state.runs.groups.len() == 1 && state.runs.groups[0].runs.iter().all(|at| weight(at) == 0.3));
    assert_eq!(state.runs.found, state.runs.groups[0].runs.len());
    // The best first.
    press(&mut state, "Otest.mae");
    key(&mut state, KeyCode::Enter);
    assert!(screen(&state).contains("by test.mae ↑"), "{}", screen(&state));
    let mae = |state: &State| -> Vec<f64> {
        let runs = state.runs.groups[0].runs.iter();
        runs.map(|at| state.runs.all[*at].result.as_ref().unwrap().metrics.test["mae"].unwrap()).collect()
    };
    assert!(mae(&state).is_sorted() && mae(&state).len() > 2);
    press(&mut state, "O");
    for _ in 0..8 {
        key(&mut state, KeyCode::Backspace);
    }
    press(&mut state, "-mae");
    key(&mut state, KeyCode::Enter);
    assert!(mae(&state).is_sorted_by(|a, b| a >= b));
    // The group is marked as a whole; tags go to all of it, a name to none.
    let count = state.runs.found;
    press(&mut state, "gx");
    assert_eq!((state.runs.marked.len(), state.runs.meant().len()), (count, count));
    assert!(screen(&state).contains(&format!("{count} marked")), "{}", screen(&state));
    press(&mut state, "tbest");
    let effects = key(&mut state, KeyCode::Enter);
    assert!(matches!(&effects[..], [Effect::Organise { paths, .. }] if paths.len() == count), "{effects:?}");
    press(&mut state, "e");
    assert!(state.overlay.is_none() && state.notice.as_ref().unwrap().text.contains("several are marked"));
    // Deleting asks, and says of how many.
    press(&mut state, "D");
    assert!(screen(&state).contains(&format!("Delete {count} runs for good?")), "{}", screen(&state));
    let effects = press(&mut state, "y");
    assert!(matches!(&effects[..], [Effect::Organise { paths, change: Change::Remove }] if paths.len() == count));
    // What is gone is marked no more; escape shows all again, then takes the marks away.
    for path in state.runs.marked.clone() {
        tell(&mut state, [Message::Organised { from: path, to: None }]);
    }
    assert!(state.runs.marked.is_empty() && state.runs.all.len() == 200 - count);
    press(&mut state, "gx");
    key(&mut state, KeyCode::Esc);
    assert_eq!((state.runs.filter_text.as_str(), state.runs.found), ("", 200 - count));
    // The last run is live: with it nothing of its group is deleted.
    press(&mut state, "/study = study-9");
    key(&mut state, KeyCode::Enter);
    press(&mut state, "gx");
    assert_eq!(state.runs.marked.len(), 20);
    press(&mut state, "D");
    assert!(state.overlay.is_none() && state.notice.as_ref().unwrap().text.contains("is live"), "{:?}", state.notice);
    key(&mut state, KeyCode::Esc);
    assert_eq!((state.runs.found, state.runs.marked.len()), (200 - count, 20));
    key(&mut state, KeyCode::Esc);
    assert!(state.runs.marked.is_empty());
}

#[test]
fn the_table_of_runs_sorts_by_a_column_and_scrolls_both_ways() {
    let mut state = two_hundred(80, 24);
    press(&mut state, "v");
    let text = screen(&state);
    assert!(state.zoom && text.contains("study-0/variant-0-s0") && text.contains("denoising.learner"), "{text}");
    assert_eq!(state.runs.lines.len(), 200, "groups are open: one compares across them");
    assert!(!text.contains("test.mae"), "{text}");
    // Right until the column is there: the name stays.
    for _ in 0..12 {
        if state.runs.table.as_ref().unwrap().cursor == "test.mae" {
            break;
        }
        press(&mut state, "l");
    }
    let text = screen(&state);
    assert!(text.contains("test.mae") && text.contains("variant-0-s0") && text.contains('‹'), "{text}");
    press(&mut state, "O");
    let shown = |state: &State| -> Vec<f64> {
        let run = |line: &Line| match line {
            Line::Run(at) => state.runs.all[*at].result.as_ref().map(|r| r.metrics.test["mae"].unwrap()),
            Line::Group(_) => None,
        };
        state.runs.lines.iter().filter_map(run).collect()
    };
    assert!(shown(&state).is_sorted() && screen(&state).contains("by test.mae ↑"), "{}", screen(&state));
    assert!(screen(&state).lines().nth(3).unwrap().contains('*'), "the best is first: {}", screen(&state));
    press(&mut state, "O");
    assert!(shown(&state).is_sorted_by(|a, b| a >= b) && screen(&state).contains("by test.mae ↓"));
    // Marks and filters work as in the list; escape goes back to it.
    press(&mut state, "xx/variant-3");
    key(&mut state, KeyCode::Enter);
    assert!(state.runs.marked.len() == 2 && state.runs.found < 200);
    key(&mut state, KeyCode::Esc);
    assert!(state.runs.table.is_none() && !state.zoom);
}

#[test]
fn marked_runs_lie_over_each_other_with_a_legend_that_needs_no_colour() {
    let mut state = two_hundred(200, 60);
    state.abilities.colour = false;
    press(&mut state, "/study-1 seed = 1");
    key(&mut state, KeyCode::Enter);
    press(&mut state, "gx");
    let count = state.runs.marked.len();
    let effects = press(&mut state, "o");
    let on = |e: &&Effect| matches!(e, Effect::Beside { on: true, .. });
    assert_eq!(effects.iter().filter(on).count(), count.min(7));
    for beside in state.runs.beside.clone() {
        tell(&mut state, [Message::Beside { path: beside.path, events: events(), restarted: false }]);
    }
    press(&mut state, "2");
    let text = screen(&state);
    for letter in ["bB variant-0-s1", "cC variant-1-s1", "dD variant-2-s1"] {
        assert!(text.contains(letter), "{text}");
    }
    insta::assert_snapshot!("runs_overlaid_200x60", text);
    let mut state = two_hundred(80, 24);
    press(&mut state, "v");
    insta::assert_snapshot!("runs_table_80x24", screen(&state));
    let mut state = two_hundred(200, 60);
    press(&mut state, "vllllO");
    insta::assert_snapshot!("runs_table_200x60", screen(&state));
}

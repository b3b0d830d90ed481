//! What keys do while something stands over the panes: help, a question, a line to type, a clip's details, the columns.

use std::path::Path;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use tui_input::{Input as Line, InputRequest};

use super::act::act;
use super::labels::apply_filter;
use super::say::say;
use super::{control, labels, organise, runs, studies};
use crate::console::layout::{areas, entry, help, judgement};
use crate::console::state::action::Action;
use crate::console::state::effect::{Effect, Export};
use crate::console::state::overlay::{Overlay, Question};
use crate::console::state::{State, keys};
use crate::report::figure::{Format, Request};
use crate::run::organise::Change;
use crate::training::events::Level;

/// Longest line that can be typed or pasted.
const LINE: usize = 4096;

/// Takes in a key.
pub fn key(state: &mut State, event: &KeyEvent, effects: &mut Vec<Effect>) {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    match event.code {
        // Leaving and the terminal's own keys work everywhere.
        KeyCode::Char('c') if control => return effects.push(Effect::Leave),
        KeyCode::Char('z') if control => return effects.push(Effect::Suspend),
        KeyCode::Char('l') if control => return effects.push(Effect::Redraw),
        _ => {}
    }
    let Some(overlay) = state.overlay.take() else { return };
    match overlay {
        Overlay::Confirm(question) => match event.code {
            KeyCode::Char('y' | 'Y') => confirmed(state, question, effects),
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => say(state, Level::Info, "left as it is"),
            _ => state.overlay = Some(Overlay::Confirm(question)),
        },
        Overlay::Help { .. }
        | Overlay::Detail { .. }
        | Overlay::Comparison { .. }
        | Overlay::Card { .. }
        | Overlay::Problem { .. }
        | Overlay::Entry { .. }
        | Overlay::Judgement { .. } => {
            state.overlay = Some(overlay);
            read(state, event, effects);
        }
        Overlay::OpenFile(mut line) => match event.code {
            KeyCode::Esc => {}
            KeyCode::Enter if line.value().trim().is_empty() => {}
            KeyCode::Enter => {
                effects.push(Effect::Open(line.value().trim().to_owned()));
                say(state, Level::Info, "opening the file");
            }
            _ => {
                edit(&mut line, event);
                state.overlay = Some(Overlay::OpenFile(line));
            }
        },
        Overlay::Figure { mut line, request } => match event.code {
            KeyCode::Esc => {}
            KeyCode::Enter => draw_figure(state, line.value().trim(), request, effects),
            _ => {
                edit(&mut line, event);
                state.overlay = Some(Overlay::Figure { line, request });
            }
        },
        Overlay::Filter { mut line, before } => match event.code {
            KeyCode::Esc => apply_filter(state, &before, effects),
            KeyCode::Enter if state.labels.filter_error.is_none() => {
                if let Some(doubt) = state.labels.filter_doubt.clone() {
                    say(state, Level::Warning, doubt);
                }
            }
            _ => {
                edit(&mut line, event);
                apply_filter(state, line.value(), effects);
                state.overlay = Some(Overlay::Filter { line, before });
            }
        },
        Overlay::RunStudy(mut line) => match event.code {
            KeyCode::Esc => {}
            KeyCode::Enter if line.value().trim().is_empty() => {}
            KeyCode::Enter => studies::run(state, line.value(), effects),
            _ => {
                edit(&mut line, event);
                state.overlay = Some(Overlay::RunStudy(line));
            }
        },
        Overlay::SetSetting(mut line) => match event.code {
            KeyCode::Esc => {}
            KeyCode::Enter => control::set(state, line, effects),
            _ => {
                edit(&mut line, event);
                state.overlay = Some(Overlay::SetSetting(line));
            }
        },
        Overlay::FilterRuns { mut line, before } => match event.code {
            KeyCode::Esc => runs::filter(state, &before),
            KeyCode::Enter if state.runs.filter_error.is_none() => {
                if let Some(doubt) = state.runs.filter_doubt.clone() {
                    say(state, Level::Warning, doubt);
                }
            }
            _ => {
                edit(&mut line, event);
                runs::filter(state, line.value());
                state.overlay = Some(Overlay::FilterRuns { line, before });
            }
        },
        Overlay::SortRuns { mut line, before } => match event.code {
            KeyCode::Esc => runs::sort_by(state, &before),
            KeyCode::Enter if state.runs.keys_error.is_none() => {}
            _ => {
                edit(&mut line, event);
                runs::sort_by(state, line.value());
                state.overlay = Some(Overlay::SortRuns { line, before });
            }
        },
        Overlay::Organise { paths, what, mut line } => match event.code {
            KeyCode::Esc => {}
            KeyCode::Enter => organise::typed(paths, &what, line.value(), effects),
            _ => {
                edit(&mut line, event);
                state.overlay = Some(Overlay::Organise { paths, what, line });
            }
        },
        Overlay::Columns { .. } if !areas::holds_overlay(state.size) && event.code != KeyCode::Esc => {
            state.overlay = Some(overlay);
        }
        Overlay::Columns { at } => columns(state, at, event, effects),
        Overlay::Note { row, mut line, back } => match event.code {
            KeyCode::Esc => state.overlay = back.map(|b| *b),
            KeyCode::Enter => {
                state.overlay = back.map(|b| *b);
                labels::take_note(state, row, line.value(), effects);
            }
            _ => {
                edit(&mut line, event);
                state.overlay = Some(Overlay::Note { row, line, back });
            }
        },
        Overlay::Export(mut line) => match event.code {
            KeyCode::Esc => {}
            KeyCode::Tab => {
                state.labels.escape_formulas = !state.labels.escape_formulas;
                labels::remember(state, effects);
                state.overlay = Some(Overlay::Export(line));
            }
            KeyCode::Enter => {
                if let Err(problem) = labels::export(state, line.value(), effects) {
                    say(state, Level::Warning, problem);
                    state.overlay = Some(Overlay::Export(line));
                }
            }
            _ => {
                edit(&mut line, event);
                state.overlay = Some(Overlay::Export(line));
            }
        },
    }
}

/// Has a figure drawn; a path that cannot be one is asked for again.
fn draw_figure(state: &mut State, path: &str, request: Request, effects: &mut Vec<Effect>) {
    let Some(run) = state.run.as_ref().map(|r| r.path.clone()) else { return };
    if let Err(e) = Format::of(Path::new(path)) {
        say(state, Level::Error, e.to_string());
        return state.overlay = Some(Overlay::Figure { line: path.into(), request });
    }
    effects.push(Effect::Draw { run, request, path: path.to_owned() });
    say(state, Level::Info, "drawing the figure");
}

/// Keys while something is read: scrolling, closing, and in a clip's details the next clip and its neighbours.
fn read(state: &mut State, event: &KeyEvent, effects: &mut Vec<Effect>) {
    let detail = matches!(state.overlay, Some(Overlay::Detail { .. }));
    let judgement = matches!(state.overlay, Some(Overlay::Judgement { .. }));
    let card = matches!(state.overlay, Some(Overlay::Card { .. }));
    match event.code {
        KeyCode::Esc | KeyCode::Char('q') => return state.overlay = None,
        // Nothing that cannot be seen is done.
        _ if !areas::holds_overlay(state.size) => return,
        KeyCode::Char('?') | KeyCode::F(1) if !detail => return state.overlay = None,
        KeyCode::Tab if detail => return turn_neighbour(state, true),
        KeyCode::BackTab if detail => return turn_neighbour(state, false),
        KeyCode::Enter if detail => return enter_neighbour(state, effects),
        KeyCode::Char('p') if judgement => return act(state, Action::SummarySplit, effects),
        KeyCode::Char('#') if judgement => return state.overlay = None,
        KeyCode::Char('i') if card => return state.overlay = None,
        KeyCode::Enter if matches!(state.overlay, Some(Overlay::Entry { .. })) => return state.overlay = None,
        KeyCode::Left | KeyCode::Char('h') => sideways(state, -1),
        KeyCode::Right | KeyCode::Char('l') => sideways(state, 1),
        _ => {}
    }
    match keys::find(event, state.focus) {
        Some(Action::Up) if !detail => scroll(state, -1),
        Some(Action::Down) if !detail => scroll(state, 1),
        Some(Action::PageUp) => scroll(state, -10),
        Some(Action::PageDown) => scroll(state, 10),
        Some(Action::First) => scroll(state, isize::MIN),
        Some(Action::Last) => scroll(state, 10_000),
        Some(action @ (Action::Up | Action::Down)) => {
            act(state, action, effects);
            if let Some(row) = state.labels.selected().map(|r| r.row as u32) {
                labels::open_detail(state, row, effects);
            }
        }
        Some(action @ (Action::CopyRow | Action::CopyValue | Action::Review | Action::Note)) if detail => {
            act(state, action, effects);
        }
        _ => {}
    }
}

/// Chooses the next neighbour of the clip that is looked at, or none.
fn turn_neighbour(state: &mut State, forward: bool) {
    let Some(Overlay::Detail { row, neighbour, .. }) = &mut state.overlay else { return };
    let known = state.labels.neighbours.as_ref().filter(|(r, _)| r == row).and_then(|(_, f)| f.as_ref().ok());
    let count = known.map_or(0, |found| found.iter().map(|(_, list)| list.len()).sum());
    *neighbour = match (*neighbour, forward) {
        _ if count == 0 => None,
        (None, true) => Some(0),
        (None, false) => Some(count - 1),
        (Some(at), true) => Some(at + 1).filter(|at| *at < count),
        (Some(at), false) => at.checked_sub(1),
    };
}

/// Goes to the chosen neighbour; closes the details where none is chosen.
fn enter_neighbour(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Detail { row, neighbour, .. }) = &state.overlay else { return };
    let known = state.labels.neighbours.as_ref().filter(|(r, _)| r == row).and_then(|(_, f)| f.as_ref().ok());
    let chosen = neighbour.and_then(|at| known?.iter().flat_map(|(_, list)| list).nth(at)).map(|n| n.row);
    match chosen {
        Some(row) => labels::go_to(state, row, effects),
        None => state.overlay = None,
    }
}

/// Keys in the list of columns.
fn columns(state: &mut State, at: usize, event: &KeyEvent, effects: &mut Vec<Effect>) {
    let count = state.labels.columns.all().len();
    let mut to = at.min(count - 1);
    match (event.code, keys::find(event, state.focus)) {
        (KeyCode::Esc | KeyCode::Char('q' | 'C'), _) => return,
        (KeyCode::Char(' ') | KeyCode::Enter, _) => {
            let labels = &mut state.labels;
            let column = labels.columns.all()[to];
            if labels.columns.toggle(column, &labels.table) {
                labels::remember(state, effects);
            }
        }
        (_, Some(Action::MoveColumnLeft | Action::MoveColumnRight)) | (KeyCode::Char('K' | 'J'), _) => {
            let down = matches!(event.code, KeyCode::Char('>' | 'L' | 'J'));
            to = state.labels.columns.slide_among_all(to, down);
            labels::remember(state, effects);
        }
        (_, Some(Action::ShowColumns)) => act(state, Action::ShowColumns, effects),
        (_, Some(Action::Up)) => to = to.saturating_sub(1),
        (_, Some(Action::Down)) => to = (to + 1).min(count - 1),
        (_, Some(Action::First)) => to = 0,
        (_, Some(Action::Last)) => to = count - 1,
        _ => {}
    }
    state.overlay = Some(Overlay::Columns { at: to });
}

/// Scrolls what is being read.
pub fn scroll(state: &mut State, by: isize) {
    if let Some(
        Overlay::Help { scroll }
        | Overlay::Detail { scroll, .. }
        | Overlay::Comparison { scroll, .. }
        | Overlay::Card { scroll, .. }
        | Overlay::Problem { scroll, .. }
        | Overlay::Entry { scroll, .. }
        | Overlay::Judgement { scroll },
    ) = &mut state.overlay
    {
        *scroll = scroll.saturating_add_signed(by).min(1000);
    }
}

/// Brings further runs into sight where runs are compared.
fn sideways(state: &mut State, by: isize) {
    if let Some(Overlay::Comparison { runs, left, .. }) = &mut state.overlay {
        *left = left.saturating_add_signed(by).min(runs.runs.len().saturating_sub(1));
    }
}

/// The line that is being typed.
fn line(overlay: &mut Overlay) -> Option<&mut Line> {
    match overlay {
        Overlay::OpenFile(line)
        | Overlay::RunStudy(line)
        | Overlay::SetSetting(line)
        | Overlay::Export(line)
        | Overlay::Filter { line, .. }
        | Overlay::Note { line, .. }
        | Overlay::FilterRuns { line, .. }
        | Overlay::SortRuns { line, .. }
        | Overlay::Organise { line, .. }
        | Overlay::Figure { line, .. } => Some(line),
        _ => None,
    }
}

/// True while a line is being typed.
pub fn is_typing(state: &mut State) -> bool {
    state.overlay.as_mut().and_then(line).is_some()
}

/// Takes in pasted text where a line is being typed.
pub fn paste(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    type_text(state, text.trim(), effects);
}

/// Takes in text as if it was typed, at once.
pub fn type_text(state: &mut State, text: &str, effects: &mut Vec<Effect>) {
    if let Some(line) = state.overlay.as_mut().and_then(line).filter(|_| !text.is_empty()) {
        text.chars().filter(|c| !c.is_control()).take(LINE).for_each(|c| insert(line, c));
    }
    let typed = state.overlay.as_mut().and_then(line).map(|line| line.value().to_owned()).unwrap_or_default();
    match state.overlay {
        Some(Overlay::Filter { .. }) => apply_filter(state, &typed, effects),
        Some(Overlay::FilterRuns { .. }) => runs::filter(state, &typed),
        Some(Overlay::SortRuns { .. }) => runs::sort_by(state, &typed),
        _ => {}
    }
}

fn insert(line: &mut Line, c: char) {
    if line.value().len() < LINE {
        line.handle(InputRequest::InsertChar(c));
    }
}

fn edit(line: &mut Line, event: &KeyEvent) {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let request = match (event.code, control) {
        (KeyCode::Char('a'), true) | (KeyCode::Home, _) => InputRequest::GoToStart,
        (KeyCode::Char('e'), true) | (KeyCode::End, _) => InputRequest::GoToEnd,
        (KeyCode::Char('w'), true) => InputRequest::DeletePrevWord,
        (KeyCode::Char('u'), true) => InputRequest::DeleteFromStart,
        (KeyCode::Char('k'), true) => InputRequest::DeleteTillEnd,
        (KeyCode::Char('d'), true) | (KeyCode::Delete, _) => InputRequest::DeleteNextChar,
        (KeyCode::Backspace, _) => InputRequest::DeletePrevChar,
        (KeyCode::Left, true) => InputRequest::GoToPrevWord,
        (KeyCode::Right, true) => InputRequest::GoToNextWord,
        (KeyCode::Left, false) => InputRequest::GoToPrevChar,
        (KeyCode::Right, false) => InputRequest::GoToNextChar,
        (KeyCode::Char(c), false) => return insert(line, c),
        _ => return,
    };
    line.handle(request);
}

fn confirmed(state: &mut State, question: Question, effects: &mut Vec<Effect>) {
    if control::confirmed(state, &question, effects) {
        return;
    }
    match question {
        Question::Overwrite(export) => {
            say(state, Level::Info, format!("writing {} rows", export.rows.len()));
            effects.push(Effect::Export(Export { overwrite: true, ..export }));
        }
        Question::Delete { paths, .. } => {
            say(state, Level::Info, "deleting");
            effects.push(Effect::Organise { paths, change: Change::Remove });
        }
        Question::StopStudy { path, name } => {
            say(state, Level::Info, format!("study {name} is told to stop"));
            effects.push(Effect::StopStudy { path });
        }
        Question::ResumeStudy { path, name } => {
            say(state, Level::Info, format!("going on with study {name}"));
            effects.push(Effect::ResumeStudy { path });
        }
        Question::TrainBeside(dataset) => {
            effects.push(Effect::Train { dataset });
            say(state, Level::Info, "starting another run");
        }
        _ => {}
    }
}

/// Keeps what is read over the panes from being scrolled beyond its end, from where keys would seem to do nothing.
pub fn settle(state: &mut State) {
    let screen = Rect::new(0, 0, state.size.0, state.size.1);
    let beyond = match &state.overlay {
        Some(Overlay::Help { .. }) => help::beyond(state, screen),
        Some(Overlay::Judgement { .. }) => judgement::beyond(state, screen),
        Some(Overlay::Entry { of, at, .. }) => entry::beyond(state, *of, *at, screen),
        _ => return,
    };
    if let Some(Overlay::Help { scroll } | Overlay::Judgement { scroll } | Overlay::Entry { scroll, .. }) =
        &mut state.overlay
    {
        *scroll = (*scroll).min(beyond);
    }
}

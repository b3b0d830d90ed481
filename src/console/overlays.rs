//! What keys do while something stands over the panes: help, a question, a line to type, a clip's details.

use std::path::Path;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input as Line, InputRequest};

use super::actions::{self, Action};
use super::backend::{Effect, Link};
use super::filter::Filter;
use super::keys::{act, send, take_up};
use super::state::{Overlay, Question, State};
use super::update::{reindex, say};
use crate::report::figure::{Format, Request};
use crate::training::events::{Command, Level};

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
        Overlay::Help { .. } | Overlay::Detail { .. } | Overlay::Comparison { .. } => {
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
            KeyCode::Esc => apply_filter(state, &before),
            KeyCode::Enter if state.labels.filter_error.is_none() => {}
            _ => {
                edit(&mut line, event);
                apply_filter(state, line.value());
                state.overlay = Some(Overlay::Filter { line, before });
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

/// Keys while something is read: scrolling, closing, and in a clip's details the next clip.
fn read(state: &mut State, event: &KeyEvent, effects: &mut Vec<Effect>) {
    let detail = matches!(state.overlay, Some(Overlay::Detail { .. }));
    match event.code {
        KeyCode::Esc | KeyCode::Char('q') => return state.overlay = None,
        KeyCode::Char('?') | KeyCode::F(1) if !detail => return state.overlay = None,
        KeyCode::Enter if detail => return state.overlay = None,
        _ => {}
    }
    match actions::find(event, state.focus) {
        Some(Action::Up) if !detail => scroll(state, -1),
        Some(Action::Down) if !detail => scroll(state, 1),
        Some(Action::PageUp) => scroll(state, -10),
        Some(Action::PageDown) => scroll(state, 10),
        Some(Action::First) => scroll(state, isize::MIN),
        Some(Action::Last) if !detail => scroll(state, 10_000),
        Some(action @ (Action::Up | Action::Down | Action::CopyRow | Action::CopyValue)) if detail => {
            act(state, action, effects);
        }
        _ => {}
    }
}

/// Scrolls what is being read.
pub fn scroll(state: &mut State, by: isize) {
    if let Some(Overlay::Help { scroll } | Overlay::Detail { scroll } | Overlay::Comparison { scroll, .. }) =
        &mut state.overlay
    {
        *scroll = scroll.saturating_add_signed(by).min(1000);
    }
}

/// Takes in pasted text where a line is being typed.
pub fn paste(state: &mut State, text: &str) {
    let Some(mut overlay) = state.overlay.take() else { return };
    if let Overlay::OpenFile(line) | Overlay::Filter { line, .. } | Overlay::Figure { line, .. } = &mut overlay {
        for c in text.trim().chars().filter(|c| !c.is_control()).take(LINE) {
            insert(line, c);
        }
    }
    if let Overlay::Filter { line, .. } = &overlay {
        apply_filter(state, line.value());
    }
    state.overlay = Some(overlay);
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

/// Filters by the text; where it does not parse, says so and keeps the rows as they are.
fn apply_filter(state: &mut State, text: &str) {
    state.labels.filter_text = text.to_owned();
    match Filter::parse(text) {
        Ok(filter) => {
            state.labels.filter_error = None;
            if filter != state.labels.filter {
                state.labels.filter = filter;
                reindex(state);
            }
        }
        Err(error) => state.labels.filter_error = Some(error.to_string()),
    }
}

fn confirmed(state: &mut State, question: Question, effects: &mut Vec<Effect>) {
    match question {
        Question::Restart(stage) if state.run.as_ref().is_some_and(|r| r.link == Link::Absent) => {
            take_up(state, Some(stage), effects);
        }
        Question::Restart(stage) => {
            send(state, Command::RestartStage { stage }, "the stage is begun anew", effects);
        }
        Question::Stop => {
            send(state, Command::StopNow, "stopping: the batch is finished and a checkpoint written", effects)
        }
        Question::TrainBeside(dataset) => {
            effects.push(Effect::Train { dataset });
            say(state, Level::Info, "starting another run");
        }
    }
}

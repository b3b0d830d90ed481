//! What keys, pastes and the mouse change.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::act::{act, show_pane};
use super::focus::focus;
use super::overlays;
use super::panes::keys;
use super::say::say;
use crate::console::layout::areas::{Mode, areas};
use crate::console::layout::{areas, tabs};
use crate::console::state::State;
use crate::console::state::effect::Effect;
use crate::console::state::keys::{LOWER, WITHOUT_PANES, find};
use crate::console::state::pane::Pane;
use crate::console::terminal::decode::Input;
use crate::console::widgets::frame::inner;
use crate::training::events::Level;

/// Takes in what a person did.
pub fn input(state: &mut State, input: Input, effects: &mut Vec<Effect>) {
    match input {
        Input::Key(event) => key(state, &event, effects),
        Input::Paste(text) => overlays::paste(state, &text, effects),
        Input::Click(column, row) => click(state, column, row, effects),
        Input::Wheel(column, row, direction) => {
            let by = isize::from(direction) * 3;
            match under(state, column, row) {
                _ if state.overlay.is_some() => overlays::scroll(state, by),
                Some(pane) => scroll(state, pane, by),
                None => {}
            }
        }
    }
}

fn key(state: &mut State, event: &KeyEvent, effects: &mut Vec<Effect>) {
    state.notice = None;
    let paneless = areas::mode(state.size.0, state.size.1) == Mode::Line;
    if state.overlay.is_some() {
        overlays::key(state, event, effects);
    } else if paneless {
        act_without_panes(state, event, effects);
    } else if let Some(action) = find(event, state.focus) {
        act(state, action, effects);
    }
}

/// On a screen without panes: only what its lines name, so that nothing happens that cannot be seen.
fn act_without_panes(state: &mut State, event: &KeyEvent, effects: &mut Vec<Effect>) {
    // The run is what the lines tell of, whatever pane had the focus before the screen became small.
    let focus = state.focus;
    if state.run.is_some() {
        state.focus = Pane::Losses;
    }
    match find(event, state.focus) {
        Some(action) if WITHOUT_PANES.contains(&action) => act(state, action, effects),
        Some(_) => say(state, Level::Info, "no panes on so small a screen; ? lists the keys that work"),
        None => {}
    }
    if state.run.is_some() && state.focus == Pane::Losses {
        state.focus = focus;
    }
}

/// The pane at a place of the screen.
fn under(state: &State, column: u16, row: u16) -> Option<Pane> {
    let areas = areas(state);
    areas.panes.iter().rev().find(|(_, a)| a.contains((column, row).into())).map(|(pane, _)| *pane)
}

/// The pane whose name is at a place of the screen: a tab of the lower slot, or a line of the rail.
fn named(state: &State, column: u16, row: u16) -> Option<Pane> {
    let areas = areas(state);
    if let Some(rail) = areas.rail.filter(|r| r.contains((column, row).into())) {
        return areas::rail_pane(rail, row);
    }
    let slot = |(pane, area): &&(Pane, Rect)| LOWER.contains(pane) && area.y == row;
    let (_, area) = areas.panes.iter().find(slot).filter(|_| areas::tabbed(state))?;
    tabs::at(state, *area, column)
}

fn click(state: &mut State, column: u16, row: u16, effects: &mut Vec<Effect>) {
    if state.overlay.is_some() {
        return;
    }
    if let Some(pane) = named(state, column, row) {
        state.notice = None;
        return show_pane(state, pane, effects);
    }
    let Some(pane) = under(state, column, row) else { return };
    state.notice = None;
    focus(state, pane);
    let areas = areas(state);
    let Some((_, area)) = areas.panes.iter().find(|(p, _)| *p == pane) else { return };
    let own = keys(pane);
    if let Some(at) = own.at(state, inner(*area), row) {
        let len = own.len(state);
        if let Some(list) = own.list(state) {
            list.select(at, len);
        }
    }
    own.moved(state, effects);
    own.clicked(state, column, row);
}

fn scroll(state: &mut State, pane: Pane, by: isize) {
    let len = keys(pane).len(state);
    if let Some(list) = keys(pane).list(state) {
        list.step(by, len);
    }
}

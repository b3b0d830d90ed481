//! What keys do that work in any pane, and the way to those of the focused one.

use super::focus::{focus, show_stage};
use super::panes::keys;
use super::say::say;
use super::{card, control};
use crate::console::layout::areas::areas;
use crate::console::state::State;
use crate::console::state::action::Action;
use crate::console::state::effect::Effect;
use crate::console::state::overlay::Overlay;
use crate::console::state::pane::Pane;
use crate::console::widgets::frame::inner;
use crate::training::events::{Level, Stage};

/// Does what a key asks for: the focused pane what is its own, else what works in any pane.
pub fn act(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    if keys(state.focus).act(state, action, effects) {
        return;
    }
    match action {
        Action::Leave => effects.push(Effect::Leave),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Mouse => {
            state.mouse = !state.mouse;
            effects.push(Effect::Mouse(state.mouse));
            say(state, Level::Info, if state.mouse { "mouse on; shift selects text" } else { "mouse off" });
        }
        Action::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::NextPane => turn_pane(state, 1, effects),
        Action::PreviousPane => turn_pane(state, Pane::ALL.len() - 1, effects),
        Action::Zoom => state.zoom = !state.zoom,
        Action::Close => {
            if !keys(state.focus).close(state, effects) {
                state.zoom = false;
            }
        }
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First | Action::Last => {
            move_list(state, action, effects);
        }
        Action::Tab(n) => show_stage(state, Stage::ALL[n.min(2)]),
        Action::Show(pane) => show_pane(state, pane, effects),
        Action::Card => card::ask(state, effects),
        _ => control::act(state, action, effects),
    }
}

fn turn_pane(state: &mut State, by: usize, effects: &mut Vec<Effect>) {
    let at = Pane::ALL.iter().position(|p| *p == state.focus).unwrap_or(0);
    show_pane(state, Pane::ALL[(at + by) % Pane::ALL.len()], effects);
}

/// Gives a pane the focus, and the pane the chance to look anew.
pub fn show_pane(state: &mut State, pane: Pane, effects: &mut Vec<Effect>) {
    focus(state, pane);
    keys(pane).shown(effects);
}

fn move_list(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    let own = keys(state.focus);
    let areas = areas(state);
    let area = areas.panes.iter().find(|(p, _)| *p == state.focus).map(|(_, a)| *a).unwrap_or_default();
    let page = own.rows(state, inner(area)).max(2) as isize - 1;
    let len = own.len(state);
    if let Some(list) = own.list(state) {
        match action {
            Action::Up => list.step(-1, len),
            Action::Down => list.step(1, len),
            Action::PageUp => list.step(-page, len),
            Action::PageDown => list.step(page, len),
            Action::First => list.first(len),
            _ => list.last(len),
        }
    }
    own.moved(state, effects);
}

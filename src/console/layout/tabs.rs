//! The tabs of the panes that share the lower slot: their names with their keys, on the slot's upper frame line.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::console::state::keys::LOWER;
use crate::console::state::pane::Pane;
use crate::console::state::{State, keys};
use crate::console::terminal::theme;

/// The pane that the tabs say is shown: the focused one where it is in the slot.
fn shown(state: &State) -> Pane {
    if LOWER.contains(&state.focus) { state.focus } else { state.lower }
}

/// How many checks fail, as a tab or the rail says it beside the pane's name.
pub fn failing(state: &State, pane: Pane) -> Option<String> {
    let failing = state.run.as_ref().filter(|_| pane == Pane::Health)?.view.failing().count();
    (failing > 0).then(|| format!("✘{failing}"))
}

/// Letters that are left of the names of panes that are not shown, where the names have no room.
const SHORT: usize = 3;

fn tab(state: &State, pane: Pane, short: bool) -> Line<'static> {
    let is_shown = pane == shown(state);
    let focused = is_shown && state.focus == pane;
    let style = match (focused, is_shown) {
        (true, _) => theme::FOCUS,
        (false, true) => theme::STRONG,
        _ => theme::PLAIN,
    };
    let (open, close) = if is_shown { ("[", "]") } else { (" ", " ") };
    let mut spans = vec![
        Span::styled(open, style),
        Span::styled(keys::key_of_pane(pane), theme::KEY),
        Span::styled(if focused { "▸" } else { " " }, style),
        Span::styled(if short && !is_shown { &pane.title()[..SHORT] } else { pane.title() }, style),
    ];
    if let Some(failing) = failing(state, pane) {
        spans.push(Span::styled(format!(" {failing}"), theme::BAD));
    }
    spans.push(Span::styled(close, style));
    Line::from(spans)
}

/// Each pane's tab with its first column. All of them fit the narrowest screen that has tabs, with names that are shortened
/// where they do not fit in full.
pub fn places(state: &State, area: Rect) -> Vec<(Pane, u16, Line<'static>)> {
    let tabs = |short: bool| LOWER.iter().map(move |pane| (*pane, tab(state, *pane, short)));
    let needed: usize = tabs(false).map(|(_, line)| line.width()).sum();
    let mut x = area.x + 1;
    let place = |(pane, line): (Pane, Line<'static>)| {
        let at = x;
        x += line.width() as u16;
        (pane, at, line)
    };
    tabs(needed + 2 > usize::from(area.width)).map(place).collect()
}

/// The pane whose tab is at a column of the line that [`draw`] draws on.
pub fn at(state: &State, area: Rect, column: u16) -> Option<Pane> {
    let hit = |(_, x, line): &(Pane, u16, Line<'_>)| (*x..*x + line.width() as u16).contains(&column);
    places(state, area).into_iter().find(hit).map(|(pane, _, _)| pane)
}

//! Where everything lies on a screen of any size.

use std::ops::Range;

use ratatui::layout::Rect;

use super::banner;
use crate::console::state::State;
use crate::console::state::keys::spec;
use crate::console::state::pane::Pane;
use crate::console::state::spec::Slot;

/// How much the screen has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Several panes at once.
    Full,
    /// One pane beside a narrow rail.
    Rail,
    /// No panes: a few lines that say how the run stands.
    Line,
}

/// The places of one frame. Neighbouring panes share their border line.
#[derive(Clone, Debug, Default)]
pub struct Areas {
    /// One row; all of a screen without panes.
    pub header: Rect,
    /// Something is wrong and has to be said.
    pub banner: Option<Rect>,
    pub footer: Rect,
    pub rail: Option<Rect>,
    /// Every visible pane, the focused one last so that its frame is drawn over its neighbours'.
    pub panes: Vec<(Pane, Rect)>,
}

/// Width of the rail.
const RAIL: u16 = 16;

/// Width of the left column of the full layout: names of runs and datasets grow with the screen.
fn left(width: u16) -> u16 {
    (width / 4 + 4).clamp(34, 60)
}

/// What a screen of this size has room for.
pub fn mode(width: u16, height: u16) -> Mode {
    if width < 60 || height < 15 {
        Mode::Line
    } else if width >= 110 && height >= 30 {
        Mode::Full
    } else {
        Mode::Rail
    }
}

/// True where something to read can be laid over the screen.
pub fn holds_overlay((width, height): (u16, u16)) -> bool {
    width >= 20 && height >= 5
}

/// True where the panes of the lower slot are named by tabs on their frame; else the rail names them.
pub fn tabbed(state: &State) -> bool {
    state.zoom || mode(state.size.0, state.size.1) == Mode::Full
}

/// The places of the frame that the state asks for.
pub fn areas(state: &State) -> Areas {
    with_banner(state, banner::rows(state))
}

/// The places for the state's size, focus and zoom. `banner`: rows that one needs; 0: there is none.
fn with_banner(state: &State, banner: u16) -> Areas {
    let (width, height) = state.size;
    let mode = mode(width, height);
    if mode == Mode::Line {
        return Areas { header: Rect::new(0, 0, width, height), ..Areas::default() };
    }
    let top = 1 + banner;
    let body = Rect::new(0, top, width, height - top - 1);
    let mut areas = Areas {
        header: Rect::new(0, 0, width, 1),
        banner: (banner > 0).then(|| Rect::new(0, 1, width, banner)),
        footer: Rect::new(0, height - 1, width, 1),
        ..Areas::default()
    };
    if state.zoom {
        areas.panes.push((state.focus, body));
    } else if mode == Mode::Rail {
        areas.rail = Some(Rect { width: RAIL, ..body });
        areas.panes.push((state.focus, Rect { x: RAIL, width: width - RAIL, ..body }));
    } else {
        full(state, body, &mut areas.panes);
    }
    areas.panes.sort_by_key(|(pane, _)| *pane == state.focus);
    areas
}

/// The pane whose name is at a row of the rail.
pub fn rail_pane(area: Rect, row: u16) -> Option<Pane> {
    Pane::ALL.get(usize::from(row.checked_sub(area.y + 1)?)).copied()
}

fn in_slot(slot: Slot) -> impl Iterator<Item = Pane> {
    Pane::ALL.into_iter().filter(move |pane| spec(*pane).slot == slot)
}

/// The rows of the left column's panes, frames included: the first has two fifths, the second as much as three stages
/// need, and those after it share the rest.
fn heights(height: u16, count: u16) -> Vec<Range<u16>> {
    let first = (height * 2 / 5).max(9);
    let second = 11.min(height - first - 4);
    let mut ends = vec![first, first + second - 1];
    let rest = height - (first + second - 2);
    ends.extend((1..=count.saturating_sub(2)).map(|i| first + second - 2 + rest * i / (count - 2)));
    let start = |i: usize| if i == 0 { 0 } else { ends[i - 1] - 1 };
    (0..ends.len()).map(|i| start(i)..ends[i]).collect()
}

fn full(state: &State, body: Rect, panes: &mut Vec<(Pane, Rect)>) {
    // The frames overlap by one line or column.
    let left = left(body.width);
    let right = Rect { x: left - 1, width: body.width - left + 1, ..body };
    let column: Vec<Pane> = in_slot(Slot::Left).collect();
    for (pane, rows) in column.iter().zip(heights(body.height, column.len() as u16)) {
        panes.push((*pane, Rect { y: body.y + rows.start, width: left, height: rows.end - rows.start, ..body }));
    }
    let mut main = in_slot(Slot::Main);
    if state.run.is_none() && state.focus != state.lower {
        // Nothing to put below: the look into the selected dataset has all the room.
        panes.extend(main.next().map(|pane| (pane, right)));
        return;
    }
    let losses = body.height * 11 / 20;
    panes.extend(main.next().map(|pane| (pane, Rect { height: losses, ..right })));
    let lower = Rect { y: right.y + losses - 1, height: right.height - losses + 1, ..right };
    panes.push((state.lower, lower));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::terminal::theme::Abilities;

    #[test]
    fn every_pane_lies_on_the_screen_and_has_room() {
        let mut state = State::new(Abilities { colour: true, unicode: true });
        for width in 1..=260 {
            for height in 1..=80 {
                for (focus, zoom) in [(Pane::Datasets, false), (Pane::Log, false), (Pane::Labels, true)] {
                    (state.size, state.focus, state.zoom) = ((width, height), focus, zoom);
                    let screen = Rect::new(0, 0, width, height);
                    let areas = with_banner(&state, 1 + (height % 3).min(height / 10));
                    for (pane, area) in &areas.panes {
                        assert_eq!(area.intersection(screen), *area, "{pane:?} at {width}x{height}");
                        assert!(area.width >= 30 && area.height >= 5, "{pane:?} {area:?} at {width}x{height}");
                    }
                    assert_eq!(areas.header.intersection(screen), areas.header);
                    assert!(
                        mode(width, height) == Mode::Line
                            || areas.panes.last().is_some_and(|(p, _)| *p == focus || focus == Pane::Log)
                    );
                }
            }
        }
    }
}

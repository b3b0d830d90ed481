//! The frames of panes, with their titles or tabs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::merge::MergeStrategy;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

use super::tabs;
use crate::console::layout::areas;
use crate::console::state::State;
use crate::console::state::keys::LOWER;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{inner, put_line};

/// Draws the frames of all panes, without titles: neighbours share their lines, so a frame drawn later would take a title
/// for a part of its own line.
pub fn frames(state: &State, panes: &[(Pane, Rect)], buffer: &mut Buffer) {
    for (pane, area) in panes {
        let style = if state.focus == *pane { theme::FOCUS } else { theme::FAINT };
        Block::bordered().merge_borders(MergeStrategy::Exact).border_style(style).render(*area, buffer);
    }
}

/// Writes a pane's title on its frame and gives its inside. The title of the focused pane says so by a symbol too. Where
/// tabs take the upper line, the title's words stand on the lower one.
pub fn frame(state: &State, pane: Pane, title: Vec<Span<'static>>, area: Rect, buffer: &mut Buffer) -> Rect {
    let width = area.width.saturating_sub(2);
    if LOWER.contains(&pane) && areas::tabbed(state) {
        tabs::draw(state, area, buffer);
        if !title.is_empty() {
            let title: Vec<Span<'_>> = std::iter::once(Span::raw(" ")).chain(title).collect();
            put_line(buffer, area.x + 1, area.bottom().saturating_sub(1), &Line::from(title), width);
        }
        return inner(area);
    }
    let focused = state.focus == pane;
    let own = if focused { theme::FOCUS } else { theme::STRONG };
    let mut spans = vec![Span::styled(if focused { "▸" } else { " " }, own), Span::styled(pane.title(), own)];
    spans.push(Span::raw(" "));
    spans.extend(title);
    put_line(buffer, area.x + 1, area.y, &Line::from(spans), width);
    inner(area)
}

//! The tabs of the panes that share the lower slot.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::layout::tabs::places;
use crate::console::state::State;
use crate::console::widgets::frame::put_line;

/// Draws the tabs on the upper line of the slot's frame.
pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    for (_, x, line) in places(state, area) {
        put_line(buffer, x, area.y, &line, area.right().saturating_sub(x + 1));
    }
}

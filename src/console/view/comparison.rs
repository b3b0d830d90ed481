//! Runs side by side, over the panes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::lines;
use crate::console::widgets::text;
use crate::report::compare::Comparison;

/// Cells that a run's column takes at least: what stands between two, and a figure.
const NARROWEST: usize = 4;

/// Draws the table, its columns from a run on.
pub fn draw(runs: &Comparison, left: usize, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let room = lines::room(screen);
    let count = runs.runs.len();
    let from = left.min(count);
    let shown = runs.lines_of(from..count.min(from + room / NARROWEST));
    let all = from == 0 && shown.iter().all(|line| text::width(line) <= room);
    // Where columns are scrolled the frame stays where it is.
    let (title, least) = if all {
        (" runs side by side · esc closes · j k scroll ", 0)
    } else {
        (" runs side by side · esc closes · j k h l scroll ", room)
    };
    lines::draw(&shown, title, least, scroll, screen, buffer);
}

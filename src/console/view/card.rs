//! The result card of a run, over the panes: lines that are longer than the screen is wide go on below, indented.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::lines;
use crate::console::widgets::text;

pub fn draw(lines: &[String], scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let room = lines::room(screen);
    let lines: Vec<String> = lines.iter().flat_map(|line| wrapped(line, room)).collect();
    lines::draw(&lines, " result · esc closes · j k scroll ", 0, scroll, screen, buffer);
}

/// A line in lines of at most `width` cells.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    if text::width(line) <= width {
        return vec![line.to_owned()];
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    let parts = text::wrap(line.trim_start_matches(' '), width.saturating_sub(indent + 2));
    let further = |i: usize| " ".repeat(if i == 0 { indent } else { indent + 2 });
    parts.iter().enumerate().map(|(i, part)| further(i) + part).collect()
}

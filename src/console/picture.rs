//! Pictures of the screen for people: a frame's cells as an SVG. The README's picture is made by
//! `cargo test --release --lib console::picture -- --ignored`, which writes below `assets/`.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

const CELL: (f32, f32) = (8.4, 18.0);
const PAPER: &str = "#11151c";
const INK: &str = "#d3d7de";

fn colour(c: Color) -> Option<&'static str> {
    Some(match c {
        Color::Black => "#1c2129",
        Color::Red => "#d75f5f",
        Color::Green => "#7fbf6a",
        Color::Yellow => "#d7a84f",
        Color::Blue => "#5f87d7",
        Color::Magenta => "#b983d7",
        Color::Cyan => "#4fb8c8",
        Color::Gray => "#a8aeb8",
        Color::DarkGray => "#69727f",
        Color::LightRed => "#ff7b72",
        Color::LightYellow => "#ffd75f",
        Color::White => "#ffffff",
        _ => return None,
    })
}

/// Foreground and background of a cell.
fn inks(cell: &Cell) -> (&'static str, &'static str) {
    let (ink, paper) = (colour(cell.fg).unwrap_or(INK), colour(cell.bg).unwrap_or(PAPER));
    if cell.modifier.contains(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) }
}

/// The frame as an SVG document.
pub fn svg(buffer: &Buffer) -> String {
    let (width, height) = (f32::from(buffer.area.width) * CELL.0 + 16.0, f32::from(buffer.area.height) * CELL.1 + 16.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-size=\"14\" \
         font-family=\"'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', 'Noto Sans CJK SC', monospace\" xml:space=\"preserve\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{PAPER}\"/>\n"
    );
    for (row, cells) in buffer.content.chunks(usize::from(buffer.area.width).max(1)).enumerate() {
        let y = row as f32 * CELL.1 + 8.0;
        let mut column = 0;
        while column < cells.len() {
            let cell = &cells[column];
            let wide = cell.symbol().width().max(1);
            let (ink, paper) = inks(cell);
            let x = column as f32 * CELL.0 + 8.0;
            if paper != PAPER {
                let w = CELL.0 * wide as f32 + 0.3;
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{w:.1}\" height=\"{}\" fill=\"{paper}\"/>",
                    CELL.1
                );
            }
            if cell.symbol() != " " {
                let symbol = cell.symbol().replace('&', "&amp;").replace('<', "&lt;");
                let bold = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
                let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{}\" fill=\"{ink}\"{bold}>{symbol}</text>", y + 13.5);
            }
            column += wide;
        }
    }
    out + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode;

    use super::super::fixture::*;
    use super::*;

    #[test]
    #[ignore = "writes pictures for people to look at"]
    fn pictures() {
        let folder =
            std::env::var_os("MUG_PICTURES").map_or_else(|| "target/pictures".into(), std::path::PathBuf::from);
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, buffer: &Buffer| std::fs::write(folder.join(name), svg(buffer)).unwrap();
        write("first-start.svg", &buffer(&fresh(120, 36)));
        let mut state = attached(120, 36, events());
        press(&mut state, "u");
        write("training.svg", &buffer(&state));
        for _ in 0..1 {
            key(&mut state, KeyCode::Tab);
        }
        press(&mut state, "oooooooojj");
        write("labels.svg", &buffer(&state));
        key(&mut state, KeyCode::Tab);
        press(&mut state, "1");
        write("metrics.svg", &buffer(&state));
        write("narrow.svg", &buffer(&attached(80, 24, finished())));
        let mut large = attached(200, 60, finished());
        press(&mut large, "u");
        write("large.svg", &buffer(&large));
    }
}

//! A terminal's screen as an SVG picture.

use std::fmt::Write;

const CELL: (f32, f32) = (8.4, 18.0);
const PAPER: &str = "#11151c";
const INK: &str = "#d3d7de";

fn colour(colour: vt100::Color, default: &'static str) -> &'static str {
    const NAMED: [&str; 16] = [
        "#1c2129", "#d75f5f", "#7fbf6a", "#d7a84f", "#5f87d7", "#b983d7", "#4fb8c8", "#a8aeb8", "#69727f", "#ff7b72",
        "#a5d68a", "#ffd75f", "#82a7f0", "#d3a6ea", "#7fd6e2", "#ffffff",
    ];
    match colour {
        vt100::Color::Idx(i) => NAMED.get(usize::from(i)).copied().unwrap_or(default),
        _ => default,
    }
}

/// The picture; every run of characters that look alike is placed by its first cell, so that no font moves a column.
pub fn svg(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (u16::from(rows), u16::from(columns));
    let (width, height) = (f32::from(columns) * CELL.0 + 16.0, f32::from(rows) * CELL.1 + 16.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-size=\"14\" xml:space=\"preserve\" \
         font-family=\"'DejaVu Sans Mono', Menlo, Consolas, 'Noto Sans Mono CJK SC', 'Noto Sans CJK SC', monospace\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{PAPER}\"/>\n"
    );
    for row in 0..rows {
        let y = f32::from(row) * CELL.1 + 8.0;
        let mut column = 0;
        while column < columns {
            let look = |c: u16| {
                screen
                    .cell(row, c)
                    .map(|cell| (cell.fgcolor(), cell.bgcolor(), cell.bold(), cell.dim(), cell.inverse()))
            };
            let first = look(column);
            let mut text = String::new();
            let mut end = column;
            while end < columns && look(end) == first {
                let Some(cell) = screen.cell(row, end) else { break };
                let symbol = if cell.contents().is_empty() { " " } else { cell.contents() };
                // Anything but ASCII stands alone: its advance depends on the font.
                if !symbol.is_ascii() && end > column {
                    break;
                }
                text += symbol;
                end += if cell.is_wide() { 2 } else { 1 };
                if !symbol.is_ascii() {
                    break;
                }
            }
            let Some((fg, bg, bold, dim, inverse)) = first else { break };
            let (mut ink, mut paper) = (colour(fg, INK), colour(bg, PAPER));
            if inverse {
                (ink, paper) = (paper, ink);
            }
            let x = f32::from(column) * CELL.0 + 8.0;
            let cells = f32::from(end - column) * CELL.0;
            if paper != PAPER {
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"{}\" fill=\"{paper}\"/>",
                    cells + 0.3,
                    CELL.1
                );
            }
            if !text.trim().is_empty() {
                let content = text.replace('&', "&amp;").replace('<', "&lt;");
                let weight = if bold { " font-weight=\"bold\"" } else { "" };
                let faint = if dim { " opacity=\"0.6\"" } else { "" };
                let fit = if text.is_ascii() && text.len() > 1 {
                    format!(" textLength=\"{cells:.1}\"")
                } else {
                    String::new()
                };
                let _ = writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{ink}\"{weight}{faint}{fit}>{content}</text>",
                    y + 13.5
                );
            }
            column = end.max(column + 1);
        }
    }
    out + "</svg>\n"
}

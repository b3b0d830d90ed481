//! Everything about one clip: the whole transcript, its labels, and their way over the refreshes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{float, labels, put};
use crate::console::state::State;
use crate::console::table::RowRef;
use crate::console::{text, theme};
use crate::modality::Modality;

pub fn draw(state: &State, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let Some(row) = state.labels.row(state.labels.list.selected) else { return };
    let width = screen.width.saturating_sub(4).min(100);
    let lines = lines(state, &row, usize::from(width.saturating_sub(4)));
    let height = screen.height.saturating_sub(2).min(lines.len() as u16 + 2);
    let area = Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
    let inside = float(area, " clip · esc closes · j k other clips · y copies ", theme::FOCUS, buffer);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let top = scroll.min(lines.len().saturating_sub(usize::from(inside.height)));
    for (y, (line, style)) in (inside.top()..inside.bottom()).zip(&lines[top..]) {
        put(buffer, inside.x, y, inside.width, line, *style);
    }
}

/// Everything about the clip, in lines of at most `width` cells.
fn lines(state: &State, row: &RowRef<'_>, width: usize) -> Vec<(String, Style)> {
    let rows = &state.labels.rows;
    let mut lines: Vec<(String, Style)> = Vec::new();
    lines.push((format!("{} · {}", rows.id[row.row], rows.split[row.row]), theme::STRONG));
    lines.push((String::new(), theme::PLAIN));
    let transcript = text::wrap(&rows.transcript[row.row], width);
    lines.extend(transcript.into_iter().map(|l| (l, theme::PLAIN)));
    lines.push((String::new(), theme::PLAIN));
    let y = f64::from(row.label());
    lines.push((format!("multimodal label y  {}", text::signed(y, 3)), theme::STRONG));
    lines.push((String::new(), theme::PLAIN));
    let human = rows.human.is_some();
    let heading =
        format!("{:<8}{:>10}{:>10}{}", "", "corrected", "change", if human { "     human   off by" } else { "" });
    lines.push((heading, theme::FAINT));
    for m in Modality::ALL {
        let number = |v: f32| text::fit_right(&text::signed(f64::from(v), 3), 10);
        let mut line = format!("{:<8}{}{}", m.name(), number(row.corrected(m)), number(row.change(m)));
        if human {
            line += &format!("{}{}", number(row.human(m)), text::fit_right(&off(row.corrected(m), row.human(m)), 9));
        }
        lines.push((line, theme::PLAIN));
    }
    lines.push((String::new(), theme::PLAIN));
    let refreshes = state.labels.history.count();
    lines.push((format!("over {refreshes} refreshes, beginning with y"), theme::FAINT));
    for m in Modality::ALL {
        let values = state.labels.history.of_row(rows, row.row, m);
        let bars = labels::bars(&values, (width as u16).saturating_sub(9));
        lines.push((format!("{:<8} {bars}", m.name()), theme::PLAIN));
    }
    lines
}

fn off(corrected: f32, human: f32) -> String {
    text::number(f64::from((corrected - human).abs()), 3)
}

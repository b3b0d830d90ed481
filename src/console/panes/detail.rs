//! Everything about one clip: the whole transcript, its labels, and their way over the refreshes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear, Widget};

use super::{inner, labels, put};
use crate::console::state::State;
use crate::console::{text, theme};
use crate::modality::Modality;

pub fn draw(state: &State, scroll: usize, screen: Rect, buffer: &mut Buffer) {
    let Some(row) = state.labels.row(state.labels.list.selected) else { return };
    let width = screen.width.saturating_sub(4).min(100);
    let height = screen.height.saturating_sub(2).min(28);
    let area = Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
    Clear.render(area, buffer);
    Block::bordered()
        .border_style(theme::FOCUS)
        .title(" clip · esc closes · j k other clips · y copies ")
        .render(area, buffer);
    let inside = inner(area);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let rows = &state.labels.rows;
    let mut lines: Vec<(String, Style)> = Vec::new();
    lines.push((format!("{} · {}", rows.id[row.row], rows.split[row.row]), theme::STRONG));
    lines.push((String::new(), theme::PLAIN));
    let transcript = text::wrap(&rows.transcript[row.row], usize::from(inside.width));
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
    let refreshes = state.labels.history.len();
    lines.push((format!("over {refreshes} refreshes, beginning with y"), theme::FAINT));
    for m in Modality::ALL {
        let values = state.labels.history.of_row(rows, row.row, m);
        let bars = labels::bars(&values, inside.width.saturating_sub(9));
        lines.push((format!("{:<8} {bars}", m.name()), theme::PLAIN));
    }
    let top = scroll.min(lines.len().saturating_sub(usize::from(inside.height)));
    for (y, (line, style)) in (inside.top()..inside.bottom()).zip(&lines[top..]) {
        put(buffer, inside.x, y, inside.width, line, *style);
    }
}

fn off(corrected: f32, human: f32) -> String {
    text::number(f64::from((corrected - human).abs()), 3)
}

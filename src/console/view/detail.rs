//! Everything about one clip: the whole transcript, its labels and their way over the refreshes, what the network
//! predicts, and the clips nearest to it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::labels;
use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{float, put};
use crate::console::widgets::text;
use crate::modality::{Modality, PerModality};
use crate::report::neighbours::Neighbour;
use crate::report::table::RowRef;

/// The lines of the view, and the one that is chosen.
#[derive(Default)]
struct Page {
    lines: Vec<(String, Style)>,
    chosen: Option<usize>,
}

impl Page {
    fn add(&mut self, line: impl Into<String>, style: Style) {
        self.lines.push((line.into(), style));
    }

    fn blank(&mut self) {
        self.add("", theme::PLAIN);
    }
}

pub fn draw(state: &State, row: u32, scroll: usize, neighbour: Option<usize>, screen: Rect, buffer: &mut Buffer) {
    let row = state.labels.table.row(row as usize);
    let width = screen.width.saturating_sub(4).min(110);
    let page = page(state, &row, neighbour, usize::from(width.saturating_sub(4)));
    let height = screen.height.saturating_sub(2).min(page.lines.len() as u16 + 2);
    let area = Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
    let title = " clip · esc closes · j k others · x reviewed · n note · tab neighbours ";
    let inside = float(area, title, theme::FOCUS, buffer);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let height = usize::from(inside.height);
    let mut top = scroll.min(page.lines.len().saturating_sub(height));
    if let Some(at) = page.chosen {
        top = top.clamp((at + 1).saturating_sub(height), at);
    }
    for (i, (line, style)) in page.lines.iter().enumerate().skip(top).take(height) {
        let y = inside.y + (i - top) as u16;
        put(buffer, inside.x, y, inside.width, line, *style);
        if page.chosen == Some(i) {
            buffer.set_style(Rect { y, height: 1, ..inside }, theme::SELECTED);
        }
    }
    if top + height < page.lines.len() {
        let more = format!(" {} more lines: page down ", page.lines.len() - top - height);
        let x = area.right().saturating_sub(more.len() as u16 + 2);
        put(buffer, x, area.bottom() - 1, more.len() as u16, &more, theme::KEY);
    }
}

/// Everything about the clip, in lines of at most `width` cells.
fn page(state: &State, row: &RowRef<'_>, neighbour: Option<usize>, width: usize) -> Page {
    let mut page = Page::default();
    let mark = row.mark();
    let reviewed = if mark.is_some_and(|m| m.reviewed) { " · ✔ reviewed" } else { "" };
    page.add(format!("{} · {} · row {}{reviewed}", row.id(), row.split(), row.row), theme::STRONG);
    if let Some(mark) = mark.filter(|m| !m.note.is_empty()) {
        for (i, line) in text::wrap(&mark.note, width.saturating_sub(2)).into_iter().enumerate() {
            page.add(format!("{} {line}", if i == 0 { "✎" } else { " " }), theme::WARN);
        }
    }
    page.blank();
    for line in text::wrap(row.transcript(), width) {
        page.add(line, theme::PLAIN);
    }
    page.blank();
    let signed = |v: f32| text::signed(f64::from(v), 3);
    let mut line = format!("multimodal label y  {}", signed(row.label()));
    if row.clean().is_finite() {
        line += &format!("    before noise  {}", signed(row.clean()));
    }
    if row.predicted().is_finite() {
        line += &format!(
            "    predicted ŷ  {}    |ŷ-y|  {}",
            signed(row.predicted()),
            text::number(f64::from(row.error()), 3)
        );
    }
    page.add(line, theme::STRONG);
    if let Some(origin) = labels::origin(state) {
        page.add(origin, theme::FAINT);
    }
    page.blank();
    unimodal(state, row, width, &mut page);
    page.blank();
    history(state, row, width, &mut page);
    page.blank();
    neighbours(state, row, neighbour, width, &mut page);
    page
}

/// Cells of an error bar.
const BAR: usize = 25;

/// The range of labels in [`BAR`] cells: the corrected label with the members' spread around it, and y as a line.
fn error_bar(corrected: f32, spread: f32, y: f32, range: f32) -> String {
    let mut cells = ['·'; BAR];
    let place = |v: f32| {
        let share = ((v / range.max(f32::MIN_POSITIVE) + 1.0) / 2.0).clamp(0.0, 1.0);
        v.is_finite().then_some((share * (BAR - 1) as f32).round() as usize)
    };
    if let (Some(from), Some(to)) = (place(corrected - spread), place(corrected + spread)) {
        cells[from..=to].fill('─');
        (cells[from], cells[to]) = ('├', '┤');
    }
    for (at, sign) in [(place(y), '│'), (place(corrected), '●')] {
        if let Some(at) = at {
            cells[at] = sign;
        }
    }
    cells.iter().collect()
}

/// A line a modality: corrected, changed, human, predicted, how sure the members are of it, and what it counts.
fn unimodal(state: &State, row: &RowRef<'_>, width: usize, page: &mut Page) {
    let human = state.labels.table.rows.human.is_some();
    let predicted = state.labels.table.predictions.is_some();
    let right = |words: &str| text::fit_right(words, 10);
    let mut heading = format!("{:<8}{}{}", "", right("corrected"), right("change"));
    if human {
        heading += &(right("human") + &right("off by"));
    }
    if predicted {
        heading += &right("predicted");
    }
    let spread = state.labels.table.spread.is_some();
    if spread {
        heading += &right("spread");
    }
    let weights = state.labels.table.weights.is_some();
    if weights {
        heading += &right("weight");
    }
    let bars = spread && text::width(&heading) + BAR + 3 <= width;
    page.add(heading, theme::FAINT);
    let range = state.run.as_ref().and_then(|r| r.view.prepared.as_ref()).map_or(1.0, |p| p.label_range);
    for m in Modality::ALL.into_iter().filter(|m| !state.labels.table.absent[*m]) {
        let number = |v: f32| right(&text::signed(f64::from(v), 3));
        let mut line = format!("{:<8}{}{}", m.name(), number(row.corrected(m)), number(row.change(m)));
        if human {
            line += &(number(row.human(m)) + &right(&off(row.corrected(m), row.human(m))));
        }
        if predicted {
            line += &number(row.predicted_by(m));
        }
        if spread {
            let sign = if row.spread(m).is_finite() { "±" } else { "" };
            line += &right(&format!("{sign}{}", text::number(f64::from(row.spread(m)), 3)));
        }
        if weights {
            line += &right(&text::number(f64::from(row.weight(m)), 3));
        }
        if bars {
            line += &format!("   {}", error_bar(row.corrected(m), row.spread(m), row.label(), range));
        }
        if row.flips(m) {
            line += "   sign flips";
        }
        if row.lacks(m) {
            line += "   not there";
        }
        page.add(line, if row.flips(m) { theme::MARK } else { theme::PLAIN });
    }
}

fn off(a: f32, b: f32) -> String {
    text::number(f64::from((a - b).abs()), 3)
}

/// The labels over the refreshes: as a picture, and in numbers as far as there is room.
fn history(state: &State, row: &RowRef<'_>, width: usize, page: &mut Page) {
    let known = &state.labels.history;
    let refreshes: Vec<u32> = known.refreshes().collect();
    if refreshes.is_empty() {
        let words = state.run.as_ref().map(|r| r.view.labels_to_come()).unwrap_or_default();
        return page.add(words, theme::FAINT);
    }
    let picture = (refreshes.len() + 1).min(24).min(width.saturating_sub(20));
    let shown = labels::thinned(refreshes.len() + 1, width.saturating_sub(8 + picture) / 6);
    let mut heading = text::fit("refresh", 8 + picture);
    for at in &shown {
        let name = at.checked_sub(1).map_or("y".to_owned(), |i| refreshes[i].to_string());
        heading += &text::fit_right(&name, 6);
    }
    page.add(heading, theme::FAINT);
    for m in Modality::ALL.into_iter().filter(|m| !state.labels.table.absent[*m]) {
        let values = known.of_row(&state.labels.table.rows, row.row, m);
        let bars = text::fit(&labels::bars(&values, picture as u16), picture);
        let number = |at: &usize| text::fit_right(&text::signed(f64::from(values[*at]), 2), 6);
        page.add(format!("{:<8}{bars}{}", m.name(), shown.iter().map(number).collect::<String>()), theme::PLAIN);
    }
}

/// The nearest clips in each modality's space.
fn neighbours(state: &State, row: &RowRef<'_>, chosen: Option<usize>, width: usize, page: &mut Page) {
    let known = state.labels.neighbours.as_ref().filter(|(r, _)| *r as usize == row.row).map(|(_, found)| found);
    let words = match known {
        Some(Ok(found)) => return neighbour_lines(state, found, chosen, width, page),
        Some(Err(e)) => format!("no neighbours: {e}"),
        None if state.representations().is_some() => "neighbours are being looked for".into(),
        None => "neighbours are known once the contrastive stage has ended".into(),
    };
    for line in text::wrap(&words, width) {
        page.add(line, theme::FAINT);
    }
}

fn neighbour_lines(
    state: &State,
    found: &PerModality<Vec<Neighbour>>,
    chosen: Option<usize>,
    width: usize,
    page: &mut Page,
) {
    let row = |n: &Neighbour| state.labels.table.row(n.row as usize);
    let longest = found.iter().flat_map(|(_, list)| list).map(|n| text::width(row(n).id())).max();
    let id = longest.unwrap_or(0).clamp(17, 23) + 1;
    let mut at = 0;
    for (m, list) in found.iter() {
        let heading = format!("{:>7}{:>7}{:>7}", "cos d", "y", format!("y_{}", m.letter()));
        if list.is_empty() {
            continue;
        }
        page.add(text::fit(&format!("nearest by {m}"), id) + &heading, theme::FAINT);
        for neighbour in list {
            let other = row(neighbour);
            let number = |v: f32| text::fit_right(&text::signed(f64::from(v), 2), 7);
            let distance = text::fit_right(&text::number(f64::from(neighbour.distance), 4), 7);
            let line = format!(
                "{}{distance}{}{}  {}",
                text::fit(&text::clip_middle(other.id(), id - 1), id),
                number(other.label()),
                number(other.corrected(m)),
                text::clip(other.transcript(), width.saturating_sub(id + 23)),
            );
            if chosen == Some(at) {
                page.chosen = Some(page.lines.len());
            }
            page.add(line, theme::PLAIN);
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_bar_lies_where_the_label_does() {
        assert_eq!(error_bar(0.0, 0.25, -1.0, 1.0), "│········├──●──┤·········");
        let hostile = error_bar(f32::NAN, f32::INFINITY, 9.0, 0.0);
        assert_eq!(hostile.chars().count(), BAR);
    }
}

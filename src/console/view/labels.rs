//! The label table: every row of the dataset with what the method did to its labels. Only visible rows are drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

use super::frame::frame;
use super::label_summary;
use crate::console::layout::labels::{Layout, SUMMARY, layout, rows, scrolls};
use crate::console::state::State;
use crate::console::state::labels::Labels;
use crate::console::state::pane::Pane;
use crate::console::terminal::theme;
use crate::console::widgets::frame::{placeholder, put};
use crate::console::widgets::text;
use crate::modality::Modality;
use crate::report::table::RowRef;
use crate::report::table::columns::{Column, Kind};
use crate::training::events::Stage;

/// The modality whose history is shown: the one that the table is sorted by.
fn history_modality(labels: &Labels) -> Modality {
    let sorted = labels.keys.iter().find_map(|k| k.column.modality());
    sorted.or(labels.columns.cursor.modality()).unwrap_or(Modality::Audio)
}

/// H, the size that a bar's full height stands for.
fn range(state: &State) -> f32 {
    let prepared = state.run.as_ref().and_then(|r| r.view.prepared.as_ref());
    prepared.map_or(1.0, |p| p.label_range).max(f32::MIN_POSITIVE)
}

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let labels = &state.labels;
    let inside = frame(state, Pane::Labels, title(state, area.width), area, buffer);
    if labels.table.rows.is_empty() {
        let words = match &state.run {
            None => "no run",
            Some(run) if run.view.prepared.is_none() => "the data is being opened",
            Some(_) => "the table of rows is being read",
        };
        return placeholder(inside, words, buffer);
    }
    if inside.height == 0 || inside.width < 30 {
        return;
    }
    let layout = layout(labels, inside.width);
    headings(state, &layout, inside, buffer);
    let height = rows(usize::from(inside.height));
    if labels.index.is_empty() {
        let below = Rect { y: inside.y + 1, height: height as u16, ..inside };
        let words = match labels.arranging {
            true => "the rows are being put in order".to_owned(),
            false => {
                let doubt = labels.filter_doubt.as_ref().map_or_else(String::new, |d| format!(" ({d})"));
                format!("no row passes the filter{doubt}; esc clears it")
            }
        };
        placeholder(below, &words, buffer);
    }
    let range = range(state);
    for (y, at) in (inside.y + 1..).zip(labels.list.visible(labels.index.len(), height)) {
        let Some(row) = labels.row(at) else { continue };
        let line = Rect { y, height: 1, ..inside };
        for (column, x, cells) in &layout.places {
            // In ASCII a bar would be read as a digit of its number.
            let bars = (layout.bars && state.abilities.unicode).then_some(range);
            let (words, style) = cell(labels, &row, *column, usize::from(*cells), bars);
            put(buffer, line.x + x, line.y, *cells, &words, style);
        }
        if at == labels.list.selected && state.focus == Pane::Labels {
            put(buffer, line.x, line.y, 1, "▸", theme::FOCUS);
            // One colour, so that the bar reads as one row.
            buffer.set_style(line, theme::SELECTED.fg(Color::Reset));
        }
    }
    if usize::from(inside.height) > height + 1 {
        let below = Rect { y: inside.y + 1 + height as u16, height: SUMMARY as u16, ..inside };
        label_summary::draw(state, below, buffer);
    }
}

fn headings(state: &State, layout: &Layout, inside: Rect, buffer: &mut Buffer) {
    let labels = &state.labels;
    for (column, x, cells) in &layout.places {
        let (words, right) = heading(labels, *column);
        // The numbers of the rows have a blank where others have their bars, or may have: words follow them.
        let bar = usize::from((layout.bars && right) || *column == Column::Order);
        let width = usize::from(*cells);
        let fitted = if right {
            text::fit_right(&words, width.saturating_sub(bar)) + &" ".repeat(bar)
        } else {
            text::fit(&words, width)
        };
        let sorted = labels.keys.iter().any(|k| k.column == *column);
        let mut style = if sorted { theme::FOCUS } else { theme::STRONG };
        if *column == labels.columns.cursor && state.focus == Pane::Labels {
            style = style.add_modifier(Modifier::REVERSED);
        }
        // The blank that parts a number from its neighbour is no part of the heading.
        let lead = u16::from(right);
        put(buffer, inside.x + x + lead, inside.y, cells - lead, &fitted[usize::from(lead)..], style);
    }
    if layout.left {
        let first = layout.places.iter().find(|(c, _, _)| scrolls(*c));
        if let Some((_, x, _)) = first {
            put(buffer, inside.x + x, inside.y, 1, "‹", theme::KEY);
        }
    }
    if layout.right {
        put(buffer, inside.right().saturating_sub(1), inside.y, 1, "›", theme::KEY);
    }
}

/// Rows, filter, order, and where the labels come from as far as there is room.
fn title(state: &State, width: u16) -> Vec<Span<'static>> {
    let labels = &state.labels;
    let total = labels.table.rows.len();
    if total == 0 {
        return Vec::new();
    }
    let mut words = match labels.index.len() {
        n if n == total => format!("{total} rows"),
        n => format!("{n} of {total} rows"),
    };
    if labels.arranging {
        words += " …";
    }
    if !labels.filter_text.trim().is_empty() {
        words += &format!(" · {}", text::clip(labels.filter_text.trim(), 40));
    }
    if !labels.keys.is_empty() {
        let keys: Vec<String> = labels.keys.iter().map(ToString::to_string).collect();
        words += &format!(" · sorted by {}", keys.join(", "));
    }
    let reviewed = labels.table.marks.reviewed();
    let more = [origin(state), (reviewed > 0).then(|| format!("{reviewed} reviewed"))];
    for part in more.into_iter().flatten() {
        // The pane's name, the corners and a few cells of the frame's line.
        if text::width(&words) + text::width(&part) + 3 + 14 <= usize::from(width) {
            words += &format!(" · {part}");
        }
    }
    vec![Span::styled(words + " ", theme::PLAIN)]
}

/// Which stage and epoch the corrected labels come from.
pub fn origin(state: &State) -> Option<String> {
    let (refresh, _) = state.labels.history.latest()?;
    let entry = state.run.as_ref()?.view.labels.iter().rfind(|l| l.refresh == refresh)?;
    // Stage 3 makes but one kind of labels.
    let kind = if entry.stage == Some(Stage::Joint) { "momentum labels" } else { "labels" };
    let stage = entry.stage.map_or("", |s| s.name());
    Some(format!("{kind} of {stage} epoch {}", entry.epoch))
}

/// A column's heading, and whether it stands on the right.
fn heading(labels: &Labels, column: Column) -> (String, bool) {
    let place = labels.keys.iter().position(|k| k.column == column);
    let arrow = place.map_or(String::new(), |at| {
        let arrow = if labels.keys[at].reverse { "↓" } else { "↑" };
        if at == 0 { arrow.to_owned() } else { format!("{}{arrow}", at + 1) }
    });
    match column {
        Column::History => (format!(" hist. {}", history_modality(labels).letter()), false),
        Column::Flips => (format!(" {arrow}{}", column.heading()), false),
        c if matches!(c.kind(), Kind::Text | Kind::Flag) => (format!("{}{arrow}", c.heading()), false),
        c => (format!("{arrow}{}", c.heading()), true),
    }
}

/// What a cell shows. `bars`: the size of a full bar, where there are bars.
fn cell(labels: &Labels, row: &RowRef<'_>, column: Column, cells: usize, bars: Option<f32>) -> (String, Style) {
    let gap = cells.saturating_sub(1);
    match column {
        Column::Id => (text::clip_middle(row.id(), gap), theme::PLAIN),
        Column::Split => (row.split().to_string(), theme::FAINT),
        Column::Transcript | Column::Note => (text::fit(row.words(column), gap), theme::PLAIN),
        Column::History => (format!(" {}", history(labels, row, gap as u16)), theme::FAINT),
        Column::Mark => (mark(row), theme::GOOD),
        Column::Flips => {
            let letter = |m: Modality| if row.flips(m) { m.letter() } else { ' ' };
            (format!(" {}", Modality::ALL.map(letter).iter().collect::<String>()), theme::MARK)
        }
        Column::Order => (text::fit_right(&row.row.to_string(), gap), theme::FAINT),
        number => {
            let value = row.number(number);
            let (words, style) = match number {
                Column::Change(m) => (text::signed(f64::from(value), 2), change_style(row, m)),
                Column::Human(_) | Column::PredictedBy(_) => (text::number(f64::from(value), 2), theme::FAINT),
                _ => (text::number(f64::from(value), 2), theme::PLAIN),
            };
            match bars {
                Some(range) => (text::fit_right(&words, gap) + &bar(value / range), style),
                None => (text::fit_right(&words, cells), style),
            }
        }
    }
}

/// Changes of sign stand out, small changes stand back.
fn change_style(row: &RowRef<'_>, m: Modality) -> Style {
    match row.change(m) {
        _ if row.flips(m) => theme::MARK,
        c if c.is_nan() || c.abs() < 0.05 => theme::FAINT,
        c if c > 0.0 => theme::UP,
        _ => theme::DOWN,
    }
}

/// The size of a value in one cell; what is as good as nothing is blank.
fn bar(share: f32) -> String {
    let share = share.abs();
    match share.is_finite() && share >= 1.0 / 16.0 {
        true => text::BARS[((share * 8.0).ceil() as usize).clamp(1, 8) - 1].to_string(),
        false => " ".to_owned(),
    }
}

/// Whether somebody reviewed the row or noted something.
pub fn mark(row: &RowRef<'_>) -> String {
    row.mark().map_or(String::new(), |m| {
        format!("{}{}", if m.reviewed { "✔" } else { " " }, if m.note.is_empty() { "" } else { "✎" })
    })
}

/// One modality's label over the refreshes, between the row's own extremes; what hardly moved is flat.
pub fn history(labels: &Labels, row: &RowRef<'_>, cells: u16) -> String {
    bars(&labels.history.of_row(&labels.table.rows, row.row, history_modality(labels)), cells)
}

/// Every so many-th position of `n` so that at most `most` are left, the first and the last always.
pub fn thinned(n: usize, most: usize) -> Vec<usize> {
    match most {
        most if n <= most => (0..n).collect(),
        0 => Vec::new(),
        1 => vec![n - 1],
        most => (0..most).map(|i| (i * (n - 1) + (most - 1) / 2) / (most - 1)).collect(),
    }
}

/// Label values as bars between their own extremes, but never finer than a fifth.
pub fn bars(values: &[f32], cells: u16) -> String {
    if values.len() < 2 {
        return String::new();
    }
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (lo, hi) = (finite().fold(f32::INFINITY, f32::min), finite().fold(f32::NEG_INFINITY, f32::max));
    let spread = (hi - lo).max(0.2);
    let middle = (lo + hi) / 2.0;
    let cells = usize::from(cells);
    let shown: Vec<f32> = thinned(values.len(), cells).into_iter().map(|i| values[i]).collect();
    text::sparkline(&shown, middle - spread / 2.0, middle + spread / 2.0, cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_both_ends() {
        assert_eq!(thinned(3, 5), [0, 1, 2]);
        assert_eq!(thinned(100, 3), [0, 50, 99]);
        assert_eq!((thinned(9, 1), thinned(9, 0), thinned(0, 0)), (vec![8], vec![], vec![]));
        for n in 1..60 {
            for most in 2..40 {
                let kept = thinned(n, most);
                assert!(kept[0] == 0 && kept[kept.len() - 1] == n - 1 && kept.is_sorted(), "{n} {most}: {kept:?}");
            }
        }
    }

    #[test]
    fn bars_are_blank_for_nothing_and_full_for_the_range() {
        assert_eq!([0.0, 0.05, 0.1, 0.5, -1.0, 7.0, f32::NAN].map(bar).concat(), "  ▁▄██ ");
    }
}

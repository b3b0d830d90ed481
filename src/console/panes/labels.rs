//! The label table: every row of the dataset with what the method did to its labels. Only visible rows are drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::Span;

use super::{frame, placeholder, put};
use crate::console::columns::Column;
use crate::console::filter::Row;
use crate::console::state::{Labels, Pane, State};
use crate::console::table::RowRef;
use crate::console::{text, theme};
use crate::modality::Modality;
use crate::run::view::LabelRefresh;
use crate::training::events::{Interval, LabelSummary};

/// Cells of a number's column, the blank before it included.
const NUMBER: u16 = 6;
/// Rows of the summary, below the table where there is room.
const SUMMARY: usize = 3;

/// Rows of the table in an inside of this height.
pub fn rows(height: usize) -> usize {
    let below = if height >= SUMMARY + 6 { SUMMARY } else { 0 };
    height.saturating_sub(1 + below)
}

/// The columns for a width, each with its place and cells.
fn layout(labels: &Labels, width: u16) -> Vec<(Column, u16, u16)> {
    let per_modality = |c: fn(Modality) -> Column| Modality::ALL.map(c);
    let mut numbers = vec![Column::Label];
    let human = labels.rows.human.is_some() && width >= 110;
    for m in Modality::ALL {
        numbers.extend([Column::Corrected(m), Column::Change(m)]);
        if human {
            numbers.push(Column::Human(m));
        }
    }
    // What matters most stays: the changes, then the corrected labels.
    if width < 70 {
        numbers = std::iter::once(Column::Label).chain(per_modality(Column::Change)).collect();
    }
    let history = match width {
        ..82 => 0,
        82..110 => 9,
        _ => 15,
    };
    let split = width >= 100;
    let fixed = NUMBER * numbers.len() as u16 + history + if split { 6 } else { 0 };
    let words = width.saturating_sub(fixed + 1);
    let longest = labels.index.iter().take(200).filter_map(|i| labels.rows.id.get(*i as usize)).map(|t| text::width(t));
    let id = (longest.max().unwrap_or(4) as u16 + 1).clamp(5, (words / 2).clamp(5, 20));
    let mut places = Vec::new();
    let mut x = 1;
    let mut add = |column, cells| {
        places.push((column, x, cells));
        x += cells;
    };
    add(Column::Id, id);
    if split {
        add(Column::Split, 6);
    }
    add(Column::Transcript, words.saturating_sub(id));
    numbers.into_iter().for_each(|c| add(c, NUMBER));
    if history > 0 {
        // The order's column stands for the history: neither is a number of its own.
        add(Column::Order, history);
    }
    places
}

/// The modality whose history is shown: the one that the table is sorted by.
fn history_modality(labels: &Labels) -> Modality {
    labels.sort.modality().unwrap_or(Modality::Audio)
}

pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let labels = &state.labels;
    let inside = frame(state, Pane::Labels, title(labels), area, buffer);
    if labels.rows.is_empty() {
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
    let places = layout(labels, inside.width);
    for (column, x, cells) in &places {
        let (words, right) = heading(labels, *column);
        let fitted =
            if right { text::fit_right(&words, usize::from(*cells)) } else { text::fit(&words, usize::from(*cells)) };
        let style = if *column == labels.sort && *column != Column::Order { theme::FOCUS } else { theme::STRONG };
        put(buffer, inside.x + x, inside.y, *cells, &fitted, style);
    }
    let height = rows(usize::from(inside.height));
    if labels.index.is_empty() {
        let below = Rect { y: inside.y + 1, height: height as u16, ..inside };
        placeholder(below, "no row passes the filter; esc clears it", buffer);
    }
    for (y, at) in (inside.y + 1..).zip(labels.list.visible(labels.index.len(), height)) {
        let Some(row) = labels.row(at) else { continue };
        let selected = at == labels.list.selected && state.focus == Pane::Labels;
        draw_row(labels, &row, selected, &places, Rect { y, height: 1, ..inside }, buffer);
    }
    if usize::from(inside.height) > height + 1 {
        let below = Rect { y: inside.y + 1 + height as u16, height: SUMMARY as u16, ..inside };
        summary(state, below, buffer);
    }
}

fn title(labels: &Labels) -> Vec<Span<'static>> {
    let total = labels.rows.len();
    if total == 0 {
        return Vec::new();
    }
    let mut words = match labels.index.len() {
        n if n == total => format!("{total} rows"),
        n => format!("{n} of {total} rows"),
    };
    if !labels.filter_text.trim().is_empty() {
        words += &format!(" · {}", text::clip(labels.filter_text.trim(), 40));
    }
    if labels.sort != Column::Order || labels.reverse {
        words += &format!(" · sorted by {} {}", labels.sort.description(), if labels.reverse { "↓" } else { "↑" });
    }
    vec![Span::styled(words + " ", theme::PLAIN)]
}

/// A column's heading, and whether it stands on the right.
fn heading(labels: &Labels, column: Column) -> (String, bool) {
    let arrow = match (column == labels.sort, labels.reverse) {
        (false, _) => "",
        (true, true) => "↓",
        (true, false) => "↑",
    };
    match column {
        Column::Order => (format!(" hist. {}", history_modality(labels).letter()), false),
        c if c.is_text() => (format!("{}{arrow}", c.heading()), false),
        c => (format!("{arrow}{}", c.heading()), true),
    }
}

fn draw_row(
    labels: &Labels,
    row: &RowRef<'_>,
    selected: bool,
    places: &[(Column, u16, u16)],
    line: Rect,
    buffer: &mut Buffer,
) {
    for (column, x, cells) in places {
        let (words, style) = cell(labels, row, *column, usize::from(*cells));
        put(buffer, line.x + x, line.y, *cells, &words, style);
    }
    if selected {
        put(buffer, line.x, line.y, 1, "▸", theme::FOCUS);
        // One colour, so that the bar reads as one row.
        buffer.set_style(line, theme::SELECTED.fg(Color::Reset));
    }
}

fn cell(labels: &Labels, row: &RowRef<'_>, column: Column, cells: usize) -> (String, Style) {
    let gap = cells.saturating_sub(1);
    match column {
        Column::Id => (text::clip_middle(&labels.rows.id[row.row], gap), theme::PLAIN),
        Column::Split => (labels.rows.split[row.row].to_string(), theme::FAINT),
        Column::Transcript => (text::fit(&labels.rows.transcript[row.row], gap), theme::PLAIN),
        Column::Order => (format!(" {}", history(labels, row, gap as u16)), theme::FAINT),
        Column::Change(m) => {
            let change = row.change(m);
            let style = match change {
                c if c.is_nan() || c.abs() < 0.05 => theme::FAINT,
                c if c > 0.0 => theme::UP,
                _ => theme::DOWN,
            };
            (text::fit_right(&text::signed(f64::from(change), 2), cells), style)
        }
        number => {
            let style = if matches!(number, Column::Human(_)) { theme::FAINT } else { theme::PLAIN };
            (text::fit_right(&text::number(f64::from(row.number(number)), 2), cells), style)
        }
    }
}

/// One modality's label over the refreshes, between the row's own extremes; what hardly moved is flat.
pub fn history(labels: &Labels, row: &RowRef<'_>, cells: u16) -> String {
    bars(&labels.history.of_row(&labels.rows, row.row, history_modality(labels)), cells)
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
    let n = values.len();
    // Too many for the cells: every so many-th, the first (y) and the last always.
    let shown: Vec<f32> = match n > cells && cells > 1 {
        true => (0..cells).map(|i| values[(i * (n - 1) + (cells - 1) / 2) / (cells - 1)]).collect(),
        false => values.to_vec(),
    };
    text::sparkline(&shown, middle - spread / 2.0, middle + spread / 2.0, cells)
}

/// What correction did to each modality in one split, and its way over the refreshes.
fn summary(state: &State, area: Rect, buffer: &mut Buffer) {
    let split = state.labels.summary;
    let refreshes = state.run.as_ref().map_or(&[][..], |r| &r.view.labels);
    let Some(latest) = refreshes.last() else {
        return put(
            buffer,
            area.x + 1,
            area.y,
            area.width,
            "labels are corrected in the denoising stage",
            theme::FAINT,
        );
    };
    for (y, m) in (area.top()..area.bottom()).zip(Modality::ALL) {
        let line = summary_line(latest, refreshes, split, m, usize::from(area.width));
        put(buffer, area.x + 1, y, area.width.saturating_sub(1), &line, theme::PLAIN);
    }
}

/// Whether correction made labels better: `✔` or `✘` where chance (the paired interval of the MAEs' difference) does not
/// explain it, `≈` where it may.
fn verdict(s: &LabelSummary) -> &'static str {
    let gain = s.gain.unwrap_or_default();
    match (gain.mae_interval, gain.mae) {
        (Some([low, _]), _) if low > 0.0 => "✔",
        (Some([_, high]), _) if high < 0.0 => "✘",
        (None, Some(gain)) if gain > 0.0 => "✔",
        (None, Some(gain)) if gain < 0.0 => "✘",
        _ => "≈",
    }
}

fn summary_line(
    latest: &LabelRefresh,
    refreshes: &[LabelRefresh],
    split: crate::split::Split,
    m: Modality,
    width: usize,
) -> String {
    let of = |l: &LabelRefresh| l.summaries[split][m];
    let now = of(latest);
    let value = |v: Option<f64>, places| text::number(v.unwrap_or(f64::NAN), places);
    let mut line = format!("{split} {:<6} |Δ| {}", m.name(), value(now.mean_abs_change, 3));
    let roomy = width >= 80;
    if roomy {
        line += &format!(" moved {:>2} %", value(now.share_moved.map(|s| s * 100.0), 0));
    }
    if let (Some(corrected), Some(copied)) = (now.corrected, now.copied) {
        let interval = |i: Option<Interval>| match i {
            Some([low, high]) if width >= 140 => format!(" [{} {}]", value(Some(low), 3), value(Some(high), 3)),
            _ => String::new(),
        };
        // In round brackets: what copying y gives.
        line += &format!(
            "{} r {}{} ({}) MAE {}{} ({})",
            if roomy { "  to human" } else { "" },
            value(corrected.pearson, 3),
            interval(corrected.pearson_interval),
            value(copied.pearson, 3),
            value(corrected.mae, 3),
            interval(corrected.mae_interval),
            value(copied.mae, 3),
        );
        if width >= 100 {
            let percent = |v: Option<f64>| value(v.map(|v| v * 100.0), 0);
            line += &format!(" sign {} % ({})", percent(corrected.sign), percent(copied.sign));
        }
        line += &format!(" {}", verdict(&now));
    }
    let changes: Vec<f32> = refreshes.iter().map(|l| of(l).mean_abs_change.map_or(f32::NAN, |v| v as f32)).collect();
    let greatest = changes.iter().copied().filter(|v| v.is_finite()).fold(0.0, f32::max);
    let room = width.saturating_sub(text::width(&line) + 4).min(24);
    if room >= 4 && changes.len() > 1 {
        line += &format!("  {}", text::sparkline(&changes, 0.0, greatest, room));
    }
    line
}

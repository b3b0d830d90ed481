//! How well the latest labels agree with people's, in lines: values with intervals, and grids of signs.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::frame::inner;
use crate::console::widgets::text;
use crate::report::numbers::IN_SAMPLE_WORDS;
use crate::training::events::{Apart, Grid, Interval, LabelSummary, Part};

/// Where the lines lie, and the lines.
pub fn laid_out(state: &State, screen: Rect) -> (Rect, Vec<(String, Style)>) {
    let width = screen.width.saturating_sub(4).min(92);
    let lines = lines(state, usize::from(width.saturating_sub(4)));
    let height = screen.height.saturating_sub(2).min(lines.len() as u16 + 2);
    (Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height }, lines)
}

/// Lines that there is no room for at once.
pub fn beyond(state: &State, screen: Rect) -> usize {
    let (area, lines) = laid_out(state, screen);
    lines.len().saturating_sub(usize::from(inner(area).height))
}

fn lines(state: &State, width: usize) -> Vec<(String, Style)> {
    let split = state.labels.summary;
    let prepared = state.run.as_ref().and_then(|r| r.view.prepared.as_ref());
    let Some(latest) = state.run.as_ref().and_then(|r| r.view.labels.last()) else {
        let words = state.run.as_ref().map(|r| r.view.labels_to_come()).unwrap_or_default();
        return vec![(words, theme::FAINT)];
    };
    let words = format!(
        "{split} split, epoch {}; 95 % bootstrap intervals; in the grids of signs the first label is down, the second across",
        latest.epoch
    );
    let mut lines: Vec<_> = text::wrap(&words, width).into_iter().map(|l| (l, theme::STRONG)).collect();
    for m in state.run.as_ref().map(|r| r.view.modalities()).unwrap_or_default() {
        let s = &latest.summaries[split][m];
        lines.push((String::new(), theme::PLAIN));
        let mut rows = s.annotated.map_or("no human labels".into(), |n| format!("{n} rows with a human label"));
        if prepared.is_some_and(|p| p.is_in_sample(m, split)) {
            rows += &format!(" · {IN_SAMPLE_WORDS}");
        }
        lines.extend(text::wrap(&format!("{m} · {rows}"), width).into_iter().map(|l| (l, theme::STRONG)));
        lines.extend(values(s, width).into_iter().map(|l| (l, theme::PLAIN)));
        lines.extend(s.apart.iter().flat_map(|a| apart(a, width)).map(|l| (l, theme::PLAIN)));
        lines.extend(grids(s, width).into_iter().map(|l| (l, theme::PLAIN)));
    }
    lines
}

/// Each measure of corrected labels and of copies, and what correction gained.
fn values(s: &LabelSummary, width: usize) -> Vec<String> {
    let (Some(c), Some(y)) = (&s.corrected, &s.copied) else { return Vec::new() };
    let gain = s.gain.unwrap_or_default();
    const NAMES: [&str; 3] = ["corrected", "copied", "gain"];
    let wide = width >= 70;
    let line = |name: &str, cells: [String; 3]| {
        let [corrected, copied, gain] = &cells;
        match wide {
            true => vec![format!("{name:<6}{corrected:<22}{copied:<22}{gain}")],
            // One below the other.
            false => {
                let known = NAMES.iter().zip(&cells).filter(|(_, cell)| !cell.is_empty());
                let values = known.map(|(of, cell)| format!("  {of:<10}{cell}"));
                std::iter::once(name.to_owned()).chain(values).collect()
            }
        }
    };
    let heading = if wide { line("", NAMES.map(str::to_owned)) } else { Vec::new() };
    let gained = |v: Option<f64>, i| if v.is_some() { value(v, i) } else { String::new() };
    let rows = [
        heading,
        line("MAE", [value(c.mae, c.mae_interval), value(y.mae, y.mae_interval), gained(gain.mae, gain.mae_interval)]),
        line(
            "r",
            [
                value(c.pearson, c.pearson_interval),
                value(y.pearson, y.pearson_interval),
                gained(gain.pearson, gain.pearson_interval),
            ],
        ),
        line("sign", [value(c.sign, c.sign_interval), value(y.sign, y.sign_interval), String::new()]),
    ];
    rows.concat()
}

/// Clips whose modality says what the whole says, and those where it differs: there correction has its work.
fn apart(a: &Apart, width: usize) -> Vec<String> {
    let line = |name: &str, part: &Part| {
        let gain = value(part.gain, part.gain_interval);
        let number = |v: Option<f64>| text::number(v.unwrap_or(f64::NAN), 3);
        let words = format!("{}→{} gain {gain}", number(part.copied), number(part.corrected));
        text::wrap(&format!("{name} ({} rows) MAE {words}", part.rows), width)
    };
    [line("agreeing with y", &a.agreeing), line("differing from y", &a.differing)].concat()
}

/// Cells of a grid of signs.
const GRID: usize = 24;

/// `0.947 [0.940 0.953]`
fn value(value: Option<f64>, interval: Option<Interval>) -> String {
    let number = |v: f64| text::number(v, 3);
    let ends = interval.map_or(String::new(), |[low, high]| format!(" [{} {}]", number(low), number(high)));
    format!("{}{ends}", number(value.unwrap_or(f64::NAN)))
}

/// The grids that there are, as many side by side as there is room for; the first label down, the second across.
fn grids(s: &LabelSummary, width: usize) -> Vec<String> {
    let known = [
        ("copied/human", s.copied_human),
        ("corrected/human", s.corrected_human),
        ("copied/corrected", s.copied_corrected),
    ];
    let known: Vec<(&str, Grid)> = known.into_iter().filter_map(|(name, g)| Some((name, g?))).collect();
    if known.is_empty() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for known in known.chunks((width / GRID).max(1)) {
        let names = known.iter().map(|(name, _)| format!("{name:<GRID$}"));
        let heads = known.iter().map(|_| format!("{:>7}{:>6}{:>6}     ", "-", "0", "+"));
        lines.extend([names.collect::<String>(), heads.collect()]);
        for (row, sign) in ["-", "0", "+"].into_iter().enumerate() {
            let cells =
                known.iter().map(|(_, g)| format!("{sign}{:>6}{:>6}{:>6}     ", g[row][0], g[row][1], g[row][2]));
            lines.push(cells.collect());
        }
    }
    lines
}

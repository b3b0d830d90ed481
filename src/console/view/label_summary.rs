//! The lines below the label table: what correction did to one split.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::state::State;
use crate::console::terminal::theme;
use crate::console::widgets::frame::put;
use crate::console::widgets::text;
use crate::modality::Modality;
use crate::report::numbers::IN_SAMPLE;
use crate::run::view::LabelRefresh;
use crate::split::Split;
use crate::training::events::{Interval, LabelSummary};

/// What correction did to each modality in one split, and its way over the refreshes.
pub fn draw(state: &State, area: Rect, buffer: &mut Buffer) {
    let split = state.labels.summary;
    let refreshes = state.run.as_ref().map_or(&[][..], |r| &r.view.labels);
    let Some(latest) = refreshes.last() else {
        let words = state.run.as_ref().map(|r| r.view.labels_to_come()).unwrap_or_default();
        return put(buffer, area.x + 1, area.y, area.width, &words, theme::FAINT);
    };
    let modalities = state.run.as_ref().map(|r| r.view.modalities()).unwrap_or_default();
    for (y, m) in (area.top()..area.bottom()).zip(modalities) {
        let in_sample =
            state.run.as_ref().and_then(|r| r.view.prepared.as_ref()).is_some_and(|p| p.is_in_sample(m, split));
        let name = format!("{}{}", m.name(), if in_sample { IN_SAMPLE } else { "" });
        let line = summary_line(latest, refreshes, split, (m, &name), usize::from(area.width));
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
    split: Split,
    (m, name): (Modality, &str),
    width: usize,
) -> String {
    let of = |l: &LabelRefresh| l.summaries[split][m];
    let now = of(latest);
    let value = |v: Option<f64>, places| text::number(v.unwrap_or(f64::NAN), places);
    let mut line = format!("{split} {name:<6} |Δ| {}", value(now.mean_abs_change, 3));
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
        let r = format!(
            "{} r {}{} ({})",
            if roomy { "  to human" } else { "" },
            value(corrected.pearson, 3),
            interval(corrected.pearson_interval),
            value(copied.pearson, 3),
        );
        let mae =
            format!(" MAE {}{} ({})", value(corrected.mae, 3), interval(corrected.mae_interval), value(copied.mae, 3));
        for part in [r, mae] {
            // Half a number would be read as another one; the verdict has its cells.
            if text::width(&line) + text::width(&part) + 3 <= width {
                line += &part;
            }
        }
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

//! Text in terminal cells: measuring, cutting and padding by display width, and numbers in words.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::Span;
use unicode_width::UnicodeWidthStr;

pub use crate::report::numbers::{bytes, clock, count, number, signed, significant};
use crate::sanitise::clean;

/// True for text of one cell a byte that is [`clean`] as it is: most of what is drawn, and drawn again with every key.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

/// Cells that a text takes once [`clean`]ed.
pub fn width(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    let cleaned = clean(text);
    Span::raw(&*cleaned).styled_graphemes(Style::new()).map(|g| g.symbol.width()).sum()
}

/// The cleaned text, cut with `…` where it is wider than `max` cells; never wider than `max`.
pub fn clip(text: &str, max: usize) -> String {
    if is_plain(text) {
        return match max.checked_sub(1) {
            _ if text.len() <= max => text.to_owned(),
            Some(cut) => format!("{}…", &text[..cut]),
            None => String::new(),
        };
    }
    let cleaned = clean(text);
    let mut out = String::new();
    let mut used = 0;
    // The text as far as it leaves a cell for the ellipsis.
    let mut cut = 0;
    for g in Span::raw(&*cleaned).styled_graphemes(Style::new()) {
        let w = g.symbol.width();
        if used + w > max {
            out.truncate(cut);
            if max > 0 {
                out.push('…');
            }
            return out;
        }
        used += w;
        out.push_str(g.symbol);
        if used < max {
            cut = out.len();
        }
    }
    out
}

/// As [`clip`], but cut in the middle: names that differ at their ends stay apart.
pub fn clip_middle(text: &str, max: usize) -> String {
    if max < 8 || width(text) <= max {
        return clip(text, max);
    }
    let cleaned = clean(text);
    let tail_cells = (max - 1) / 2;
    let graphemes: Vec<String> =
        Span::raw(&*cleaned).styled_graphemes(Style::new()).map(|g| g.symbol.to_owned()).collect();
    let mut start = graphemes.len();
    let mut used = 0;
    while start > 0 && used + graphemes[start - 1].width() <= tail_cells {
        start -= 1;
        used += graphemes[start].width();
    }
    let mut out = clip(&cleaned, max - used);
    out.push_str(&graphemes[start..].concat());
    out
}

/// As [`clip`], filled with spaces on the right to exactly `width` cells.
pub fn fit(text: &str, cells: usize) -> String {
    let mut out = clip(text, cells);
    let used = width(&out);
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(used)));
    out
}

/// As [`clip`], filled with spaces on the left to exactly `width` cells.
pub fn fit_right(text: &str, cells: usize) -> String {
    let cut = clip(text, cells);
    let used = width(&cut);
    let mut out = " ".repeat(cells.saturating_sub(used));
    out.push_str(&cut);
    out
}

/// The cleaned text in lines of at most `cells` cells, broken at spaces where there are some.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(2);
    let cleaned = clean(text);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in cleaned.split_inclusive(' ') {
        let whole = width(word.trim_end());
        if used > 0 && used + whole > cells {
            lines.push(String::new());
            used = 0;
        }
        for g in Span::raw(word).styled_graphemes(Style::new()) {
            let w = g.symbol.width();
            // Clusters of some scripts are wider than the narrowest line.
            let (symbol, w) = if w > cells { ("…", 1) } else { (g.symbol, w) };
            if used + w > cells {
                if symbol == " " {
                    continue;
                }
                lines.push(String::new());
                used = 0;
            }
            used += w;
            if let Some(line) = lines.last_mut() {
                line.push_str(symbol);
            }
        }
    }
    lines.into_iter().map(|l| l.trim_end().to_owned()).collect()
}

/// A span of time as one would say it: 8 s, 4 m 05 s, 2 h 10 m, 3 d 4 h.
pub fn duration(seconds: f64) -> String {
    if !(0.0..1e9).contains(&seconds) {
        return "–".to_owned();
    }
    let s = Duration::from_secs_f64(seconds).as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} m {:02} s", s / 60, s % 60),
        3600..86400 => format!("{} h {:02} m", s / 3600, s / 60 % 60),
        _ => format!("{} d {} h", s / 86400, s / 3600 % 24),
    }
}

/// Eight heights of a bar in one cell.
pub const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last `cells` values as bars between `lo` and `hi`; a value that is not finite is a space.
pub fn sparkline(values: &[f32], lo: f32, hi: f32, cells: usize) -> String {
    let span = (hi - lo).max(f32::MIN_POSITIVE);
    let bar = |v: &f32| match v {
        v if v.is_finite() => BARS[(((v - lo) / span).clamp(0.0, 1.0) * 7.0).round() as usize],
        _ => ' ',
    };
    values[values.len().saturating_sub(cells)..].iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_characters_count_as_two_cells() {
        assert_eq!(width("电影"), 4);
        assert_eq!(clip("电影好看", 5), "电影…");
        assert_eq!(clip("电影好看", 6), "电影…");
        assert_eq!(clip("电影", 4), "电影");
        assert_eq!(fit("电影", 6), "电影  ");
        assert_eq!(fit_right("7", 3), "  7");
        assert_eq!(clip("abc", 0), "");
        assert_eq!(clip_middle("video_0001$_$0003", 12), "video_…$0003");
        assert_eq!(clip_middle("电影电影电影好看", 10), "电影…好看");
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_inside_long_words() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("电影真的很好看", 6), ["电影真", "的很好", "看"]);
        assert_eq!(wrap("", 6), [""]);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(-0.001, 2), "0.00");
        assert_eq!(number(f64::NAN, 2), "–");
        assert_eq!(signed(0.25, 2), "+0.25");
        assert_eq!(signed(0.001, 2), "0.00");
        assert_eq!(significant(0.43219, 4), "0.432");
        assert_eq!(significant(1234.5, 4), "1234");
        assert_eq!(significant(1.5e-7, 3), "1.50e-7");
        assert_eq!((count(950.0), count(3210.0), count(1.5e6)), ("950".into(), "3.2k".into(), "1.5M".into()));
        assert_eq!(
            (duration(8.4), duration(245.0), duration(7800.0)),
            ("8 s".into(), "4 m 05 s".into(), "2 h 10 m".into())
        );
        assert_eq!((clock(8.0), clock(7833.0)), ("0:08".into(), "2:10:33".into()));
        assert_eq!(bytes(1_234_000_000), "1.2 GB");
    }

    #[test]
    fn sparklines_show_the_last_values_and_gaps() {
        assert_eq!(sparkline(&[9.0, 0.0, 0.5, f32::NAN, 1.0], 0.0, 1.0, 4), "▁▅ █");
    }

    proptest! {
        #[test]
        fn fitting_always_fills_the_width_exactly(text in any::<String>(), cells in 0usize..40) {
            prop_assert_eq!(width(&fit(&text, cells)), cells);
            prop_assert_eq!(width(&fit_right(&text, cells)), cells);
            prop_assert!(width(&clip_middle(&text, cells)) <= cells);
            prop_assert!(wrap(&text, cells).iter().all(|l| width(l) <= cells.max(2)));
        }
    }
}

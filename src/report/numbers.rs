//! Numbers in writing, for screens, figures and tables alike.

use std::time::Duration;

pub use crate::files::bytes_in_words as bytes;
use crate::training::events::PartSize;

/// What stands beside figures that are judged in sample.
pub const IN_SAMPLE: &str = "°";

/// What [`IN_SAMPLE`] means.
pub const IN_SAMPLE_WORDS: &str = "° in sample: the features of this modality were fitted to such labels";

/// A value with `decimals` places; `–` for what is not finite.
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{value:.decimals$}");
    // Rounding can leave "-0.00", which reads as a sign that is not there.
    if text.starts_with('-') && text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.')) {
        text[1..].to_owned()
    } else {
        text
    }
}

/// A part's numbers of parameters in few characters: 34k, 34k frozen, 25M + 85M frozen.
pub fn parameters_in_words(part: &PartSize) -> String {
    let (trained, frozen) = (count(part.trained as f64), count(part.frozen as f64));
    match (part.trained, part.frozen) {
        (_, 0) => trained,
        (0, _) => format!("{frozen} frozen"),
        _ => format!("{trained} + {frozen} frozen"),
    }
}

/// As [`number`], with the sign always shown; zero has none.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = number(value, decimals);
    if value > 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { format!("+{text}") } else { text }
}

/// A value in about `digits` significant digits, for read-outs of any magnitude.
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-3..1e6).contains(&magnitude) {
        return format!("{value:.*e}", digits.saturating_sub(1));
    }
    let before = if magnitude >= 1.0 { magnitude.log10().floor() as usize + 1 } else { 1 };
    number(value, digits.saturating_sub(before).min(6))
}

/// A count with a suffix of thousands: 950, 3.2k, 1.5M, 12T.
pub fn count(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value < 999.5 {
        return format!("{value:.0}");
    }
    let (mut value, mut suffixes) = (value / 1e3, "kMGTP".chars());
    let mut suffix = suffixes.next().unwrap_or_default();
    for larger in suffixes {
        if value < 999.5 {
            break;
        }
        (value, suffix) = (value / 1e3, larger);
    }
    let places = usize::from(value < 9.95);
    format!("{value:.places$}{suffix}")
}

/// A moment of the run as a clock: 0:08, 4:05, 2:10:33.
pub fn clock(seconds: f64) -> String {
    if !(0.0..1e9).contains(&seconds) {
        return "–".to_owned();
    }
    let s = Duration::from_secs_f64(seconds).as_secs();
    if s < 3600 {
        format!("{}:{:02}", s / 60, s % 60)
    } else {
        format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    }
}

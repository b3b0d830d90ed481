//! Words in figures: made harmless, and measured as the embedded font sets them.

/// Advance widths of DejaVu Sans from space to tilde, in thousandths of the font's size.
const ADVANCES: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
];

/// The longest text that is drawn, in characters.
const LONGEST: usize = 200;

/// How wide a text is at a font size, in the size's unit; about right for characters other than ASCII.
pub fn width_of(text: &str, size: f64) -> f64 {
    let advance = |c: char| match u32::from(c) {
        i @ 32..=126 => ADVANCES[i as usize - 32],
        // Ideographs and other full-width characters.
        0x1100..=0x11ff | 0x2e80..=0x9fff | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0xff00..=0xff60 => 1000,
        _ => 640,
    };
    text.chars().map(|c| f64::from(advance(c))).sum::<f64>() / 1000.0 * size
}

/// Text from data without what XML forbids or what would turn its direction, cut at 200 characters.
pub fn clean(text: &str) -> String {
    let harmless = |c: char| match c {
        c if c.is_control() => '\u{fffd}',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => c,
    };
    let mut out: String = text.chars().take(LONGEST).map(harmless).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

/// Cleaned text for an XML document.
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    // Descriptions hold several sentences; each is cleaned by itself.
    for (i, line) in text.lines().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        for c in clean(line).chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                c => out.push(c),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_write_markup_or_turn_text_round() {
        assert_eq!(escape("a<b>&\u{1b}[31m\u{202e}"), "a&lt;b&gt;&amp;\u{fffd}[31m\u{fffd}");
        assert_eq!(clean(&"x".repeat(300)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn widths_are_the_fonts() {
        assert!((width_of("0.25", 10.0) - (3.0 * 6.36 + 3.18)).abs() < 1e-9);
        assert!(width_of("电影", 10.0) > 19.0);
    }
}

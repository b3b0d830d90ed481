//! Makes text from outside harmless: nothing a data file, a log or a path holds may reach the terminal as a command,
//! reorder what stands beside it, or take a width that the layout does not know.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// Combining marks kept on one base character; more are dropped (a cell holding thousands of them is a way to flood a
/// slow line).
const MARKS_KEPT: usize = 4;

/// What becomes of one character.
enum Fate {
    Keep,
    Drop,
    Replace(char),
}

fn fate(c: char) -> Fate {
    match c {
        ' '..='~' => Fate::Keep,
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Replace(' '),
        // The control pictures name what was there, so that an escape code in a transcript can be seen for what it is.
        '\0'..='\u{1f}' => Fate::Replace(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
        '\u{7f}' => Fate::Replace('\u{2421}'),
        '\u{80}'..='\u{9f}' => Fate::Replace('\u{fffd}'),
        // Direction marks, embeddings, overrides and isolates.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => Fate::Drop,
        // Zero-width spaces, joiners and other invisible format characters.
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => {
            Fate::Drop
        }
        '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' => Fate::Drop,
        // Variation selectors change a character's width in some terminals and not in others.
        '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' => Fate::Drop,
        '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => Fate::Drop,
        _ => Fate::Keep,
    }
}

/// The text without control, escape, direction and invisible characters; borrowed where nothing had to change.
///
/// Line breaks and tabs become spaces, other controls a visible stand-in.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for c in text.chars() {
        let c = match fate(c) {
            Fate::Keep => c,
            Fate::Drop => continue,
            Fate::Replace(r) => r,
        };
        if c.width() == Some(0) {
            marks += 1;
            if marks > MARKS_KEPT {
                continue;
            }
        } else {
            marks = 0;
        }
        out.push(c);
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// True where [`clean`] would let the character through unchanged.
pub fn is_harmless(c: char) -> bool {
    matches!(fate(c), Fate::Keep)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_and_chinese_text_is_untouched() {
        for text in ["", "hello, world", "这个电影真好看", "naïve e\u{301}", "emoji 😀"] {
            assert!(matches!(clean(text), Cow::Borrowed(t) if t == text), "{text:?}");
        }
    }

    #[test]
    fn escape_codes_lose_their_power_but_stay_visible() {
        assert_eq!(clean("a\u{1b}[31mred\u{7}"), "a␛[31mred␇");
        assert_eq!(clean("\u{9b}2J\u{7f}"), "\u{fffd}2J␡");
        assert_eq!(clean("one\ttwo\r\nthree"), "one two  three");
    }

    #[test]
    fn direction_and_invisible_characters_go() {
        assert_eq!(clean("abc\u{202e}def\u{200b}\u{feff}\u{2066}g\u{fe0f}"), "abcdefg");
        assert_eq!(clean("a\u{e0041}b"), "ab");
    }

    #[test]
    fn a_stack_of_marks_is_cut() {
        let text = format!("x{}", "\u{301}".repeat(500));
        assert_eq!(clean(&text).chars().count(), 1 + MARKS_KEPT);
    }

    proptest! {
        #[test]
        fn any_text_comes_out_harmless(text in any::<String>()) {
            let cleaned = clean(&text).into_owned();
            prop_assert!(cleaned.chars().all(is_harmless));
            prop_assert!(!cleaned.chars().any(char::is_control));
            prop_assert_eq!(clean(&cleaned), cleaned.as_str());
        }

        #[test]
        fn any_low_code_points_come_out_harmless(codes in proptest::collection::vec(0u32..0x2100, 0..200)) {
            let text: String = codes.into_iter().filter_map(char::from_u32).collect();
            let turns = |c: char| ('\u{202a}'..='\u{202e}').contains(&c);
            let harm = clean(&text).chars().any(|c| c.is_control() || turns(c));
            prop_assert!(!harm);
        }
    }
}

//! The words and signs of the filter language.

use super::error::FilterError;
use super::pass::Comparison;

/// One word or sign of a filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Word(String),
    Quoted(String),
    Compare(Comparison),
    Bar,
    Open,
    Close,
}

/// The tokens of a filter with their positions, counted in characters from 1.
///
/// # Errors
/// A quotation that does not end.
pub fn tokens(source: &str) -> Result<Vec<(Token, usize)>, FilterError> {
    let chars: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let at = i + 1;
        let next = chars.get(i + 1).copied();
        let (token, taken) = match chars[i] {
            c if c.is_whitespace() => {
                i += 1;
                continue;
            }
            '<' if next == Some('=') => (Token::Compare(Comparison::AtMost), 2),
            '<' => (Token::Compare(Comparison::Less), 1),
            '>' if next == Some('=') => (Token::Compare(Comparison::AtLeast), 2),
            '>' => (Token::Compare(Comparison::More), 1),
            '!' if next == Some('=') => (Token::Compare(Comparison::Unequal), 2),
            '!' => (Token::Word("not".into()), 1),
            '=' => (Token::Compare(Comparison::Equal), if next == Some('=') { 2 } else { 1 }),
            '≤' => (Token::Compare(Comparison::AtMost), 1),
            '≥' => (Token::Compare(Comparison::AtLeast), 1),
            '≠' => (Token::Compare(Comparison::Unequal), 1),
            '~' => (Token::Compare(Comparison::Holds), 1),
            '|' if next == Some('|') => (Token::Word("or".into()), 2),
            '|' => (Token::Bar, 1),
            '&' => (Token::Word("and".into()), if next == Some('&') { 2 } else { 1 }),
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            quote @ ('"' | '\'') => {
                let inside: String = chars[i + 1..].iter().take_while(|c| **c != quote).collect();
                let length = inside.chars().count();
                if i + 1 + length >= chars.len() {
                    return Err(FilterError { at, message: format!("expected a closing {quote}") });
                }
                (Token::Quoted(inside), length + 2)
            }
            _ => {
                let ends = |c: &char| c.is_whitespace() || "<>=!~|&()\"≤≥≠".contains(*c);
                let word: String = chars[i..].iter().take_while(|c| !ends(c)).collect();
                let length = word.chars().count();
                (Token::Word(word), length)
            }
        };
        tokens.push((token, at));
        i += taken;
    }
    Ok(tokens)
}

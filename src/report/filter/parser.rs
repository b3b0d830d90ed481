//! The grammar of the filter language, read by descent.

use super::error::FilterError;
use super::field::{Field, Kind};
use super::pass::{Comparison, Filter};
use super::tokens::{Token, tokens};
use crate::nearest::meant;
use crate::report::listing::listed;

/// How deep brackets and `not` may nest.
const DEPTH: usize = 40;

impl<F: Field> Filter<F> {
    /// Parses a filter; blank text is no filter.
    ///
    /// # Errors
    /// What was expected and where, in words for the prompt line.
    pub fn parse(source: &str) -> Result<Option<Filter<F>>, FilterError> {
        let tokens = tokens(source)?;
        if tokens.is_empty() {
            return Ok(None);
        }
        let mut parser = Parser { tokens: &tokens, at: 0, end: source.chars().count() + 1 };
        let filter = parser.any(DEPTH)?;
        match parser.peek() {
            None => Ok(Some(filter)),
            Some(_) => Err(parser.error("expected no ) without a ( before it")),
        }
    }
}

/// True where one of the words is, or for `~` holds, this value.
fn is_one_of(words: &[&str], value: &str, comparison: Comparison) -> bool {
    words.iter().any(|word| match comparison {
        Comparison::Holds => word.contains(value),
        _ => *word == value,
    })
}

struct Parser<'a> {
    tokens: &'a [(Token, usize)],
    at: usize,
    end: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(t, _)| t)
    }

    fn word(&self, offset: usize) -> Option<&str> {
        match self.tokens.get(self.at + offset) {
            Some((Token::Word(word), _)) => Some(word),
            _ => None,
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.word(0).is_some_and(|w| w.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn error(&self, message: impl Into<String>) -> FilterError {
        let at = self.tokens.get(self.at).map_or(self.end, |(_, at)| *at);
        FilterError { at, message: message.into() }
    }

    fn any<F: Field>(&mut self, depth: usize) -> Result<Filter<F>, FilterError> {
        let mut parts = vec![self.all(depth)?];
        while self.take_word("or") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::Or(parts) })
    }

    fn all<F: Field>(&mut self, depth: usize) -> Result<Filter<F>, FilterError> {
        let mut parts = vec![self.term(depth)?];
        loop {
            let joined = self.take_word("and");
            let more = match self.peek() {
                None | Some(Token::Close) => false,
                Some(Token::Word(w)) if w.eq_ignore_ascii_case("or") => false,
                Some(_) => true,
            };
            if !more && !joined {
                return Ok(if parts.len() == 1 { parts.remove(0) } else { Filter::And(parts) });
            }
            parts.push(self.term(depth)?);
        }
    }

    fn term<F: Field>(&mut self, depth: usize) -> Result<Filter<F>, FilterError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.error(format!("expected at most {DEPTH} nested brackets")));
        };
        if self.take_word("not") {
            return Ok(Filter::Not(Box::new(self.term(depth)?)));
        }
        let token = self.peek().cloned();
        match token {
            Some(Token::Open) => {
                self.at += 1;
                let inner = self.any(depth)?;
                if self.peek() != Some(&Token::Close) {
                    return Err(self.error("expected )"));
                }
                self.at += 1;
                Ok(inner)
            }
            Some(Token::Bar) => {
                self.at += 1;
                let field = self.numeric_field()?;
                if self.peek() != Some(&Token::Bar) {
                    return Err(self.error("expected a closing | after the column"));
                }
                self.at += 1;
                self.comparison(field, true)
            }
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("abs") && self.after(1, &Token::Open) => {
                self.at += 2;
                let field = self.numeric_field()?;
                if self.peek() != Some(&Token::Close) {
                    return Err(self.error("expected ) after the column"));
                }
                self.at += 1;
                self.comparison(field, true)
            }
            Some(Token::Word(word)) if matches!(self.tokens.get(self.at + 1), Some((Token::Compare(_), _))) => {
                if F::flag(&word).is_some() {
                    self.at += 1;
                    return Err(self.error(format!("expected nothing to compare with: {word} stands by itself")));
                }
                let Some(field) = F::parse(&word) else { return Err(self.error(F::unknown(&word))) };
                self.at += 1;
                self.comparison(field, false)
            }
            Some(Token::Word(word)) if let Some(flag) = F::flag(&word) => {
                self.at += 1;
                Ok(Filter::Flag(flag))
            }
            // Nobody looks for such a word; in quotation marks one can.
            Some(Token::Word(word)) if let Some(why) = F::refused(&word) => {
                Err(self.error(format!("{why} (in \"\" it is looked for as text)")))
            }
            Some(Token::Word(word) | Token::Quoted(word)) => {
                if ["and", "or"].iter().any(|w| word.eq_ignore_ascii_case(w)) {
                    return Err(self.error(format!("expected a word or a comparison before {word}")));
                }
                self.at += 1;
                Ok(Filter::Word(word.to_lowercase()))
            }
            Some(Token::Compare(_)) => Err(self.error("expected a column before the comparison")),
            Some(Token::Close) => Err(self.error("expected a word or a comparison before )")),
            None => Err(self.error("expected a word or a comparison")),
        }
    }

    fn after(&self, offset: usize, token: &Token) -> bool {
        self.tokens.get(self.at + offset).is_some_and(|(t, _)| t == token)
    }

    fn numeric_field<F: Field>(&mut self) -> Result<F, FilterError> {
        match self.word(0).and_then(F::parse).filter(|f| f.kind() == Kind::Number) {
            Some(field) => {
                self.at += 1;
                Ok(field)
            }
            None => Err(self.error(format!("expected a column of numbers, for example {}", F::NUMBER))),
        }
    }

    fn comparison<F: Field>(&mut self, field: F, absolute: bool) -> Result<Filter<F>, FilterError> {
        let Some(Token::Compare(comparison)) = self.peek().cloned() else {
            return Err(self.error(format!("expected a comparison such as {}", F::COMPARISON)));
        };
        self.at += 1;
        let value = match self.peek() {
            Some(Token::Word(w) | Token::Quoted(w)) => w.clone(),
            _ => return Err(self.error("expected a value after the comparison")),
        };
        if field.kind() == Kind::Text {
            if !matches!(comparison, Comparison::Equal | Comparison::Unequal | Comparison::Holds) {
                self.at -= 1;
                return Err(self.error("expected =, != or ~ after a column of text"));
            }
            let value = value.to_lowercase();
            if let Some(words) = field.one_of()
                && !is_one_of(words, &value, comparison)
            {
                let meant = meant(&value, words.iter().copied());
                let expected = listed(words, "or");
                return Err(self.error(format!("no {} {value}{meant}; expected {expected}", field.name())));
            }
            self.at += 1;
            return Ok(Filter::Text { field, comparison, value });
        }
        let Some((value, times, taken)) = self.multiple(value, &field) else {
            return Err(self.error(format!(
                "expected a number after the comparison, a column or both, for example {}",
                F::MULTIPLE
            )));
        };
        self.at += taken;
        Ok(Filter::Number { field, absolute, comparison, value, times })
    }

    /// A number, a field of numbers, or the one times the other, and the words that it takes. `*` is no sign of its own:
    /// it stands within words that are looked for.
    fn multiple<F: Field>(&self, mut text: String, of: &F) -> Option<(f64, Option<F>, usize)> {
        let mut taken = 1;
        while let Some(next) = self.word(taken).filter(|next| text.ends_with('*') || next.starts_with('*')) {
            text += next;
            taken += 1;
        }
        let number = |text: &str| text.parse::<f64>().ok().filter(|v| v.is_finite()).map(|v| of.rounded(v));
        let field = |text: &str| F::parse(text).filter(|f| f.kind() == Kind::Number);
        let (value, times) = match text.split_once('*') {
            None => number(&text).map(|value| (value, None)).or_else(|| Some((1.0, Some(field(&text)?))))?,
            Some((a, b)) => match (number(a), number(b)) {
                (Some(value), None) => (value, Some(field(b)?)),
                (None, Some(value)) => (value, Some(field(a)?)),
                _ => return None,
            },
        };
        Some((value, times, taken))
    }
}

//! A filter, and whether a row passes it.

use super::field::{Field, Row};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Unequal,
    /// Text holds the value.
    Holds,
}

/// A parsed filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter<F: Field> {
    /// Looked for in [`Field::searched`]; lower case.
    Word(String),
    Number {
        field: F,
        absolute: bool,
        comparison: Comparison,
        value: f64,
        /// The field by which `value` is multiplied.
        times: Option<F>,
    },
    /// On a field of text; lower case.
    Text {
        field: F,
        comparison: Comparison,
        value: String,
    },
    /// A word that is true or not of a row.
    Flag(F::Flag),
    Not(Box<Filter<F>>),
    And(Vec<Filter<F>>),
    Or(Vec<Filter<F>>),
}

impl<F: Field> Filter<F> {
    /// True where a comparison or a word looks at one of these fields. `flags`: what words that stand by themselves look at.
    pub fn mentions(&self, fields: &impl Fn(&F) -> bool, flags: &impl Fn(&F::Flag) -> bool) -> bool {
        match self {
            Filter::Word(_) => F::searched().iter().any(fields),
            Filter::Number { field, times, .. } => fields(field) || times.as_ref().is_some_and(fields),
            Filter::Text { field, .. } => fields(field),
            Filter::Flag(flag) => flags(flag),
            Filter::Not(inner) => inner.mentions(fields, flags),
            Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|f| f.mentions(fields, flags)),
        }
    }

    /// The words that are looked for.
    pub fn words(&self) -> Vec<&str> {
        match self {
            Filter::Word(word) => vec![word],
            Filter::Not(inner) => inner.words(),
            Filter::And(parts) | Filter::Or(parts) => parts.iter().flat_map(Filter::words).collect(),
            Filter::Number { .. } | Filter::Text { .. } | Filter::Flag(_) => Vec::new(),
        }
    }

    /// Whether the row passes.
    pub fn matches(&self, row: &impl Row<F>) -> bool {
        match self {
            Filter::Word(word) => F::searched().iter().any(|field| row.text(field, word, false)),
            Filter::Number { field, absolute, comparison, value, times } => {
                let value = times.as_ref().map_or(*value, |other| value * row.number(other));
                let found = row.number(field);
                let found = if *absolute { found.abs() } else { found };
                match comparison {
                    Comparison::Less => found < value,
                    Comparison::AtMost => found <= value,
                    Comparison::More => found > value,
                    Comparison::AtLeast => found >= value,
                    Comparison::Equal | Comparison::Holds => field.equal(found, value),
                    Comparison::Unequal => !(found - value).is_nan() && !field.equal(found, value),
                }
            }
            Filter::Text { field, comparison, value } => match comparison {
                Comparison::Unequal => !row.text(field, value, true),
                Comparison::Equal => row.text(field, value, true),
                _ => row.text(field, value, false),
            },
            Filter::Flag(flag) => row.flag(flag),
            Filter::Not(inner) => !inner.matches(row),
            Filter::And(all) => all.iter().all(|f| f.matches(row)),
            Filter::Or(any) => any.iter().any(|f| f.matches(row)),
        }
    }
}

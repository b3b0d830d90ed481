//! The label table's filter language: words search, comparisons select.
//!
//! ```text
//! |da| > 0.3 and split = train
//! sarcasm not y < 0          (words are looked for in id and transcript; terms side by side must all hold)
//! id ~ "video_12" or |d| >= 0.5
//! |da| > 2 * sa              (a comparison with another column, or with a number times one)
//! flip_a not marked          (the audio label changed its sign, and nobody reviewed the row yet)
//! ```
//!
//! What can be compared is the list of [`columns`](super::columns). A comparison with a value that does not exist is
//! false.
//!
//! Words of columns stand by themselves ([`About::word`](super::columns::About::word)). In quotation marks they are looked
//! for like any other word. What is used like a name and is none (`split = trian`, `flip_b`) is an error.
//!
//! ```
//! use std::sync::Arc;
//!
//! use mug::report::table::filter::Filter;
//! use mug::report::table::order::{SortKey, arrange};
//! use mug::report::table::{Rows, Table};
//! use mug::split::Split;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ids = ["a_1", "a_2", "b_1"].map(str::to_owned).to_vec();
//! let rows = Rows::new(vec![Split::Train; 3], ids, vec![], vec![0.8, -0.2, 0.4], None);
//! let table = Table { rows: Arc::new(rows), ..Table::default() };
//!
//! let filter = Filter::parse("id ~ a_ or |y| > 0.3")?;
//! assert_eq!(arrange(&table, filter.as_ref(), &SortKey::parse_list("y")?), [1, 2, 0]);
//! assert!(Filter::parse("split = trian").is_err());
//! # Ok(())
//! # }
//! ```

use super::columns::Column;
use crate::modality::Modality;

/// What is wrong with a filter and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {at}")]
pub struct FilterError {
    /// Counted from 1.
    pub at: usize,
    pub message: String,
}

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
pub enum Filter {
    /// Looked for in id and transcript; lower case.
    Word(String),
    Number {
        column: Column,
        absolute: bool,
        comparison: Comparison,
        value: f32,
        /// The column by which `value` is multiplied.
        times: Option<Column>,
    },
    /// On a column of text; lower case.
    Text {
        column: Column,
        comparison: Comparison,
        value: String,
    },
    /// A word that is true or not of a row.
    Flag {
        column: Column,
        modality: Option<Modality>,
    },
    Not(Box<Filter>),
    And(Vec<Filter>),
    Or(Vec<Filter>),
}

/// What a filter looks at: one row of the table.
pub trait Row {
    /// A numeric column's value; NaN where there is none.
    fn number(&self, column: Column) -> f32;
    /// True where a text column holds (`whole`: is) the lower-case needle, whatever the row's case.
    fn text(&self, column: Column, needle: &str, whole: bool) -> bool;
    /// Whether a column says yes: marked at all, flipped in any modality or in this one.
    fn flag(&self, column: Column, modality: Option<Modality>) -> bool;
}

impl Filter {
    /// True where a comparison or a word looks at one of these columns.
    pub fn mentions(&self, columns: &impl Fn(Column) -> bool) -> bool {
        match self {
            Filter::Word(_) => columns(Column::Id) || columns(Column::Transcript),
            Filter::Number { column, times, .. } => columns(*column) || times.is_some_and(columns),
            Filter::Text { column, .. } | Filter::Flag { column, .. } => columns(*column),
            Filter::Not(inner) => inner.mentions(columns),
            Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|f| f.mentions(columns)),
        }
    }

    /// The words that are looked for in id and transcript.
    pub fn words(&self) -> Vec<&str> {
        match self {
            Filter::Word(word) => vec![word],
            Filter::Not(inner) => inner.words(),
            Filter::And(parts) | Filter::Or(parts) => parts.iter().flat_map(Filter::words).collect(),
            Filter::Number { .. } | Filter::Text { .. } | Filter::Flag { .. } => Vec::new(),
        }
    }

    /// Whether the row passes.
    pub fn matches(&self, row: &impl Row) -> bool {
        match self {
            Filter::Word(word) => row.text(Column::Id, word, false) || row.text(Column::Transcript, word, false),
            Filter::Number { column, absolute, comparison, value, times } => {
                let value = &times.map_or(*value, |column| value * row.number(column));
                let found = row.number(*column);
                let found = if *absolute { found.abs() } else { found };
                match comparison {
                    Comparison::Less => found < *value,
                    Comparison::AtMost => found <= *value,
                    Comparison::More => found > *value,
                    Comparison::AtLeast => found >= *value,
                    // Labels are means of a few votes in float32: 0.6 is meant to find 0.6000000238.
                    Comparison::Equal | Comparison::Holds => (found - value).abs() < 5e-4,
                    Comparison::Unequal => (found - value).abs() >= 5e-4,
                }
            }
            Filter::Text { column, comparison, value } => match comparison {
                Comparison::Unequal => !row.text(*column, value, true),
                Comparison::Equal => row.text(*column, value, true),
                _ => row.text(*column, value, false),
            },
            Filter::Flag { column, modality } => row.flag(*column, *modality),
            Filter::Not(inner) => !inner.matches(row),
            Filter::And(all) => all.iter().all(|f| f.matches(row)),
            Filter::Or(any) => any.iter().any(|f| f.matches(row)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Clip;

    impl Row for Clip {
        fn number(&self, column: Column) -> f32 {
            match column {
                Column::Label => 0.6,
                Column::Change(Modality::Text) => -0.4,
                Column::Human(_) => f32::NAN,
                _ => 0.1,
            }
        }

        fn text(&self, column: Column, needle: &str, whole: bool) -> bool {
            let own = match column {
                Column::Id => "vid_7$_$3",
                Column::Split => "train",
                _ => "i love this 电影",
            };
            if whole { own == needle } else { own.contains(needle) }
        }

        fn flag(&self, column: Column, modality: Option<Modality>) -> bool {
            column == Column::Flips && modality != Some(Modality::Vision)
        }
    }

    fn passes(source: &str) -> bool {
        Filter::parse(source).unwrap_or_else(|e| panic!("{source}: {e}")).is_none_or(|f| f.matches(&Clip))
    }

    #[test]
    fn words_and_comparisons_select() {
        for source in [
            "",
            "  ",
            "love",
            "LOVE this",
            "电影",
            "vid_7",
            "\"love this\"",
            "y>0.5",
            "y = 0.6",
            "|dt|>0.3",
            "abs(dt) >= 0.4",
            "|dt| > 0.3 and split=train",
            "dt < 0",
            "not hate",
            "!hate",
            "hate or love",
            "(hate or love) y>0",
            "id ~ vid_",
            "id != other",
            "split != test",
            "text ~ love",
            "not ht > 0",
            "d > 0",
            "y≥0.6",
            "y>0 && dt<0 || hate",
            "flip",
            "FLIP_A love",
            "not marked",
            "flip_t not flip_v",
            "ŷ > 0 and e < 1",
            "split ~ tr",
            "split = TRAIN",
            "not \"flip_b\"",
            "y > d",
            "y > da",
            "|dt| >= 4*d",
            "abs(dt) > 2 * da",
            "|dt| > da*3 and y>0",
            "dt < -3 * da love",
            "f***k or y > 0",
            "-0.4",
        ] {
            // A bare number is a word like any other.
            assert_eq!(passes(source), source != "-0.4", "{source}");
        }
        for source in [
            "hate",
            "y<0.5",
            "|dt|>0.5",
            "split=test",
            "ht > -9",
            "ht < 9",
            "ht != 0",
            "y > ht",
            "y != 2 * ht",
            "|dt| > 5 * da",
            "love and y<0",
            "id=vid",
            "marked",
            "\"flip\"",
            "flip_v",
        ] {
            assert!(!passes(source), "{source}");
        }
    }

    #[test]
    fn or_binds_less_than_and() {
        assert!(passes("love or hate and y<0"));
        assert!(!passes("(love or hate) and y<0"));
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (source, at, part) in [
            ("y >", 4, "value"),
            ("y > much", 5, "number"),
            ("y > 2 *", 5, "number"),
            ("y > 2 * love", 5, "number"),
            ("y > 2 * id", 5, "number"),
            ("y > 2 * 3", 5, "number"),
            ("y > da * sa", 5, "number"),
            ("y > * 2", 5, "number"),
            ("z > 1", 1, "no column z"),
            ("|dt > 1", 5, "closing |"),
            ("|id| > 1", 2, "column of numbers"),
            ("(y > 1", 7, "expected )"),
            ("love )", 6, "without a ("),
            ("id > 3", 4, "=, != or ~"),
            ("> 3", 1, "column before"),
            ("love and", 9, "word or a comparison"),
            ("\"love", 1, "closing \""),
            ("or love", 1, "before or"),
            ("|dt|", 5, "comparison"),
            ("y > nan", 5, "number"),
            ("flip > 1", 6, "stands by itself"),
            ("history > 1", 1, "no column history"),
            ("|note| > 1", 2, "column of numbers"),
            ("split = trian", 9, "no split trian; did you mean train?"),
            ("split != dev", 10, "expected train, valid or test"),
            ("split ~ \"x\"", 9, "no split x"),
            ("flip_b and y > 0", 1, "no word flip_b"),
            ("not FLIP_text", 5, "expected flip_t, flip_a or flip_v"),
            ("spilt = train", 1, "did you mean split?"),
            ("flisp > 1", 1, "did you mean flips?"),
        ] {
            let error = Filter::parse(source).unwrap_err();
            assert!(error.at == at && error.message.contains(part), "{source}: {error}");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        assert!(Filter::parse(&"(".repeat(100_000)).is_err());
        assert!(Filter::parse(&"not ".repeat(100_000)).is_err());
        assert!(Filter::parse(&format!("{}y>0{}", "(".repeat(30), ")".repeat(30))).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_parses_or_says_why(source in any::<String>()) {
            match Filter::parse(&source) {
                Ok(Some(filter)) => { filter.matches(&Clip); }
                Ok(None) => prop_assert!(source.trim().is_empty()),
                Err(e) => prop_assert!(e.at >= 1 && e.at <= source.chars().count() + 1),
            }
        }

        #[test]
        fn pieces_of_the_language_in_any_order(parts in proptest::collection::vec(
            prop_oneof![Just("y"), Just(">"), Just("0.3"), Just("|"), Just("dt"), Just("("), Just(")"), Just("and"),
                Just("or"), Just("not"), Just("love"), Just("split"), Just("="), Just("\""), Just("abs"), Just("~"),
                Just("flip"), Just("flip_a"), Just("marked"), Just("note"), Just("ŷ")], 0..24)) {
            if let Ok(Some(filter)) = Filter::parse(&parts.join(" ")) {
                filter.matches(&Clip);
            }
        }

        #[test]
        fn a_threshold_selects_by_value(value in -1.0f32..1.0) {
            prop_assert_eq!(passes(&format!("y > {value}")), 0.6 > value);
            prop_assert_eq!(passes(&format!("|dt|<={value}")), 0.4 <= value);
        }
    }
}

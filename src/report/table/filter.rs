//! Filters of the label table: the [language](crate::report::filter) with the table's [columns](super::columns). Words are
//! looked for in id and transcript; words of columns stand by themselves ([`About::word`](super::columns::About::word)).
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

use std::borrow::Cow;

use super::columns::{Column, Content};
use super::rows::RowRef;
use crate::modality::Modality;
use crate::report::filter::{self, Field, Kind, Row};
use crate::report::listing::listed;

/// A filter of the label table.
pub type Filter = filter::Filter<Column>;

impl Field for Column {
    /// The column of a word, and the modality that it asks about.
    type Flag = (Column, Option<Modality>);
    const COMPARISON: &'static str = "> 0.3";
    const NUMBER: &'static str = "dt";
    const MULTIPLE: &'static str = "2 * sa";

    fn parse(name: &str) -> Option<Self> {
        Column::parse(name).filter(|c| c.kind() != Kind::Picture)
    }

    fn name(&self) -> Cow<'static, str> {
        Column::name(*self)
    }

    fn kind(&self) -> Kind {
        Column::kind(*self)
    }

    fn one_of(&self) -> Option<&'static [&'static str]> {
        match self.about().content {
            Content::OneOf { words, .. } => Some(words),
            _ => None,
        }
    }

    fn searched() -> &'static [Self] {
        &[Column::Id, Column::Transcript]
    }

    fn flag(word: &str) -> Option<Self::Flag> {
        let word = word.to_ascii_lowercase();
        let (_, column, modality) = Column::words().into_iter().find(|(known, ..)| *known == word)?;
        Some((column, modality))
    }

    fn refused(word: &str) -> Option<String> {
        let typed = word.to_ascii_lowercase();
        let (stem, _) = typed.split_once('_')?;
        let like = |known: &str| known.strip_prefix(stem).is_some_and(|rest| rest.starts_with('_'));
        let words: Vec<String> = Column::words().into_iter().map(|(word, ..)| word).filter(|w| like(w)).collect();
        (!words.is_empty()).then(|| format!("no word {word}; expected {}", listed(&words, "or")))
    }

    fn unknown(name: &str) -> String {
        format!("no column {name}{}; expected {}", Column::meant(name), Column::names())
    }

    /// Labels are of f32.
    fn rounded(&self, typed: f64) -> f64 {
        f64::from(typed as f32)
    }

    /// Labels are means of a few votes in float32: 0.6 is meant to find 0.6000000238.
    fn equal(&self, found: f64, value: f64) -> bool {
        (found - value).abs() < 5e-4
    }
}

impl Row<Column> for RowRef<'_> {
    fn number(&self, column: &Column) -> f64 {
        f64::from(RowRef::number(self, *column))
    }

    fn text(&self, column: &Column, needle: &str, whole: bool) -> bool {
        self.holds(*column, needle, whole)
    }

    fn flag(&self, (column, modality): &(Column, Option<Modality>)) -> bool {
        self.says(*column, *modality)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Clip;

    impl Row<Column> for Clip {
        fn number(&self, column: &Column) -> f64 {
            f64::from(match column {
                Column::Label => 0.6f32,
                Column::Change(Modality::Text) => -0.4,
                Column::Human(_) => f32::NAN,
                _ => 0.1,
            })
        }

        fn text(&self, column: &Column, needle: &str, whole: bool) -> bool {
            let own = match column {
                Column::Id => "vid_7$_$3",
                Column::Split => "train",
                _ => "i love this 电影",
            };
            if whole { own == needle } else { own.contains(needle) }
        }

        fn flag(&self, (column, modality): &(Column, Option<Modality>)) -> bool {
            *column == Column::Flips && *modality != Some(Modality::Vision)
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

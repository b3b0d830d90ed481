//! What can be asked about rows.

use std::borrow::Cow;
use std::fmt::Debug;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    /// Yes or no.
    Flag,
    /// Nothing that could be compared or written.
    Picture,
}

/// Something that rows of one kind have, by its name in filters.
pub trait Field: Clone + Debug + PartialEq + Sized + 'static {
    /// What a word that stands by itself asks for.
    type Flag: Clone + Debug + PartialEq;
    /// A comparison of a number, for messages: `|dt| > 0.3`.
    const COMPARISON: &'static str;
    /// A field of numbers, for messages: `dt`.
    const NUMBER: &'static str;
    /// A number times a field, for messages: `2 * sa`.
    const MULTIPLE: &'static str;

    /// The field of a name, whatever its case. Never one that is only drawn.
    fn parse(name: &str) -> Option<Self>;
    fn name(&self) -> Cow<'static, str>;
    fn kind(&self) -> Kind;
    /// The lower-case words that a field of few words can hold; `None`: any text.
    fn one_of(&self) -> Option<&'static [&'static str]>;
    /// The fields in which words are looked for.
    fn searched() -> &'static [Self];
    /// What a word asks for that says something of a row by itself.
    fn flag(word: &str) -> Option<Self::Flag>;
    /// Why nobody looks for this word: it is used like a name and is none.
    fn refused(word: &str) -> Option<String>;
    /// What is said of a name that is no field's: the nearest one, and those there are.
    fn unknown(name: &str) -> String;
    /// A number as it was typed, in the precision of the field's values.
    fn rounded(&self, typed: f64) -> f64;
    /// True where a value counts as equal to a number.
    fn equal(&self, found: f64, value: f64) -> bool;
}

/// One row, as a filter looks at it.
pub trait Row<F: Field> {
    /// A numeric field's value; NaN where there is none.
    fn number(&self, field: &F) -> f64;
    /// True where a field of text holds (`whole`: is) the lower-case needle, whatever the row's case.
    fn text(&self, field: &F, needle: &str, whole: bool) -> bool;
    fn flag(&self, flag: &F::Flag) -> bool;
}

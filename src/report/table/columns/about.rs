//! What a column is made of.

use crate::modality::Modality;
use crate::report::filter::Kind;
use crate::report::table::rows::RowRef;

/// What is said of a column, or of the three columns of a family that has one for each modality. The texts of a family
/// have its modality added: its letter behind [`name`](Self::name) and [`heading`](Self::heading), its name behind
/// [`file`](Self::file), and in place of `{m}` in sentences.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The name in filters, in `--sort` and `--columns`, and in the console's settings.
    pub name: &'static str,
    /// The name in files that are written for others.
    pub file: &'static str,
    /// The place in files of which no columns were chosen, as a number; `None`: only in files that ask for it, for what
    /// can be computed from the other columns.
    pub file_place: Option<u8>,
    /// The heading in the table.
    pub heading: &'static str,
    /// What the column holds in two or three words, for example to say what the table is sorted by.
    pub short: &'static str,
    /// What the column holds, for lists of columns and help.
    pub meaning: &'static str,
    pub content: Content,
    pub reads: Reads,
    /// A word of filters that stands by itself: true of the rows where the column is more than 0. Of
    /// [`Content::Modalities`] there is also one for each modality, for example `flip_t`.
    pub word: Option<&'static str>,
    /// Sorting begins with the greatest values: they are what one looks for.
    pub greatest_first: bool,
    /// Sorted by size, whatever the sign.
    pub by_size: bool,
}

/// A column's value in a row.
#[derive(Clone, Copy, Debug)]
pub enum Content {
    /// Text, and the same in lower case where that is at hand; filters do not tell upper from lower case.
    Text {
        own: Own,
        lower: Option<Own>,
    },
    /// One of few lower-case words, in the order in which they are sorted.
    OneOf {
        words: &'static [&'static str],
        which: fn(&RowRef<'_>) -> usize,
    },
    /// NaN where there is none.
    Number(fn(&RowRef<'_>) -> f32),
    /// The number of a modality; NaN where there is none.
    NumberOf(fn(&RowRef<'_>, Modality) -> f32),
    /// A number that files hold as an integer.
    Whole(fn(&RowRef<'_>) -> i64),
    /// The modalities of which something is true: a number to compare with, letters in files.
    Modalities(fn(&RowRef<'_>, Modality) -> bool),
    Flag(fn(&RowRef<'_>) -> bool),
    /// Only drawn.
    Picture,
}

/// A text of a row.
pub type Own = for<'a> fn(&RowRef<'a>) -> &'a str;

/// What a column is read from: it is shown where that is there, and changes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The data.
    Data,
    /// Labels before noise, where the data's labels have some.
    Clean,
    /// Human unimodal labels.
    Human,
    /// Corrected labels.
    Corrected,
    /// The spread of corrected labels between members.
    Spread,
    /// What clips count.
    Weights,
    /// Predictions.
    Predictions,
    /// Which rows were reviewed.
    Marks,
    /// What was noted.
    Notes,
}

impl Content {
    pub fn kind(&self) -> Kind {
        match self {
            Content::Text { .. } | Content::OneOf { .. } => Kind::Text,
            Content::Number(_) | Content::NumberOf(_) | Content::Whole(_) | Content::Modalities(_) => Kind::Number,
            Content::Flag(_) => Kind::Flag,
            Content::Picture => Kind::Picture,
        }
    }
}

/// What a column has where it does not say otherwise; names, texts and content are its own.
pub const PLAIN: About = About {
    name: "",
    file: "",
    file_place: None,
    heading: "",
    short: "",
    meaning: "",
    content: Content::Picture,
    reads: Reads::Data,
    word: None,
    greatest_first: false,
    by_size: false,
};

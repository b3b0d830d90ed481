//! The columns of the label table: their names in filters, files and settings, their headings, and what they hold.
//!
//! The files hold the columns by subject: the clip as the data has it, its labels, predictions, and what people say of
//! rows; `about` says what a column is made of.
//!
//! To add a column: write an [`About`] in the file of its subject and enter it in the list below. What it is read from is
//! a method of a row (`rows.rs`), where that does not say it yet.

mod about;
mod clip;
mod labels;
mod predictions;
mod review;

use std::borrow::Cow;

pub use about::{About, Content, Reads};

use crate::modality::Modality;
use crate::nearest::meant;
pub use crate::report::filter::Kind;
use crate::report::listing::listed;

/// Makes [`Column`] and what is known of it from the list of columns.
macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident $(($each:ident))? = $about:path;)*) => {
        /// One column of the label table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Column {
            $($(#[$doc])* $name $(($each))?,)*
        }

        impl Column {
            /// All columns in the order in which they stand until somebody moves them: what a narrow screen shows first is
            /// what one looks for first.
            pub const ALL: [Column; COUNT] = joined(&[$(columns!(@all $name $($each)?)),*]);

            /// What is said of the column.
            pub fn about(self) -> &'static About {
                match self {
                    $(Column::$name { .. } => &$about,)*
                }
            }

            /// The modality that the column is about.
            pub fn modality(self) -> Option<Modality> {
                match self {
                    $(Column::$name $((columns!(@bind $each m)))? => columns!(@modality $($each m)?),)*
                }
            }
        }

        /// Number of columns.
        const COUNT: usize = 0 $(+ columns!(@all $name $($each)?).len())*;
    };
    (@all $name:ident) => { &[Column::$name] };
    (@all $name:ident Modality) => {
        &[Column::$name(Modality::Text), Column::$name(Modality::Audio), Column::$name(Modality::Vision)]
    };
    (@bind Modality $m:ident) => { $m };
    (@modality) => { None };
    (@modality Modality $m:ident) => { Some($m) };
}

columns! {
    /// Position in the data, from 0: train, valid, test.
    Order = clip::ORDER;
    /// Whether somebody reviewed the row.
    Mark = review::MARK;
    Id = clip::ID;
    Split = clip::SPLIT;
    Transcript = clip::TRANSCRIPT;
    /// y, the multimodal label.
    Label = clip::LABEL;
    /// y before noise.
    Clean = clip::CLEAN;
    /// Δ = y_m - y; sorted by its size.
    Change(Modality) = labels::CHANGE;
    /// The modalities whose corrected label has another sign than y; sorted by their number.
    Flips = labels::FLIPS;
    /// The labels over the refreshes; drawn only.
    History = labels::HISTORY;
    /// y_m, the corrected label.
    Corrected(Modality) = labels::CORRECTED;
    /// A human (or the demo's true) unimodal label.
    Human(Modality) = labels::HUMAN;
    /// How far the members are apart on y_m.
    Spread(Modality) = labels::SPREAD;
    /// What the clip counts in a modality's task.
    Weight(Modality) = labels::WEIGHT;
    /// ŷ, what the network predicts from all modalities.
    Predicted = predictions::PREDICTED;
    /// |ŷ - y|, as the run's MAE counts it.
    Error = predictions::ERROR;
    /// ŷ_m, what it predicts from one.
    PredictedBy(Modality) = predictions::PREDICTED_BY;
    /// The greatest |Δ| of the three modalities.
    Largest = labels::LARGEST;
    /// What somebody noted about the row.
    Note = review::NOTE;
}

/// The columns of families, one after the other.
const fn joined(families: &[&[Column]]) -> [Column; COUNT] {
    let mut all = [Column::Order; COUNT];
    let (mut at, mut family) = (0, 0);
    while family < families.len() {
        let mut member = 0;
        while member < families[family].len() {
            all[at] = families[family][member];
            member += 1;
            at += 1;
        }
        family += 1;
    }
    all
}

impl Column {
    /// The column's name in filters, in `--sort` and in the console's settings.
    pub fn name(self) -> Cow<'static, str> {
        let name = self.about().name;
        self.modality().map_or(Cow::Borrowed(name), |m| Cow::Owned(format!("{name}{}", letter(m))))
    }

    /// The column of a name, whatever its case; `Δa` and `ŷ` are understood, too.
    pub fn parse(name: &str) -> Option<Column> {
        let name = name.to_lowercase().replace('δ', "d").replace('ŷ', "p");
        Column::ALL.into_iter().find(|c| c.name() == name)
    }

    /// The column that was most likely meant, as the end of a message: `; did you mean split?`, or nothing.
    pub fn meant(typed: &str) -> String {
        let names: Vec<_> = Column::ALL.into_iter().filter(|c| c.kind() != Kind::Picture).map(Column::name).collect();
        meant(typed, names.iter().map(|n| &**n))
    }

    /// The names that can be compared, for messages: `row, id, ... or note`; those of a family stand together.
    pub fn names() -> String {
        let mut names: Vec<String> = Vec::new();
        let mut before = None;
        for column in Column::ALL.into_iter().filter(|c| matches!(c.kind(), Kind::Text | Kind::Number)) {
            let family = column.modality().map(|_| column.about().file);
            match names.last_mut() {
                Some(last) if family.is_some() && family == before => *last += &format!(" {}", column.name()),
                _ => names.push(column.name().into_owned()),
            }
            before = family;
        }
        listed(&names, "or")
    }

    /// The words of filters that stand by themselves, with the column and the modality that they ask for.
    pub fn words() -> Vec<(String, Column, Option<Modality>)> {
        let mut words = Vec::new();
        for column in Column::ALL {
            let Some(word) = column.about().word else { continue };
            words.push((word.to_owned(), column, None));
            if let Content::Modalities(_) = column.about().content {
                words.extend(Modality::ALL.map(|m| (format!("{word}_{}", letter(m)), column, Some(m))));
            }
        }
        words
    }

    /// The column's name in files that are written for others.
    pub fn file_name(self) -> String {
        let file = self.about().file;
        self.modality().map_or_else(|| file.to_owned(), |m| format!("{file}_{m}"))
    }

    pub fn kind(self) -> Kind {
        self.about().content.kind()
    }

    /// The heading in the table.
    pub fn heading(self) -> String {
        let heading = self.about().heading;
        self.modality().map_or_else(|| heading.to_owned(), |m| format!("{heading}{}", m.letter()))
    }

    /// What the column holds, in two or three words.
    pub fn description(self) -> String {
        self.filled(self.about().short)
    }

    /// What the column holds, for lists of columns.
    pub fn meaning(self) -> String {
        self.filled(self.about().meaning)
    }

    fn filled(self, words: &str) -> String {
        self.modality().map_or_else(|| words.to_owned(), |m| words.replace("{m}", m.name()))
    }

    /// True where the greatest values are what one looks for, so that sorting begins with them.
    pub fn greatest_first(self) -> bool {
        self.about().greatest_first
    }

    /// True for columns that are compared by their size, whatever their sign.
    pub fn by_size(self) -> bool {
        self.about().by_size
    }
}

/// A modality's letter in names.
fn letter(m: Modality) -> char {
    m.letter().to_ascii_lowercase()
}

#[cfg(test)]
mod tests;

//! What a column holds in a row.

use super::columns::{Column, Content, Reads};
use super::rows::{RowRef, Table};
use crate::modality::Modality;

impl Table {
    /// True where the column has something to show.
    pub fn has(&self, column: Column) -> bool {
        let reads = column.about().reads;
        let of_network = matches!(reads, Reads::Corrected | Reads::Spread | Reads::Predictions);
        if of_network && column.modality().is_some_and(|m| self.absent[m]) {
            return false;
        }
        match reads {
            Reads::Data | Reads::Corrected => true,
            Reads::Clean => self.rows.clean.is_some(),
            Reads::Human => self.rows.human.is_some(),
            Reads::Spread => self.spread.is_some(),
            Reads::Weights => self.weights.is_some(),
            Reads::Predictions => self.predictions.is_some(),
            Reads::Marks => !self.marks.is_empty(),
            Reads::Notes => self.marks.noted() > 0,
        }
    }
}

impl<'a> RowRef<'a> {
    /// A text column's content as it is; empty for other columns.
    pub fn words(&self, column: Column) -> &'a str {
        match column.about().content {
            Content::Text { own, .. } => own(self),
            Content::OneOf { words, which } => words.get(which(self)).copied().unwrap_or_default(),
            _ => "",
        }
    }

    /// The letters of the modalities of which something is true, for example `TV`.
    pub fn letters(&self, of: fn(&RowRef<'_>, Modality) -> bool) -> String {
        Modality::ALL.into_iter().filter(|m| of(self, *m)).map(Modality::letter).collect()
    }

    /// A numeric column's value; NaN where there is none.
    pub fn number(&self, column: Column) -> f32 {
        match (column.about().content, column.modality()) {
            (Content::Number(of), _) => of(self),
            (Content::NumberOf(of), Some(m)) => of(self, m),
            (Content::Whole(of), _) => of(self) as f32,
            (Content::Modalities(of), _) => Modality::ALL.into_iter().filter(|m| of(self, *m)).count() as f32,
            (Content::Flag(of), _) => f32::from(u8::from(of(self))),
            _ => f32::NAN,
        }
    }

    /// True where a text column holds (`whole`: is) the lower-case needle, whatever the row's case.
    pub fn holds(&self, column: Column, needle: &str, whole: bool) -> bool {
        let lowered;
        let own = match column.about().content {
            Content::Text { lower: Some(lower), .. } => lower(self),
            Content::Text { own, lower: None } => {
                lowered = own(self).to_lowercase();
                &lowered
            }
            _ => self.words(column),
        };
        if whole { own == needle } else { own.contains(needle) }
    }

    /// Whether a column says yes: marked at all, flipped in any modality or in this one.
    pub fn says(&self, column: Column, m: Option<Modality>) -> bool {
        match (column.about().content, m) {
            (Content::Modalities(of), Some(m)) => of(self, m),
            _ => self.number(column) > 0.0,
        }
    }
}

//! The columns of the label table: their names in filters, files and settings, their headings, and what they hold.

use std::borrow::Cow;

use crate::modality::Modality;

/// One column of the label table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// Position in the data, from 0: train, valid, test.
    Order,
    /// Whether somebody reviewed the row.
    Mark,
    Id,
    Split,
    Transcript,
    /// y, the multimodal label.
    Label,
    /// y_m, the corrected label.
    Corrected(Modality),
    /// Δ = y_m - y; sorted by its size.
    Change(Modality),
    /// The greatest |Δ| of the three modalities.
    Largest,
    /// The modalities whose corrected label has another sign than y; sorted by their number.
    Flips,
    /// A human (or the demo's true) unimodal label.
    Human(Modality),
    /// ŷ, what the network predicts from all modalities.
    Predicted,
    /// ŷ_m, what it predicts from one.
    PredictedBy(Modality),
    /// |ŷ - y|, as the run's MAE counts it.
    Error,
    /// The labels over the refreshes; drawn only.
    History,
    /// What somebody noted about the row.
    Note,
}

/// What a column holds, for sorting, filtering and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    /// Yes or no.
    Flag,
    /// Nothing that could be compared or written.
    Picture,
}

impl Column {
    /// All columns in the order in which they stand until somebody moves them: what a narrow screen shows first is what
    /// one looks for first.
    pub const ALL: [Column; 24] = [
        Column::Order,
        Column::Mark,
        Column::Id,
        Column::Split,
        Column::Transcript,
        Column::Label,
        Column::Change(Modality::Text),
        Column::Change(Modality::Audio),
        Column::Change(Modality::Vision),
        Column::Flips,
        Column::History,
        Column::Corrected(Modality::Text),
        Column::Corrected(Modality::Audio),
        Column::Corrected(Modality::Vision),
        Column::Human(Modality::Text),
        Column::Human(Modality::Audio),
        Column::Human(Modality::Vision),
        Column::Predicted,
        Column::Error,
        Column::PredictedBy(Modality::Text),
        Column::PredictedBy(Modality::Audio),
        Column::PredictedBy(Modality::Vision),
        Column::Largest,
        Column::Note,
    ];

    /// The names that filters know, for messages.
    pub const NAMES: &'static str =
        "y, t a v, dt da dv, d, ht ha hv, p, pt pa pv, e, row, flips, id, split, text or note";

    /// The column's name in filters, in `--sort` and in the console's settings.
    pub fn name(self) -> Cow<'static, str> {
        let of = |prefix: &str, m: Modality| Cow::Owned(format!("{prefix}{}", m.letter().to_ascii_lowercase()));
        Cow::Borrowed(match self {
            Column::Order => "row",
            Column::Mark => "marked",
            Column::Id => "id",
            Column::Split => "split",
            Column::Transcript => "text",
            Column::Label => "y",
            Column::Corrected(m) => return of("", m),
            Column::Change(m) => return of("d", m),
            Column::Largest => "d",
            Column::Flips => "flips",
            Column::Human(m) => return of("h", m),
            Column::Predicted => "p",
            Column::PredictedBy(m) => return of("p", m),
            Column::Error => "e",
            Column::History => "history",
            Column::Note => "note",
        })
    }

    /// The column of a name, whatever its case; `Δa` and `ŷ` are understood, too.
    pub fn parse(name: &str) -> Option<Column> {
        let name = name.to_lowercase().replace('δ', "d").replace('ŷ', "p");
        Column::ALL.into_iter().find(|c| c.name() == name)
    }

    /// The column's name in files that are written for others.
    pub fn file_name(self) -> String {
        match self {
            // `labels/rows.csv` has a column "row" that begins anew in every split.
            Column::Order => "index".into(),
            Column::Mark => "reviewed".into(),
            Column::Corrected(m) => format!("y_{m}"),
            Column::Change(m) => format!("change_{m}"),
            Column::Largest => "largest_change".into(),
            Column::Human(m) => format!("human_{m}"),
            Column::Predicted => "predicted".into(),
            Column::PredictedBy(m) => format!("predicted_{m}"),
            Column::Error => "error".into(),
            other => other.name().into_owned(),
        }
    }

    pub fn kind(self) -> Kind {
        match self {
            Column::Id | Column::Split | Column::Transcript | Column::Note => Kind::Text,
            Column::Mark => Kind::Flag,
            Column::History => Kind::Picture,
            _ => Kind::Number,
        }
    }

    /// The modality that the column is about.
    pub fn modality(self) -> Option<Modality> {
        match self {
            Column::Corrected(m) | Column::Change(m) | Column::Human(m) | Column::PredictedBy(m) => Some(m),
            _ => None,
        }
    }

    /// The heading in the table.
    pub fn heading(self) -> String {
        match self {
            Column::Order => "row".into(),
            Column::Mark => "✔".into(),
            Column::Label => "y".into(),
            Column::Corrected(m) => m.letter().into(),
            Column::Change(m) => format!("Δ{}", m.letter()),
            Column::Largest => "|Δ|".into(),
            Column::Flips => "flip".into(),
            Column::Human(m) => format!("h{}", m.letter()),
            Column::Predicted => "ŷ".into(),
            Column::PredictedBy(m) => format!("ŷ{}", m.letter()),
            Column::Error => "err".into(),
            other => other.name().into_owned(),
        }
    }

    /// What the column holds, in words.
    pub fn description(self) -> String {
        match self {
            Column::Order => "file order".into(),
            Column::Mark => "reviewed".into(),
            Column::Id => "id".into(),
            Column::Split => "split".into(),
            Column::Transcript => "text".into(),
            Column::Label => "y".into(),
            Column::Corrected(m) => format!("corrected {m}"),
            Column::Change(m) => format!("|Δ {m}|"),
            Column::Largest => "largest |Δ|".into(),
            Column::Flips => "sign flips".into(),
            Column::Human(m) => format!("human {m}"),
            Column::Predicted => "predicted ŷ".into(),
            Column::PredictedBy(m) => format!("predicted from {m}"),
            Column::Error => "|ŷ - y| as in the MAE".into(),
            Column::History => "history".into(),
            Column::Note => "note".into(),
        }
    }

    /// True where the greatest values are what one looks for, so that sorting begins with them.
    pub fn greatest_first(self) -> bool {
        matches!(
            self,
            Column::Change(_) | Column::Largest | Column::Flips | Column::Error | Column::Mark | Column::Note
        )
    }

    /// True for columns that are compared by their size, whatever their sign.
    pub fn by_size(self) -> bool {
        matches!(self, Column::Change(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_by_its_own_name() {
        for (i, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(Column::parse(&column.name()), Some(column));
            assert_eq!(Column::parse(&column.name().to_uppercase()), Some(column));
            let later = &Column::ALL[i + 1..];
            assert!(later.iter().all(|c| c.name() != column.name() && c.file_name() != column.file_name()));
        }
        assert_eq!(Column::parse("ΔA"), Some(Column::Change(Modality::Audio)));
        assert_eq!(Column::parse("ŷ"), Some(Column::Predicted));
        assert_eq!(Column::parse("ŷv"), Some(Column::PredictedBy(Modality::Vision)));
        assert_eq!((Column::parse("x"), Column::parse("")), (None, None));
    }

    #[test]
    fn messages_name_every_column_that_can_be_compared() {
        let named: Vec<&str> = Column::NAMES.split([',', ' ']).filter(|w| !matches!(*w, "" | "or")).collect();
        for column in Column::ALL.into_iter().filter(|c| matches!(c.kind(), Kind::Text | Kind::Number)) {
            assert!(named.contains(&&*column.name()), "{column:?}");
        }
        assert!(named.iter().all(|n| Column::parse(n).is_some()));
    }
}

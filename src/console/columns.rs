//! The columns of the label table: their names in filters, their headings, and which of them can be sorted by.

use crate::modality::Modality;

/// One column of the label table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Position in the data: train, valid, test.
    Order,
    Id,
    Split,
    Transcript,
    /// y, the multimodal label.
    Label,
    /// y_m, the corrected label.
    Corrected(Modality),
    /// Δ = y_m - y; sorted by its size.
    Change(Modality),
    /// A human (or the demo's true) unimodal label.
    Human(Modality),
    /// The greatest |Δ| of the three modalities.
    Largest,
}

impl Column {
    /// All columns in the order in which the sort key walks through them.
    pub const ALL: [Column; 15] = [
        Column::Order,
        Column::Id,
        Column::Split,
        Column::Transcript,
        Column::Label,
        Column::Corrected(Modality::Text),
        Column::Change(Modality::Text),
        Column::Corrected(Modality::Audio),
        Column::Change(Modality::Audio),
        Column::Corrected(Modality::Vision),
        Column::Change(Modality::Vision),
        Column::Largest,
        Column::Human(Modality::Text),
        Column::Human(Modality::Audio),
        Column::Human(Modality::Vision),
    ];

    /// The names that filters know, for messages.
    pub const NAMES: &'static str = "y, t a v, dt da dv, d, ht ha hv, id, split or text";

    /// The column of a filter's name, whatever its case.
    pub fn parse(name: &str) -> Option<Column> {
        let modality = |c: Option<&u8>| match c {
            Some(b't') => Some(Modality::Text),
            Some(b'a') => Some(Modality::Audio),
            Some(b'v') => Some(Modality::Vision),
            _ => None,
        };
        let name = name.to_lowercase().replace('δ', "d");
        match name.as_bytes() {
            b"y" => Some(Column::Label),
            b"d" => Some(Column::Largest),
            b"id" => Some(Column::Id),
            b"split" => Some(Column::Split),
            b"text" => Some(Column::Transcript),
            [m] => modality(Some(m)).map(Column::Corrected),
            [b'd', m] => modality(Some(m)).map(Column::Change),
            [b'h', m] => modality(Some(m)).map(Column::Human),
            _ => None,
        }
    }

    /// True for columns that hold text.
    pub fn is_text(self) -> bool {
        matches!(self, Column::Id | Column::Split | Column::Transcript)
    }

    /// The modality that the column is about.
    pub fn modality(self) -> Option<Modality> {
        match self {
            Column::Corrected(m) | Column::Change(m) | Column::Human(m) => Some(m),
            _ => None,
        }
    }

    /// The heading in the table.
    pub fn heading(self) -> String {
        match self {
            Column::Order => "#".into(),
            Column::Id => "id".into(),
            Column::Split => "split".into(),
            Column::Transcript => "text".into(),
            Column::Label => "y".into(),
            Column::Corrected(m) => m.letter().into(),
            Column::Change(m) => format!("Δ{}", m.letter()),
            Column::Human(m) => format!("h{}", m.letter()),
            Column::Largest => "|Δ|".into(),
        }
    }

    /// What the sort line says, for example `|Δ audio|`.
    pub fn description(self) -> String {
        match self {
            Column::Order => "file order".into(),
            Column::Corrected(m) => format!("corrected {m}"),
            Column::Change(m) => format!("|Δ {m}|"),
            Column::Human(m) => format!("human {m}"),
            Column::Largest => "largest |Δ|".into(),
            other => other.heading(),
        }
    }

    /// True where the greatest values are what one looks for, so that sorting begins with them.
    pub fn greatest_first(self) -> bool {
        matches!(self, Column::Change(_) | Column::Largest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_but_the_order_has_a_filter_name() {
        let names = ["y", "t", "a", "v", "dt", "da", "dv", "d", "ht", "ha", "hv", "id", "split", "text", "ΔA", "DT"];
        assert!(names.iter().all(|n| Column::parse(n).is_some()));
        for column in Column::ALL.into_iter().filter(|c| *c != Column::Order) {
            assert!(names.iter().any(|n| Column::parse(n) == Some(column)), "{column:?}");
        }
        assert_eq!(Column::parse("x"), None);
        assert_eq!(Column::parse(""), None);
    }
}

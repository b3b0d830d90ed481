//! What was most likely meant by a name that is none: columns, words that columns hold and words of the filter language.

use rayon::prelude::*;

use super::columns::{Column, Content, Kind};
use super::filter::Filter;
use super::rows::Table;
use crate::nearest::nearest;

impl Table {
    /// What is doubtful in a filter: a word that no row holds and that resembles a name of the filter language.
    pub fn doubt(&self, filter: &Filter) -> Option<String> {
        let held = |word: &str| {
            let holds = |i: usize| {
                let row = self.row(i);
                row.holds(Column::Id, word, false) || row.holds(Column::Transcript, word, false)
            };
            (0..self.rows.len()).into_par_iter().any(holds)
        };
        let doubtful = |word: &&str| !self.rows.is_empty() && word_meant(word).is_some() && !held(word);
        let word = filter.words().into_iter().find(doubtful)?;
        Some(format!("no row holds \"{word}\": {}", word_meant(word)?))
    }
}

/// What a word that no row holds was most likely meant as.
pub fn word_meant(word: &str) -> Option<String> {
    if let Some(column) = Column::parse(word).filter(|c| c.kind() != Kind::Picture) {
        let example = match column.kind() {
            Kind::Text => format!("{word} ~ ..."),
            _ => format!("{word} > 0.3"),
        };
        return Some(format!("{word} is a column: compare it, for example {example}"));
    }
    let flags = Column::words();
    if let Some(flag) = nearest(word, flags.iter().map(|(flag, ..)| &**flag)) {
        return Some(format!("did you mean {flag}?"));
    }
    for column in Column::ALL {
        if let Content::OneOf { words, .. } = column.about().content
            && let Some(meant) = nearest(word, words.iter().copied())
        {
            return Some(format!("did you mean {} = {meant}?", column.name()));
        }
    }
    let names: Vec<_> = Column::ALL.into_iter().filter(|c| c.kind() != Kind::Picture).map(Column::name).collect();
    nearest(word, names.iter().map(|n| &**n)).map(|name| format!("did you mean the column {name}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(Column::meant("spilt"), "; did you mean split?");
        assert_eq!(Column::meant("z"), "");
        assert_eq!(word_meant("mraked").unwrap(), "did you mean marked?");
        assert_eq!(word_meant("trian").unwrap(), "did you mean split = train?");
        assert!(word_meant("split").unwrap().contains("split ~"));
        assert_eq!(word_meant("wonderful"), None);
    }
}

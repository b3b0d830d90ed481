//! What was most likely meant by a name that is none: columns, words that columns hold and words of the filter language.

use rayon::prelude::*;

use super::columns::{Column, Content, Kind};
use super::filter::{Filter, Row};
use super::rows::Table;

impl Table {
    /// What is doubtful in a filter: a word that no row holds and that resembles a name of the filter language.
    pub fn doubt(&self, filter: &Filter) -> Option<String> {
        let held = |word: &str| {
            let holds = |i: usize| {
                let row = self.row(i);
                row.text(Column::Id, word, false) || row.text(Column::Transcript, word, false)
            };
            (0..self.rows.len()).into_par_iter().any(holds)
        };
        let doubtful = |word: &&str| !self.rows.is_empty() && word_meant(word).is_some() && !held(word);
        let word = filter.words().into_iter().find(doubtful)?;
        Some(format!("no row holds \"{word}\": {}", word_meant(word)?))
    }
}

/// The name that was most likely meant: one of which the other is the beginning, or one spelled nearly the same.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let length = typed.chars().count();
    // Of very short words nearly every other one is spelled nearly the same.
    let most = match length {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    let distance = |name: &str| match name.len() {
        0..=2 => usize::MAX,
        _ if name.starts_with(&typed) || typed.starts_with(name) => 0,
        _ => strsim::damerau_levenshtein(&typed, name),
    };
    let scored = names.into_iter().map(|name| (distance(name), name));
    scored.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// The column that was most likely meant, as the end of a message: `; did you mean split?`, or nothing.
pub fn column_meant(typed: &str) -> String {
    let names: Vec<_> = Column::ALL.into_iter().filter(|c| c.kind() != Kind::Picture).map(Column::name).collect();
    nearest(typed, names.iter().map(|n| &**n)).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// The one of these words that was most likely meant, as the end of a message.
pub fn one_meant(typed: &str, words: &[&'static str]) -> String {
    nearest(typed, words.iter().copied()).map_or_else(String::new, |name| format!("; did you mean {name}?"))
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
    use crate::split::Split;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let splits = || Split::ALL.map(Split::name);
        for (typed, meant) in [
            ("trian", Some("train")),
            ("Tran", Some("train")),
            ("val", Some("valid")),
            ("validation", Some("valid")),
            ("tset", Some("test")),
            ("dev", None),
            ("t", None),
            ("", None),
            ("电影", None),
        ] {
            assert_eq!(nearest(typed, splits()), meant, "{typed}");
        }
        assert_eq!(column_meant("spilt"), "; did you mean split?");
        assert_eq!(column_meant("z"), "");
        assert_eq!(word_meant("mraked").unwrap(), "did you mean marked?");
        assert_eq!(word_meant("trian").unwrap(), "did you mean split = train?");
        assert!(word_meant("split").unwrap().contains("split ~"));
        assert_eq!(word_meant("wonderful"), None);
    }
}

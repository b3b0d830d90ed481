//! Finding runs among many: words, each of which must be found, and words about one fact of a run.
//!
//! ```text
//! sims                     the name, dataset, study, a tag, the state or the note holds it
//! state:finished tag:paper this fact holds it; all words must be found
//! -tag:old                 runs of which the word does not hold
//! ```

use super::list::RunSummary;

/// Whether one of a run's facts is such that a text of it holds something.
type Look = fn(&RunSummary, &dyn Fn(&str) -> bool) -> bool;

/// What can be asked about by name, and where it is looked for.
const FACTS: [(&str, Look); 6] = [
    ("name", |run, holds| holds(&run.name)),
    ("dataset", |run, holds| holds(&run.dataset)),
    ("study", |run, holds| run.study.as_deref().is_some_and(holds)),
    ("tag", |run, holds| run.tags.iter().any(|t| holds(t))),
    ("state", |run, holds| holds(run.state.name())),
    ("note", |run, holds| holds(&run.note)),
];

/// What is wrong with a search.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\": a run has no {fact}; use {}, or words alone", facts())]
pub struct SearchError {
    word: String,
    fact: String,
}

fn facts() -> String {
    FACTS.map(|(name, _)| format!("{name}:")).join(" ")
}

/// A search that was understood; an empty one finds all runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    /// Position in [`FACTS`]; `None`: any of them.
    fact: Option<usize>,
    /// Lower case.
    needle: String,
    not: bool,
}

impl Search {
    /// Takes a search apart.
    ///
    /// # Errors
    /// A word asks about what runs do not have.
    pub fn parse(text: &str) -> Result<Self, SearchError> {
        text.split_whitespace().map(parse_word).collect::<Result<_, _>>().map(|words| Self { words })
    }

    /// True where all runs are found.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// True where every word is found of this run.
    pub fn finds(&self, run: &RunSummary) -> bool {
        self.words.iter().all(|word| {
            let holds = |text: &str| text.to_lowercase().contains(&word.needle);
            let found = match word.fact {
                Some(fact) => FACTS[fact].1(run, &holds),
                None => FACTS.iter().any(|(_, look)| look(run, &holds)),
            };
            found != word.not
        })
    }
}

fn parse_word(text: &str) -> Result<Word, SearchError> {
    let (not, rest) = text.strip_prefix('-').filter(|r| !r.is_empty()).map_or((false, text), |rest| (true, rest));
    let (fact, needle) = match rest.split_once(':') {
        Some((name, needle)) => {
            let unknown = || SearchError { word: text.to_owned(), fact: name.to_owned() };
            let at = FACTS.iter().position(|(n, _)| *n == name).ok_or_else(unknown)?;
            (Some(at), needle)
        }
        None => (None, rest),
    };
    Ok(Word { fact, needle: needle.to_lowercase(), not })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::list::RunState;
    use crate::run::view::Phase;

    fn run() -> RunSummary {
        RunSummary {
            name: "Sims-a".into(),
            path: "/runs/Sims-a".into(),
            dataset: "sims".into(),
            state: RunState::At(Phase::Finished),
            stage: None,
            epoch: 0,
            epochs: 0,
            progress: 1.0,
            created: String::new(),
            updated: 0,
            result: None,
            fault: None,
            study: Some("ablation".into()),
            tags: vec!["paper".into(), "基线".into()],
            note: "old text features".into(),
        }
    }

    #[test]
    fn every_word_must_be_found_in_whatever_case() {
        let finds = |text: &str| Search::parse(text).unwrap().finds(&run());
        for yes in
            ["", "SIMS", "paper finished", "基线", "state:fin tag:pap", "study:abl -tag:old", "text -mosi", "note:old"]
        {
            assert!(finds(yes), "{yes}");
        }
        for no in ["mosi", "paper died", "tag:sims", "-sims", "name:paper", "-study:ablation"] {
            assert!(!finds(no), "{no}");
        }
        assert!(!Search::parse("study:x").unwrap().finds(&RunSummary { study: None, ..run() }));
    }

    #[test]
    fn what_runs_do_not_have_is_named() {
        let text = Search::parse("sims colour:red").unwrap_err().to_string();
        assert!(text.contains("colour:red") && text.contains("state:"), "{text}");
        assert!(Search::parse("-").is_ok());
    }
}

//! Filters of runs: the [language](crate::report::filter) with what is known of runs.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::column::Column;
use super::facts::{Content, FACTS};
use super::value::{number, words};
use crate::config::key_advice;
use crate::nearest::nearest;
use crate::report::filter::{self, Field, Kind, Row};
use crate::run::list::RunSummary;

/// A filter of runs.
pub type Filter = filter::Filter<Column>;

static SEARCHED: LazyLock<Vec<Column>> =
    LazyLock::new(|| FACTS.iter().filter(|f| f.searched).map(Column::Fact).collect());

/// The word that says of a run that a process trains it, or waits with it.
const LIVE: &str = "live";

impl Field for Column {
    /// There is one word: `live`.
    type Flag = ();
    const COMPARISON: &'static str = "> 0.3";
    const NUMBER: &'static str = "test.mae";
    const MULTIPLE: &'static str = "2 * valid.mae";

    fn parse(name: &str) -> Option<Self> {
        Column::parse(name)
    }

    fn name(&self) -> Cow<'static, str> {
        Column::name(self)
    }

    fn kind(&self) -> Kind {
        Column::kind(self)
    }

    fn one_of(&self) -> Option<&'static [&'static str]> {
        match self {
            Column::Fact(fact) => match fact.content {
                Content::OneOf { words, .. } => Some(words),
                _ => None,
            },
            _ => None,
        }
    }

    fn searched() -> &'static [Self] {
        &SEARCHED
    }

    fn flag(word: &str) -> Option<()> {
        word.eq_ignore_ascii_case(LIVE).then_some(())
    }

    fn refused(word: &str) -> Option<String> {
        let (name, value) = word.split_once(':')?;
        let column = Column::parse(name)?;
        let sign = if column.kind() == Kind::Text { "~" } else { "=" };
        Some(format!("{word}: expected {name} {sign} {}", if value.is_empty() { "..." } else { value }))
    }

    fn unknown(name: &str) -> String {
        let meant = match (Column::nearest(name, &[]), key_advice(name)) {
            (Some(near), _) => format!("; did you mean {near}?"),
            // The advice on settings names the nearest one itself.
            (None, Some(advice)) if advice.contains("did you mean") || advice.contains("is a section") => {
                return advice;
            }
            _ => String::new(),
        };
        let facts: Vec<&str> = FACTS.iter().map(|f| f.name).collect();
        format!(
            "no fact of a run {name}{meant}; expected {}, a setting such as joint.unimodal_weight or a metric such as \
             test.mae",
            facts.join(", ")
        )
    }

    fn rounded(&self, typed: f64) -> f64 {
        typed
    }

    fn equal(&self, found: f64, value: f64) -> bool {
        match self {
            // As exact as it is shown.
            Column::Metric { .. } => (found - value).abs() < 5e-5,
            _ => (found - value).abs() <= 1e-9 * value.abs(),
        }
    }
}

impl Row<Column> for RunSummary {
    fn number(&self, column: &Column) -> f64 {
        number(self, column)
    }

    fn text(&self, column: &Column, needle: &str, whole: bool) -> bool {
        let holds = |text: &str| {
            let text = text.to_lowercase();
            if whole { text == needle } else { text.contains(needle) }
        };
        match column {
            Column::Fact(fact) => match fact.content {
                Content::Texts(of) => of(self).iter().any(|text| holds(text)),
                // A file that is a dataset is also found by the name that it is shown by.
                Content::Text(of) if fact.name == "dataset" => {
                    let path = of(self);
                    let stem = std::path::Path::new(&*path).file_stem().map(|s| s.to_string_lossy());
                    holds(&path) || stem.is_some_and(|stem| holds(&stem))
                }
                _ => holds(&words(self, column)),
            },
            _ => holds(&words(self, column)),
        }
    }

    fn flag(&self, (): &()) -> bool {
        self.state.is_live()
    }
}

/// What is doubtful in a filter: a word that no run holds and that resembles a name of the language.
pub fn doubt(filter: &Filter, runs: &[RunSummary]) -> Option<String> {
    let held = |word: &str| runs.iter().any(|run| SEARCHED.iter().any(|c| run.text(c, word, false)));
    let word = filter.words().into_iter().find(|word| !runs.is_empty() && !held(word))?;
    let said = format!("no run holds \"{word}\"");
    if let Some(column) = Column::parse(word) {
        let sign = if column.kind() == Kind::Text { "~" } else { ">" };
        return Some(format!("{said}: compare it, for example {word} {sign} ..."));
    }
    for fact in &FACTS {
        if let Content::OneOf { words, .. } = fact.content
            && let Some(near) = nearest(word, words.iter().copied())
        {
            return Some(format!("{said}: did you mean {} = {near}?", fact.name));
        }
    }
    Column::nearest(word, &[LIVE]).map(|near| format!("{said}: did you mean {near}?"))
}

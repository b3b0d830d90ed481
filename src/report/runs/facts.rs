//! What is known of every run, whatever its settings.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use crate::run::clock;
use crate::run::list::{RunState, RunSummary};
use crate::training::events::Stage;

/// A fact of a run, by its name in filters, orders and tables.
#[derive(Debug)]
pub struct Fact {
    pub name: &'static str,
    /// What it holds, for help.
    pub meaning: &'static str,
    pub content: Content,
    /// Words of filters are looked for in it.
    pub searched: bool,
}

/// A fact's value.
#[derive(Debug)]
pub enum Content {
    /// Empty where there is none.
    Text(fn(&RunSummary) -> Cow<'_, str>),
    /// Several texts, each by itself.
    Texts(fn(&RunSummary) -> &[String]),
    /// One of few lower-case words, in the order in which they are sorted.
    OneOf { words: &'static [&'static str], which: fn(&RunSummary) -> Option<&'static str> },
    /// NaN where there is none.
    Number(fn(&RunSummary) -> f64),
}

/// States, those that want something done first.
const STATES: [&str; RunState::ALL.len()] = {
    let mut names = [""; RunState::ALL.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = RunState::ALL[i].name();
        i += 1;
    }
    names
};
const STAGES: [&str; 3] = [Stage::ALL[0].name(), Stage::ALL[1].name(), Stage::ALL[2].name()];

/// All of them.
pub const FACTS: [Fact; 11] = [
    Fact {
        name: "name",
        meaning: "the run's name",
        content: Content::Text(|run| Cow::Borrowed(&run.name)),
        searched: true,
    },
    Fact {
        name: "dataset",
        meaning: "the dataset as it was named",
        content: Content::Text(|run| Cow::Borrowed(&run.dataset)),
        searched: true,
    },
    Fact {
        name: "study",
        meaning: "the study that the run is a cell of",
        content: Content::Text(|run| Cow::Borrowed(run.study.as_deref().unwrap_or_default())),
        searched: true,
    },
    Fact { name: "tag", meaning: "one of the run's tags", content: Content::Texts(|run| &run.tags), searched: true },
    Fact {
        name: "state",
        meaning: "where the run stands, its process included",
        content: Content::OneOf { words: &STATES, which: |run| Some(run.state.name()) },
        searched: true,
    },
    Fact {
        name: "note",
        meaning: "what somebody noted about the run",
        content: Content::Text(|run| Cow::Borrowed(&run.note)),
        searched: true,
    },
    Fact {
        name: "stage",
        meaning: "the stage that is trained, or the last one that was",
        content: Content::OneOf { words: &STAGES, which: |run| run.stage.map(Stage::name) },
        searched: false,
    },
    Fact {
        name: "epoch",
        meaning: "the epoch of that stage",
        content: Content::Number(|run| f64::from(run.epoch)),
        searched: false,
    },
    Fact {
        name: "done",
        meaning: "share of the planned steps that are done, from 0 to 1",
        content: Content::Number(|run| run.progress),
        searched: false,
    },
    Fact {
        name: "begun",
        meaning: "when the run was made, UTC: `begun ~ 2026-11`",
        content: Content::Text(|run| Cow::Borrowed(&run.created)),
        searched: false,
    },
    Fact {
        name: "written",
        meaning: "when its events were last written to, UTC",
        content: Content::Text(|run| Cow::Owned(clock::timestamp(UNIX_EPOCH + Duration::from_secs(run.updated)))),
        searched: false,
    },
];

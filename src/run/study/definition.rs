//! A study as a person writes it, in TOML, and what is checked before anything is made of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::line::LineAsked;
use super::metric::MetricKey;
use crate::config::{key_advice, leaves};
use crate::nearest::nearest;
use crate::training::events::Stage;

/// Why a study's text is not a study. The message names the place and says what was expected.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {message}")]
pub struct DefinitionError {
    /// The text's file or name.
    pub origin: String,
    pub message: String,
}

/// A study as a person writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// What it answers, one sentence.
    pub question: String,
    /// What to train on: a catalogue name or a file; `--dataset` says another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Stages that every cell trains; none: those that its settings need.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// How many, or which.
    #[serde(default)]
    pub seeds: Seeds,
    /// The variant that the others are set against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What the table shows, in its order: see [`MetricKey`].
    pub metrics: Vec<String>,
    /// Settings that all cells have, over those of the dataset.
    #[serde(default)]
    pub settings: toml::Table,
    /// Settings of which every variant is trained with every value.
    #[serde(default)]
    pub axes: toml::Table,
    /// Lines to be fitted through the finished runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineAsked>,
    pub variants: Vec<Variant>,
}

/// A named set of settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    pub name: String,
    /// Over the study's settings; none for the study's settings as they are.
    #[serde(default)]
    pub set: toml::Table,
}

/// The seeds of a study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number of seeds or a list of seeds, for example 5 or [1, 2, 7]")]
pub enum Seeds {
    /// 1, 2, ... up to this.
    Count(u32),
    /// These.
    List(Vec<u64>),
}

impl Default for Seeds {
    fn default() -> Seeds {
        Seeds::Count(3)
    }
}

impl Seeds {
    /// In ascending order, each once.
    pub fn list(&self) -> Vec<u64> {
        match self {
            Seeds::Count(n) => (1..=u64::from(*n)).collect(),
            Seeds::List(seeds) => seeds.iter().copied().collect::<BTreeSet<_>>().into_iter().collect(),
        }
    }

    /// Reads what people type after `--seeds`: `5`, `1,2,7`, or `7,` for the seed 7 alone.
    ///
    /// # Errors
    /// Anything else; the message says what was expected.
    pub fn parse(text: &str) -> Result<Seeds, String> {
        let bad = || format!("expected a number of seeds (5) or seeds (1,2,7), found \"{text}\"");
        let seeds = if text.contains(',') {
            let seeds = text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::parse);
            Seeds::List(seeds.collect::<Result<_, _>>().map_err(|_| bad())?)
        } else {
            Seeds::Count(text.trim().parse().map_err(|_| bad())?)
        };
        seeds.check().map(|()| seeds)
    }

    /// 1 to 1000 seeds that a settings file can hold.
    fn check(&self) -> Result<(), String> {
        let count = match self {
            Seeds::Count(n) => *n as usize,
            Seeds::List(seeds) => seeds.len(),
        };
        if !(1..=MOST_SEEDS).contains(&count) {
            return Err(format!("seeds: expected 1 to {MOST_SEEDS} seeds, found {count}"));
        }
        match self {
            Seeds::List(seeds) if seeds.iter().any(|s| *s > i64::MAX as u64) => {
                Err(format!("seeds: expected numbers from 0 to {}", i64::MAX))
            }
            _ => Ok(()),
        }
    }
}

const MOST_SEEDS: usize = 1000;
/// Rows of a table that nobody could read any more.
const MOST_ROWS: usize = 1000;
/// Cells of a study.
const MOST_CELLS: usize = 20_000;
const LONGEST_QUESTION: usize = 400;
/// A variant's name is part of its cells' names, which may have 64 characters.
const LONGEST_NAME: usize = 32;
/// The keys of the top level, for what was most likely meant.
const KEYS: [&str; 10] =
    ["question", "dataset", "stages", "seeds", "reference", "metrics", "settings", "axes", "lines", "variants"];

impl Definition {
    /// Reads and checks a study; `origin` names the text in messages.
    ///
    /// # Errors
    /// Text that is no TOML, a key or a setting that there is not (with the nearest one), or a value that cannot be.
    pub fn parse(text: &str, origin: &str) -> Result<Definition, DefinitionError> {
        let wrong = |message: String| DefinitionError { origin: origin.to_owned(), message };
        let definition: Definition = toml::from_str(text).map_err(|e| {
            let near = text.parse::<toml::Table>().ok().and_then(|table| near(&table));
            wrong(format!("{}{}", e.to_string().trim_end(), near.unwrap_or_default()))
        })?;
        definition.check().map_err(wrong)?;
        Ok(definition)
    }

    /// The axes with their values, in the order of their keys.
    pub fn axes(&self) -> Vec<(String, Vec<toml::Value>)> {
        let values = |value| match value {
            toml::Value::Array(values) => values,
            one => vec![one],
        };
        leaves(&self.axes).into_iter().map(|(key, value)| (key, values(value))).collect()
    }

    fn check(&self) -> Result<(), String> {
        let question = self.question.trim();
        if question.is_empty() || question.len() > LONGEST_QUESTION || question.contains('\n') {
            return Err(format!("question: expected one line of 1 to {LONGEST_QUESTION} characters"));
        }
        self.check_stages()?;
        self.seeds.check()?;
        if self.metrics.is_empty() {
            return Err("metrics: expected at least one, for example \"test.mae\"".into());
        }
        self.metrics
            .iter()
            .try_for_each(|key| MetricKey::parse(key).map(|_| ()).map_err(|e| format!("metrics: {e}")))?;
        check_settings("settings", &self.settings)?;
        self.check_variants()?;
        self.check_axes()?;
        let axes = self.axes();
        self.lines.iter().try_for_each(|l| l.check(&self.metrics, &axes).map_err(|e| format!("lines: {e}")))
    }

    fn check_stages(&self) -> Result<(), String> {
        // What builds on the first stage needs it; whether a cell needs the second its settings say.
        if !self.stages.is_empty() && !self.stages.contains(&Stage::Contrastive) {
            return Err("stages: expected contrastive, and denoising or joint or both behind it".into());
        }
        Ok(())
    }

    fn check_variants(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for Variant { name, set } in &self.variants {
            if !is_name(name) {
                let found: String = name.chars().take(80).collect();
                return Err(format!(
                    "variants: \"{found}\" cannot name a variant: expected 1 to {LONGEST_NAME} letters, digits, '.', '_' or \
                     '-', a letter or a digit first"
                ));
            }
            if !seen.insert(name) {
                return Err(format!("variants: there are two named {name}"));
            }
            check_settings(&format!("variant {name}"), set)?;
        }
        if self.variants.is_empty() {
            return Err("variants: expected at least one".into());
        }
        match &self.reference {
            Some(name) if !seen.contains(name) => {
                let names: Vec<&str> = self.variants.iter().map(|v| v.name.as_str()).collect();
                Err(format!("reference: there is no variant {name}; expected one of {}", names.join(", ")))
            }
            _ => Ok(()),
        }
    }

    fn check_axes(&self) -> Result<(), String> {
        check_settings("axes", &self.axes)?;
        let axes = self.axes();
        let mut rows = self.variants.len();
        for (key, values) in &axes {
            if values.is_empty() {
                return Err(format!("axes: {key} has no value; expected a list of at least one"));
            }
            if let Some(twice) = values.iter().enumerate().find(|(i, v)| values[..*i].contains(v)) {
                return Err(format!("axes: {key} has the value {} twice", twice.1));
            }
            if let Some(both) = self.variants.iter().find(|v| leaves(&v.set).iter().any(|(k, _)| k == key)) {
                return Err(format!("axes: {key} is set by variant {}, too; expected one of the two", both.name));
            }
            rows = rows.saturating_mul(values.len());
        }
        let cells = rows.saturating_mul(self.seeds.list().len());
        if rows > MOST_ROWS || cells > MOST_CELLS {
            return Err(format!(
                "{rows} variants at places of the axes and {cells} runs: expected at most {MOST_ROWS} and {MOST_CELLS}"
            ));
        }
        Ok(())
    }
}

/// True for what can be a part of a run's name.
fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn check_settings(place: &str, set: &toml::Table) -> Result<(), String> {
    for (key, _) in leaves(set) {
        if let Some(advice) = key_advice(&key) {
            return Err(format!("{place}: {advice}"));
        }
        if key == "training.seed" {
            return Err(format!("{place}: training.seed is set by `seeds`"));
        }
    }
    Ok(())
}

/// The key that was most likely meant by the first that there is not.
fn near(table: &toml::Table) -> Option<String> {
    let unknown = table.keys().find(|key| !KEYS.contains(&key.as_str()))?;
    nearest(unknown, KEYS).map(|near| format!("\ndid you mean {near}?"))
}

#[cfg(test)]
mod tests;

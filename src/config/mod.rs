//! Experiment settings and their TOML form: every constant of [the method](crate::book::method) that is ours to choose.
//!
//! Unknown keys are errors that name the key and its line; `--set key=value` is applied to the parsed document, so it
//! is checked by the same rules as the file.

mod advice;
mod change;
mod commented;
mod corruption;
mod error;
mod flat;
mod keys;
mod labels;
mod learner;
mod members;
mod missing;
mod precision;
mod ranges;
mod sections;
mod settings;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

use crate::files;

pub use advice::{key_advice, leaves};
pub use change::{Adjustable, Change};
pub use corruption::{Corruption, Corruptions};
pub use error::ConfigError;
pub use flat::holds_numbers;
pub use keys::DataKeys;
pub use labels::{Grid, LabelSettings, LabelSource};
pub use learner::Learner;
pub use members::Members;
pub use missing::{Missing, MissingAt};
pub use precision::Precision;
pub use sections::{
    Average, ContrastiveSettings, DataSettings, DenoisingSettings, HealthSettings, JointSettings, MetricSet,
    ModelSettings, Objective, PerModalityFlag, TrainingSettings,
};
pub use settings::Settings;
pub use text::{Pooling, TextEncoder, TextSettings, TrainedLayers};

/// The settings files that ship with the program, by catalogue name.
pub const BUILT_IN: [(&str, &str); 5] = [
    ("demo", include_str!("../../configs/demo.toml")),
    ("mosi", include_str!("../../configs/mosi.toml")),
    ("mosei", include_str!("../../configs/mosei.toml")),
    ("sims", include_str!("../../configs/sims.toml")),
    ("simsv2", include_str!("../../configs/simsv2.toml")),
];

impl Settings {
    /// The settings that ship for a catalogue name, or the defaults for any other name.
    ///
    /// # Errors
    /// Never for the files as shipped (a test reads them all); a changed one is reported like a user's.
    pub fn built_in(name: &str) -> Result<Settings, ConfigError> {
        match BUILT_IN.iter().find(|(n, _)| *n == name) {
            Some((n, text)) => Self::parse(text, &format!("configs/{n}.toml"), &[]),
            None => Ok(Settings::default()),
        }
    }

    /// Reads a settings file and applies `key=value` overrides to it.
    ///
    /// # Errors
    /// An unreadable file, a key that does not exist (with its line), or a value out of range.
    pub fn load(path: &Path, overrides: &[String]) -> Result<Settings, ConfigError> {
        let text = files::read_text(path, files::LONGEST_TEXT)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, &path.display().to_string(), overrides)
    }

    /// Parses settings; `origin` names the text in messages.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn parse(text: &str, origin: &str, overrides: &[String]) -> Result<Settings, ConfigError> {
        let parse_error = |e: toml::de::Error| ConfigError::Parse {
            origin: origin.to_owned(),
            message: with_advice(&e, text.parse::<toml::Table>().ok().as_ref()),
        };
        // Parsed as typed settings first: only then do messages carry the file's line and column.
        let mut settings: Settings = toml::from_str(text).map_err(parse_error)?;
        if !overrides.is_empty() {
            let mut table: toml::Table = toml::from_str(text).map_err(parse_error)?;
            for entry in overrides {
                apply_override(&mut table, entry)?;
                // One by one, so that the message names the one at fault.
                settings = table.clone().try_into().map_err(|e| ConfigError::Parse {
                    origin: format!("--set {entry}"),
                    message: of_override(&e, &table),
                })?;
            }
        }
        settings.check()?;
        Ok(settings)
    }

    /// The settings of a run by its record, which holds all settings that the version knew that wrote it. What came later
    /// the run did without.
    #[must_use]
    pub fn as_recorded(mut self, record: &toml::Table) -> Settings {
        let holds = |section: &str, key: &str| record.get(section).and_then(|s| s.get(key)).is_some();
        if !holds("denoising", "members") {
            self.denoising.members = 1.into();
        }
        if !holds("labels", "grid") {
            self.labels.grid = Grid::Off;
        }
        self
    }

    /// The settings as a TOML document that [`parse`](Self::parse) reads back unchanged.
    ///
    /// # Errors
    /// Only if a value has no TOML form, which no field of these types lacks.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }
}

/// A parser's message with its place in the text, and what can be said of the document's keys.
fn with_advice(error: &toml::de::Error, document: Option<&toml::Table>) -> String {
    let message = error.to_string().trim_end().to_owned();
    match document.map(advice::advice).filter(|a| !a.is_empty()) {
        Some(advice) => format!("{message}\n{advice}"),
        None => message,
    }
}

/// The same for `--set`, which has no lines to name.
fn of_override(error: &toml::de::Error, document: &toml::Table) -> String {
    match advice::advice(document) {
        advice if advice.is_empty() => error.message().to_owned(),
        advice => advice,
    }
}

/// Sets one dotted key of a TOML document; the value is TOML where it parses as such, else a string.
fn apply_override(table: &mut toml::Table, entry: &str) -> Result<(), ConfigError> {
    let bad = || ConfigError::Override { text: entry.to_owned() };
    let (key, value) = entry.split_once('=').ok_or_else(bad)?;
    let (key, value) = (key.trim(), value.trim());
    if key.is_empty() || key.split('.').any(str::is_empty) {
        return Err(bad());
    }
    let value = toml::from_str::<toml::Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut t| t.remove("value"))
        // What TOML does not take for a number: `.001`, `5.`
        .or_else(|| value.parse().ok().filter(|_| value.contains('.')).map(toml::Value::Float))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let mut parts: Vec<&str> = key.split('.').collect();
    let last = parts.pop().ok_or_else(bad)?;
    let mut at = table;
    for part in parts {
        at = at.entry(part).or_insert_with(|| toml::Value::Table(toml::Table::new())).as_table_mut().ok_or_else(bad)?;
    }
    // A whole number where a fraction is meant (`joint.unimodal_weight=0`) is read as one by serde; nothing to do here.
    at.insert(last.to_owned(), value);
    Ok(())
}

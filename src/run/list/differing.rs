//! The settings of a run as a list of runs keeps them: those that are not the program's own.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde_json::Value;

use crate::config::Settings;

/// The program's own settings, whatever the dataset.
static OWN: LazyLock<HashMap<String, Value>> = LazyLock::new(|| flat(&Settings::default()).collect());

fn flat(settings: &Settings) -> impl Iterator<Item = (String, Value)> {
    // Numbers, words, switches and lists have a form in JSON; settings hold nothing else.
    settings.flat().into_iter().map(|(key, value)| (key, serde_json::to_value(value).unwrap_or(Value::Null)))
}

/// The settings that are not the program's own; `null` for one of its own that the run does not have.
pub(super) fn differing(settings: &Settings) -> BTreeMap<String, Value> {
    let all: HashMap<String, Value> = flat(settings).collect();
    let lacks = OWN.keys().filter(|key| !all.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let mut differing: BTreeMap<String, Value> = lacks.collect();
    differing.extend(all.into_iter().filter(|(key, value)| OWN.get(key) != Some(value)));
    differing
}

/// The program's own value of a setting.
pub(super) fn own(key: &str) -> Option<&'static Value> {
    OWN.get(key)
}

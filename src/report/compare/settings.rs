//! What runs were told, and in what it differs.

use serde::Serialize;

use crate::config::Settings;
use crate::run::directory::Manifest;

/// A setting that is not the same in all runs; of one run alone, any.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingRow {
    /// As in the settings file: `joint.unimodal_weight`.
    pub key: String,
    /// One for each run; `None` where the run has no such setting.
    pub values: Vec<Option<String>>,
}

/// Rows that older runs did not record, and new runs have not recorded yet: they are no difference where only some runs
/// have them.
const DIGEST: &str = "data SHA-256";
const ORIGIN: &str = "settings from";
/// Digits of a digest that are shown.
const DIGITS: usize = 16;

/// All settings as dotted keys.
pub(in crate::report) fn settings(settings: &Settings) -> Vec<(String, String)> {
    // By way of the text: there the numbers are as short as they were typed.
    let table = settings.to_toml().ok().and_then(|t| toml::from_str::<toml::Table>(&t).ok());
    let mut all = Vec::new();
    flatten("", &toml::Value::Table(table.unwrap_or_default()), &mut all);
    all
}

/// All settings, and what else a run was told.
fn told(manifest: &Manifest) -> Vec<(String, String)> {
    let stages: Vec<&str> = manifest.stages.iter().map(|s| s.name()).collect();
    let mut all = vec![
        ("dataset".to_owned(), manifest.dataset_name()),
        ("data fingerprint".to_owned(), manifest.fingerprint.clone().unwrap_or_default()),
        ("stages".to_owned(), stages.join(", ")),
        ("mug version".to_owned(), manifest.version.clone()),
    ];
    // The first digits tell digests apart, and leave the table its width.
    let digest = manifest.data.as_ref().and_then(|d| d.sha256.get(..DIGITS));
    all.extend(digest.map(|d| (DIGEST.to_owned(), d.to_owned())));
    all.extend(manifest.settings_from.clone().map(|from| (ORIGIN.to_owned(), from)));
    all.extend(settings(&manifest.settings));
    all
}

fn flatten(key: &str, value: &toml::Value, all: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                flatten(&key, value, all);
            }
        }
        toml::Value::String(text) => all.push((key.to_owned(), text.clone())),
        other => all.push((key.to_owned(), other.to_string())),
    }
}

pub(super) fn differing(manifests: &[&Manifest]) -> Vec<SettingRow> {
    let each: Vec<Vec<(String, String)>> = manifests.iter().map(|m| told(m)).collect();
    let mut keys: Vec<&String> = Vec::new();
    for (key, _) in each.iter().flatten() {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let rows = keys.into_iter().map(|key| SettingRow {
        key: key.clone(),
        values: each.iter().map(|all| all.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone())).collect(),
    });
    let lacking = |row: &SettingRow| [DIGEST, ORIGIN].contains(&&*row.key) && row.values.iter().any(Option::is_none);
    let differs = |row: &SettingRow| row.values.len() == 1 || row.values.windows(2).any(|w| w[0] != w[1]);
    // One run alone has nothing to differ from.
    rows.filter(|row| !lacking(row) && differs(row)).collect()
}

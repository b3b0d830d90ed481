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
    let text = |value: toml::Value| match value {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    settings.flat().into_iter().map(|(key, value)| (key, text(value))).collect()
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

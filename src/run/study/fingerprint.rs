//! What determines a cell, and what determines its stage 1: whether a run that is there is the cell's, and whether two
//! cells can have the same stage 1.

use sha2::{Digest, Sha256};

use super::plan::Plan;
use crate::config::{Settings, leaves};
use crate::dataset::fingerprint_of_file;
use crate::run::manifest::Manifest;
use crate::training::events::Stage;

/// Settings that stage 1 does not look at. A setting that is not named here counts as one that it depends on: a new one
/// costs a stage 1 too many until somebody has made sure of it, and never a wrong result.
pub const NOT_OF_STAGE_1: &[&str] = &[
    "model.corrector_hidden",
    "model.corrector_layers",
    "model.corrector_shared",
    "model.corrector_residual",
    "denoising.learner",
    "denoising.epochs",
    "denoising.learning_rate",
    "denoising.decay",
    "denoising.weight_decay",
    "denoising.objective",
    "denoising.virtual_step",
    "denoising.outer_weight",
    "denoising.corruption",
    "denoising.average",
    "denoising.refresh_epochs",
    "labels.source",
    "labels.copied_share",
    "labels.noise",
    "labels.grid",
];

/// Settings that neither stage 1 nor stage 2 looks at.
pub const NOT_OF_STAGE_2: &[&str] = &[
    "training.checkpoint_seconds",
    "joint.epochs",
    "joint.patience",
    "joint.learning_rate",
    "joint.weight_decay",
    "joint.unimodal_weight",
];

/// Identifies everything that the stages up to `last` depend on, seed, data, device and this version of the program
/// included: equal fingerprints, equal weights. Of the program it is the version that counts, not the build: whoever changes
/// its source without changing its version begins another study. `device`: in words, as runs record it. `None` where the data's content is
/// not known, which is like no other.
pub fn of_stages(settings: &Settings, plan: &Plan, device: &str, last: Stage) -> Option<String> {
    let data = plan.data.as_ref().map(|d| &d.sha256).or(plan.fingerprint.as_ref())?;
    let table = toml::Table::try_from(settings).ok()?;
    let mut text = format!("{last}\n{}\n{data}\n{device}\n", env!("CARGO_PKG_VERSION"));
    let is_of = |list: &[&str], key: &str| list.iter().any(|k| key == *k || within(key, k));
    for (key, value) in leaves(&table) {
        let later = is_of(NOT_OF_STAGE_2, &key) || last == Stage::Contrastive && is_of(NOT_OF_STAGE_1, &key);
        if !later {
            // Stage 1 trains the networks; on each there may be any number of correctors.
            let networks = last == Stage::Contrastive && key == "denoising.members";
            let value = if networks { settings.denoising.members.networks.to_string() } else { value.to_string() };
            text.push_str(&format!("{key} = {value}\n"));
        }
    }
    Some(Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Settings that a run fills in when it opens its data.
const SETTLED: [&str; 2] = ["data.label_range", "data.metrics"];

fn within(key: &str, setting: &str) -> bool {
    key.strip_prefix(setting).is_some_and(|rest| rest.starts_with('.'))
}

/// In what a run is not the one that a cell asks for; `None` where it is. Whatever the program's version that began it
/// wrote, settings are compared as this version understands them.
pub fn difference(run: &Manifest, wanted: &Settings, plan: &Plan) -> Option<String> {
    // Noise of the settings is compared with the settings.
    let content = run.fingerprint.as_deref().map(fingerprint_of_file);
    let (of_run, of_plan) = (run.data.as_ref().map(|d| &*d.sha256), plan.data.as_ref().map(|d| &*d.sha256));
    let other = |known: Option<&str>, now: Option<&str>| matches!((known, now), (Some(a), Some(b)) if a != b);
    if other(of_run, of_plan) || of_plan.is_none() && other(content, plan.fingerprint.as_deref()) {
        return Some("its data is another".into());
    }
    if of_run.is_none() && of_plan.is_some() {
        return Some("what its data is was not recorded".into());
    }
    let stages = plan.stages_of(wanted);
    if run.stages != stages {
        let names = |stages: &[Stage]| stages.iter().map(|s| s.name()).collect::<Vec<_>>().join(",");
        return Some(format!("its stages are {}, now {}", names(&run.stages), names(&stages)));
    }
    settings_difference(&run.settings, wanted)
}

/// The first setting in which two differ, in words.
fn settings_difference(run: &Settings, wanted: &Settings) -> Option<String> {
    if run == wanted {
        return None;
    }
    let table = |settings: &Settings| toml::Table::try_from(settings).map(|t| leaves(&t)).unwrap_or_default();
    let (found, wanted) = (table(run), table(wanted));
    let of = |list: &[(String, toml::Value)], key: &str| list.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    let keys = wanted.iter().chain(&found).map(|(key, _)| key);
    keys.filter(|key| {
        // Unset, it is what the data says.
        !(SETTLED.contains(&key.as_str()) && of(&wanted, key).is_none())
    })
    .find(|key| of(&found, key) != of(&wanted, key))
    .map(|key| {
        let show = |value: Option<toml::Value>| value.map_or_else(|| "unset".to_owned(), |v| v.to_string());
        format!("its {key} is {}, now {}", show(of(&found, key)), show(of(&wanted, key)))
    })
}

#[cfg(test)]
mod tests;

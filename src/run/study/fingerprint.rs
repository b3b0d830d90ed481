//! What determines a cell, and what determines its stage 1: whether a run that is there is the cell's, and whether two
//! cells can have the same stage 1.

use sha2::{Digest, Sha256};

use super::plan::Plan;
use crate::config::{Settings, leaves};
use crate::run::manifest::Manifest;
use crate::training::events::Stage;

/// Settings that stage 1 does not look at. A setting that is not named here counts as one that it depends on: a new one
/// costs a stage 1 too many until somebody has made sure of it, and never a wrong result.
pub const NOT_OF_STAGE_1: &[&str] = &[
    "model.corrector_hidden",
    "model.corrector_layers",
    "model.corrector_shared",
    "training.checkpoint_seconds",
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
    "labels.grid",
    "joint.epochs",
    "joint.patience",
    "joint.learning_rate",
    "joint.weight_decay",
    "joint.unimodal_weight",
];

/// What a run's stage 1 is determined by besides its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// Of the program; another version may compute otherwise.
    pub version: String,
    /// The data's content; `None` where it is not known, which is like no other.
    pub data: Option<String>,
    /// The device in words, as the run recorded it or will.
    pub device: String,
}

impl Circumstances {
    /// Those of a run, whose device its record says.
    pub fn of_run(manifest: &Manifest, device: &str) -> Circumstances {
        let data = manifest.data.as_ref().map(|d| d.sha256.clone());
        // The fingerprint of a file is of a part of it only.
        let whole = data.or_else(|| manifest.fingerprint.clone().filter(|_| manifest.source.is_none()));
        Circumstances { version: manifest.version.clone(), data: whole, device: device.to_owned() }
    }

    /// Those of a cell that would be begun now.
    pub fn of_plan(plan: &Plan, device: &str) -> Circumstances {
        let data = plan.data.as_ref().map(|d| d.sha256.clone()).or_else(|| plan.fingerprint.clone());
        Circumstances { version: env!("CARGO_PKG_VERSION").to_owned(), data, device: device.to_owned() }
    }
}

/// Identifies everything that a stage 1 with these settings depends on, seed included: equal fingerprints, equal weights.
/// `None` where the data's content is not known.
pub fn stage_1(settings: &Settings, circumstances: &Circumstances) -> Option<String> {
    let data = circumstances.data.as_deref()?;
    let table = toml::Table::try_from(settings).ok()?;
    let mut text = format!("{}\n{data}\n{}\n", circumstances.version, circumstances.device);
    let not_of_it = |key: &str| NOT_OF_STAGE_1.iter().any(|k| key == *k || within(key, k));
    for (key, value) in leaves(&table) {
        // What opening the data says anyway: a run's settings have it once it began, a plan's have not.
        if !not_of_it(&key) && !SETTLED.contains(&key.as_str()) {
            let value = if key == "denoising.members" { networks(settings) } else { value.to_string() };
            text.push_str(&format!("{key} = {value}\n"));
        }
    }
    Some(Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Settings that a run fills in when it opens its data.
const SETTLED: [&str; 2] = ["data.label_range", "data.metrics"];

/// Stage 1 trains the networks; on each there may be any number of correctors.
fn networks(settings: &Settings) -> String {
    settings.denoising.members.networks.to_string()
}

fn within(key: &str, setting: &str) -> bool {
    key.strip_prefix(setting).is_some_and(|rest| rest.starts_with('.'))
}

/// In what a run is not the one that a cell asks for; `None` where it is. Whatever the program's version that began it
/// wrote, settings are compared as this version understands them.
pub fn difference(run: &Manifest, wanted: &Settings, plan: &Plan) -> Option<String> {
    let differs = settings_difference(&run.settings, wanted);
    let data = |known: Option<&str>, now: Option<&str>| matches!((known, now), (Some(a), Some(b)) if a != b);
    let (of_run, of_plan) = (run.data.as_ref().map(|d| &*d.sha256), plan.data.as_ref().map(|d| &*d.sha256));
    let other_file = data(of_run, of_plan);
    let other_demo = plan.source.is_none() && data(run.fingerprint.as_deref(), plan.fingerprint.as_deref());
    if other_file || other_demo || run.source.is_some() != plan.source.is_some() {
        return Some("it was trained on other data".into());
    }
    if of_run.is_none() && of_plan.is_some() && run.source != plan.source {
        return Some("it was begun on another data file".into());
    }
    if run.stages != plan.stages {
        let names = |stages: &[Stage]| stages.iter().map(|s| s.name()).collect::<Vec<_>>().join(",");
        return Some(format!("its stages are {}, now {}", names(&run.stages), names(&plan.stages)));
    }
    differs
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

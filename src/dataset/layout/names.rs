//! What the projects of the field call the splits of a file and the keys of a split. A further name is one word here.

use super::key::Key;
use crate::config::DataKeys;
use crate::dataset::error::DatasetError;
use crate::dataset::file::error::FileError;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::dataset::pickle::{Pickle, Value};
use crate::dataset::prepare::keys::{Keys, MMSA};
use crate::modality::{Modality, PerModality};
use crate::split::{MIXED, Split};

/// CH-SIMS v2's clips without labels.
pub const UNLABELLED: &str = "unsup";

/// The split and the key that the name of an array in an npz stands for, where it names both: `train_text`, `text_train`,
/// `train/text`.
pub fn place(name: &str) -> Option<(String, String)> {
    const JOINTS: [char; 4] = ['_', '/', '.', '-'];
    for split in Split::ALL {
        for word in split.names() {
            let behind = name.strip_prefix(word).and_then(|rest| rest.strip_prefix(JOINTS));
            let before = || name.strip_suffix(word).and_then(|rest| rest.strip_suffix(JOINTS));
            if let Some(key) = behind.or_else(before).filter(|key| !key.is_empty()) {
                return Some(((*word).to_owned(), key.to_owned()));
            }
        }
    }
    None
}

/// The names of the labels, MMSA's first.
pub const LABELS: [&str; 6] = [MMSA.labels, "labels", "label", "regression_label", "sentiment", "y"];

/// The names of a modality's features, MMSA's first.
pub fn of_features(m: Modality) -> &'static [&'static str] {
    match m {
        Modality::Text => &[MMSA.features.text, "language", "glove", "words", "bert", "text_features"],
        Modality::Audio => &[MMSA.features.audio, "acoustic", "covarep", "COVAREP", "audio_features"],
        Modality::Vision => &[MMSA.features.vision, "visual", "facet", "FACET", "video", "vision_features"],
    }
}

/// The first of some names that a dict has, with what stands there.
///
/// # Errors
/// The file cannot be read.
pub fn first(pickle: &Pickle, dict: Value, names: &[&'static str]) -> Result<Option<(&'static str, Value)>, FileError> {
    for &name in names {
        if let Some(value) = pickle.get(dict, name)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

/// MMSA's keys, with those names in place of its own that the dict of a split has; `None` where a part is missing under
/// any name. Labels may be missing where `hidden` says what they would be called.
///
/// # Errors
/// The file cannot be read.
pub fn keys(pickle: &Pickle, dict: Value, hidden: Option<&'static str>) -> Result<Option<Keys>, FileError> {
    let Some(labels) = first(pickle, dict, &LABELS)?.map(|(name, _)| name).or(hidden) else { return Ok(None) };
    let mut features = PerModality::try_from_fn(|m| first(pickle, dict, of_features(m)))?;
    // A text encoder's input stands in for vectors of the text.
    if features.text.is_none() {
        features.text = pickle.get(dict, MMSA.encoder_input)?.map(|input| (MMSA.features.text, input));
    }
    Ok(match (features.text, features.audio, features.vision) {
        (Some((text, _)), Some((audio, _)), Some((vision, _))) => {
            Some(Keys { labels, features: PerModality { text, audio, vision }, ..MMSA })
        }
        _ => None,
    })
}

/// Notes, once for all splits, that something was found under another name.
pub fn note(flaws: &mut Vec<Flaw>, name: &str, usual: &str) {
    let flaw = Flaw::new(None, name, FlawKind::TakenFor { part: usual.to_owned() });
    if name != usual && !flaws.contains(&flaw) {
        flaws.push(flaw);
    }
}

/// Notes the names that the settings give.
///
/// # Errors
/// A name that neither the file nor any dict in it has, or the file cannot be read.
pub fn note_own(pickle: &Pickle, keys: &DataKeys, flaws: &mut Vec<Flaw>) -> Result<(), DatasetError> {
    let root = pickle.root();
    for (usual, name) in keys.iter() {
        let mut there = pickle.entry(root, name)?.is_some();
        let mut seen = pickle.keys(root)?.unwrap_or_default();
        for split in Split::ALL {
            let dicts = split.names().iter().map(|split| pickle.get(root, split));
            for dict in dicts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
                there |= pickle.entry(dict, name)?.is_some();
                seen = pickle.keys(dict)?.unwrap_or(seen);
            }
        }
        if !there {
            let key = Key { pickle, name: "data.keys".to_owned() };
            let hint = format!("correct the name that stands for {usual}");
            return Err(key.error(format!("a key {name:?} in the file"), format!("only the keys {seen}"), hint));
        }
        note(flaws, name, usual);
    }
    Ok(())
}

/// Notes the parts of CH-SIMS v2's files that are not used.
///
/// # Errors
/// The file cannot be read.
pub fn note_unused(pickle: &Pickle, flaws: &mut Vec<Flaw>) -> Result<(), FileError> {
    let has = |name: &str| Ok::<_, FileError>(pickle.get(pickle.root(), name)?.is_some());
    if has(UNLABELLED)? {
        let why = "its clips have no labels".to_owned();
        flaws.push(Flaw::new(None, UNLABELLED, FlawKind::NotUsed { why }));
    }
    if has(MIXED)? && has(Split::Train.name())? {
        let why = "train holds its labelled clips".to_owned();
        flaws.push(Flaw::new(None, MIXED, FlawKind::NotUsed { why }));
    }
    Ok(())
}

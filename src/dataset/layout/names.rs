//! What the projects of the field call the splits of a file and the keys of a split. A further name is one word here.

use crate::dataset::file::error::FileError;
use crate::dataset::flaw::{Flaw, FlawKind};
use crate::dataset::pickle::{Pickle, Value};
use crate::dataset::prepare::keys::{Keys, MMSA};
use crate::modality::{Modality, PerModality};
use crate::split::Split;

/// The names of a split, the usual one first.
pub fn of_split(split: Split) -> &'static [&'static str] {
    match split {
        Split::Train => &["train", "Train", "TRAIN", "training"],
        Split::Valid => &["valid", "dev", "val", "validation", "Valid", "VALID"],
        Split::Test => &["test", "Test", "TEST", "testing"],
    }
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
/// any name.
///
/// # Errors
/// The file cannot be read.
pub fn keys(pickle: &Pickle, dict: Value) -> Result<Option<Keys>, FileError> {
    let Some((labels, _)) = first(pickle, dict, &LABELS)? else { return Ok(None) };
    let features = PerModality::try_from_fn(|m| first(pickle, dict, of_features(m)))?;
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

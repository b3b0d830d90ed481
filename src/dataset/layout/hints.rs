//! Hints for messages about a file that lacks something: what to rename or add, and where to read on.

use super::names;
use crate::dataset::file::error::FileError;
use crate::dataset::pickle::{Pickle, Value};
use crate::dataset::prepare::keys::{Keys, MMSA};
use crate::modality::Modality;
use crate::split::Split;

/// What MMSA's layout is.
pub const LAYOUT: &str = "MMSA files are a dict with train, valid and test, each a dict with text, audio and vision of \
                          shape (N, steps, columns) and regression_labels of shape (N,); see \"Your own data\" in the README";

/// Where to read on.
pub const OWN_DATA: &str = "see \"Your own data\" in the README";

/// What to do where token ids alone stand in place of vectors of the words.
pub const ENCODE: &str = "put vectors of the words (an encoder's output) under text, or what a text encoder takes in under \
                          text_bert: token ids, mask and segments, shape (N, 3, tokens), which model.text.encoder = \"bert\" reads";

/// What to do where the training split is missing.
///
/// # Errors
/// The file cannot be read.
pub fn missing_train(pickle: &Pickle) -> Result<String, FileError> {
    if let Some(hint) = renamed_split(pickle, Split::Train)? {
        return Ok(hint);
    }
    if names::keys(pickle, pickle.root(), Some(MMSA.labels))?.is_some() {
        let hint = "these are the clips of one split: put those of train, valid and test into one dict under these names, or \
                    predict these with mug predict RUN FILE";
        return Ok(hint.to_owned());
    }
    if pickle.get(pickle.root(), names::UNLABELLED)?.is_some() {
        let hint = "clips without labels cannot be trained on; take the file of the labelled ones, and predict these with \
                    mug predict RUN FILE";
        return Ok(hint.to_owned());
    }
    Ok(LAYOUT.to_owned())
}

/// What to do about a split that has another name, where it has one.
///
/// # Errors
/// The file cannot be read.
pub fn renamed_split(pickle: &Pickle, split: Split) -> Result<Option<String>, FileError> {
    let found = names::first(pickle, pickle.root(), split.names())?;
    Ok(found.map(|(other, _)| format!("rename {other:?} to {:?}", split.name())))
}

/// What to do about a missing key that every split needs.
///
/// # Errors
/// The file cannot be read.
pub fn missing_key(pickle: &Pickle, dict: Value, keys: &Keys, key: &str) -> Result<String, FileError> {
    let others: &[&str] = match Modality::ALL.into_iter().find(|&m| keys.features[m] == key) {
        Some(m) => names::of_features(m),
        None if key == keys.labels => &names::LABELS,
        None => &[],
    };
    for other in others {
        if pickle.get(dict, other)?.is_some() {
            return Ok(format!("rename {other:?} to {key:?}"));
        }
    }
    if key == keys.features.text && pickle.get(dict, keys.encoder_input)?.is_some() {
        return Ok(format!("{} is no (N, 3, tokens) that could stand in; {ENCODE}", keys.encoder_input));
    }
    Ok(format!("rename or add the key, or name it in data.keys; {LAYOUT}"))
}

/// What to do about a split without a single label.
pub fn unlabelled() -> String {
    "clips without labels cannot be trained on; give some of them one".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hints must name a section that exists.
    #[test]
    fn the_page_that_hints_name_is_there() {
        let readme = include_str!("../../../README.md");
        assert!(LAYOUT.contains("\"Your own data\"") && readme.contains("\n## Your own data\n"));
    }
}

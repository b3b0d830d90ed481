//! What to try where a file lacks something: names that other projects give the same, and where to read on.

use super::names::{key_names, split_names};
use crate::dataset::file::error::FileError;
use crate::dataset::pickle::{Pickle, Value};
use crate::dataset::prepare::keys::Keys;
use crate::split::Split;

/// Where the layout as a whole is another one.
pub const LAYOUT: &str = "MMSA files are a dict with train, valid and test, each a dict with text, audio and vision of \
                          shape (N, steps, columns) and regression_labels of shape (N,); see \"Your own data\" in the README";

/// Where to read on.
pub const OWN_DATA: &str = "see \"Your own data\" in the README";

/// Where a text encoder's input stands in place of its output.
pub const ENCODE: &str = "mug encodes no text itself: put the encoder's output under text and what it takes in under \
                          text_bert, from which lengths are taken";

/// Where a split is missing.
///
/// # Errors
/// The file cannot be read.
pub fn missing_split(pickle: &Pickle, split: Split) -> Result<String, FileError> {
    let has = |name: &str| Ok::<_, FileError>(pickle.get(pickle.root(), name)?.is_some());
    for other in split_names(split) {
        if has(other)? {
            return Ok(format!("rename {other:?} to {:?}", split.name()));
        }
    }
    if has("unsup")? {
        return Ok("clips without labels cannot be trained on; take the file of the labelled ones".to_owned());
    }
    if split != Split::Train && has(Split::Train.name())? {
        return Ok(format!("set some clips of train aside as {split}, those of the same video together"));
    }
    Ok(LAYOUT.to_owned())
}

/// Where a key of a split is missing that cannot be done without.
///
/// # Errors
/// The file cannot be read.
pub fn missing_key(pickle: &Pickle, dict: Value, split: Split, keys: &Keys, key: &str) -> Result<String, FileError> {
    for other in key_names(key) {
        if pickle.get(dict, other)?.is_some() {
            return Ok(format!("rename {other:?} to {key:?}"));
        }
    }
    if key == keys.features.text && pickle.get(dict, keys.encoder_input)?.is_some() {
        return Ok(format!("{} holds token ids only; {ENCODE}", keys.encoder_input));
    }
    if key == keys.labels && split != Split::Train {
        return Ok(unlabelled(split, true));
    }
    Ok(format!("rename or add the key; {LAYOUT}"))
}

/// Where clips have no label: `all` those of the split.
pub fn unlabelled(split: Split, all: bool) -> String {
    if all && split != Split::Train {
        return format!(
            "every split is scored: where the labels of {split} are hidden, make that split of clips that have one"
        );
    }
    "drop the clips without a label, or give them one".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hint that sends people to a page which does not exist is worse than none.
    #[test]
    fn the_page_that_hints_name_is_there() {
        let readme = include_str!("../../../README.md");
        assert!(LAYOUT.contains("\"Your own data\"") && readme.contains("\n## Your own data\n"));
    }
}

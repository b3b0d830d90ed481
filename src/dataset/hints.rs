//! What to try where a file lacks something: names that other projects give the same, and where to read on.

use super::error::DatasetError;
use super::pickle::{Pickle, Value};
use crate::split::Split;

/// Where the layout as a whole is another one.
pub const LAYOUT: &str = "MMSA files are a dict with train, valid and test, each a dict with text, audio and vision of \
                          shape (N, steps, columns) and regression_labels of shape (N,); see \"Your own data\" in the README";

/// Where a text encoder's input stands in place of its output.
pub const ENCODE: &str = "mug encodes no text itself: put the encoder's output under text and what it takes in under \
                          text_bert, from which lengths are taken";

/// What others call a split.
fn split_names(split: Split) -> &'static [&'static str] {
    match split {
        Split::Train => &["Train", "TRAIN", "training"],
        Split::Valid => &["dev", "val", "validation", "Valid", "VALID"],
        Split::Test => &["Test", "TEST", "testing"],
    }
}

/// What others call a key.
fn key_names(key: &str) -> &'static [&'static str] {
    match key {
        "regression_labels" => &["labels", "label", "regression_label", "sentiment", "y"],
        "text" => &["language", "glove", "words", "bert", "text_features"],
        "audio" => &["acoustic", "covarep", "COVAREP", "audio_features"],
        "vision" => &["visual", "facet", "FACET", "video", "vision_features"],
        _ => &[],
    }
}

/// Where a split is missing.
///
/// # Errors
/// The file cannot be read.
pub fn missing_split(pickle: &Pickle, split: Split) -> Result<String, DatasetError> {
    let has = |name: &str| Ok::<_, DatasetError>(pickle.get(pickle.root(), name)?.is_some());
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
pub fn missing_key(pickle: &Pickle, dict: Value, split: Split, key: &str) -> Result<String, DatasetError> {
    for other in key_names(key) {
        if pickle.get(dict, other)?.is_some() {
            return Ok(format!("rename {other:?} to {key:?}"));
        }
    }
    if key == "text" && pickle.get(dict, "text_bert")?.is_some() {
        return Ok(format!("text_bert holds token ids only; {ENCODE}"));
    }
    if key == "regression_labels" && split != Split::Train {
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
        let readme = include_str!("../../README.md");
        assert!(LAYOUT.contains("\"Your own data\"") && readme.contains("\n## Your own data\n"));
    }
}

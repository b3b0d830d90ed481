//! What other projects call the splits and the keys of a file.

use crate::split::Split;

/// What others call a split.
pub fn split_names(split: Split) -> &'static [&'static str] {
    match split {
        Split::Train => &["Train", "TRAIN", "training"],
        Split::Valid => &["dev", "val", "validation", "Valid", "VALID"],
        Split::Test => &["Test", "TEST", "testing"],
    }
}

/// What others call a key.
pub fn key_names(key: &str) -> &'static [&'static str] {
    match key {
        "regression_labels" => &["labels", "label", "regression_label", "sentiment", "y"],
        "text" => &["language", "glove", "words", "bert", "text_features"],
        "audio" => &["acoustic", "covarep", "COVAREP", "audio_features"],
        "vision" => &["visual", "facet", "FACET", "video", "vision_features"],
        _ => &[],
    }
}

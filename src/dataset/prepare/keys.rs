//! The names under which a file keeps the parts of a split.

use crate::modality::PerModality;

/// The keys of a split. Messages name them, so that people find them in their file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// y, one number for each clip.
    pub labels: &'static str,
    /// The clips' names.
    pub ids: &'static str,
    /// What is said in each clip.
    pub transcripts: &'static str,
    /// Features, (N, steps, columns) each.
    pub features: PerModality<&'static str>,
    /// Valid steps of each clip.
    pub lengths: PerModality<&'static str>,
    /// Human unimodal labels.
    pub unimodal: PerModality<&'static str>,
    /// The same three in one word, for messages about all of them.
    pub all_unimodal: &'static str,
    /// What a text encoder takes in: token ids, mask and segments, (N, 3, steps).
    pub encoder_input: &'static str,
    /// 1 for clips with a label and 0 for those without, where some labels are placeholders.
    pub mask: Option<&'static str>,
}

/// MMSA's keys.
pub const MMSA: Keys = Keys {
    labels: "regression_labels",
    ids: "id",
    transcripts: "raw_text",
    features: PerModality { text: "text", audio: "audio", vision: "vision" },
    lengths: PerModality { text: "text_lengths", audio: "audio_lengths", vision: "vision_lengths" },
    unimodal: PerModality { text: "regression_labels_T", audio: "regression_labels_A", vision: "regression_labels_V" },
    all_unimodal: "regression_labels_T/_A/_V",
    encoder_input: "text_bert",
    mask: None,
};

/// What messages about splits made in memory say.
pub const MEMORY: Keys = Keys { labels: "labels", ..MMSA };

//! The names that a data file has for what is otherwise found by the names that the field uses.

use serde::{Deserialize, Serialize};

/// Names of splits and of their parts in a data file, where they are none that are known. A part that is not named here is
/// looked for as ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataKeys {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vision: Option<String>,
    /// y.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// Human labels of each modality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_labels: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_labels: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vision_labels: Option<String>,
    /// Valid steps of each clip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_lengths: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_lengths: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vision_lengths: Option<String>,
    /// Names of the clips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_bert: Option<String>,
}

impl DataKeys {
    /// Each name with MMSA's name for the same.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("train", &self.train),
            ("valid", &self.valid),
            ("test", &self.test),
            ("text", &self.text),
            ("audio", &self.audio),
            ("vision", &self.vision),
            ("regression_labels", &self.labels),
            ("regression_labels_T", &self.text_labels),
            ("regression_labels_A", &self.audio_labels),
            ("regression_labels_V", &self.vision_labels),
            ("text_lengths", &self.text_lengths),
            ("audio_lengths", &self.audio_lengths),
            ("vision_lengths", &self.vision_lengths),
            ("id", &self.id),
            ("raw_text", &self.raw_text),
            ("text_bert", &self.text_bert),
        ]
        .into_iter()
        .filter_map(|(usual, name)| Some((usual, name.as_deref()?)))
    }

    /// True for names that a file can have: none is empty, none stands for two things.
    pub(super) fn is_valid(&self) -> bool {
        let names: Vec<&str> = self.iter().map(|(_, name)| name).collect();
        names.iter().enumerate().all(|(i, name)| !name.is_empty() && name.len() <= 200 && !names[..i].contains(name))
    }
}

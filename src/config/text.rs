//! What encodes text: an LSTM over the file's vectors, or a pre-trained BERT over token ids ([the method](crate::book::method),
//! text by BERT).

use serde::{Deserialize, Serialize};

/// The encoder of text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextSettings {
    pub encoder: TextEncoder,
    /// A folder with `config.json` and the weights, or a name on the Hugging Face Hub whose files lie in its local cache.
    /// Only for `bert`, as all below.
    pub weights: String,
    /// Train the weights, too. If not, every clip is encoded once, before stage 1.
    pub fine_tune: bool,
    /// How many of the layers are trained, from the last one down; the embeddings only with `"all"`.
    pub layers: TrainedLayers,
    /// What of the tokens' states becomes the clip's.
    pub pooling: Pooling,
    /// Tokens of a clip, the special ones counted, where they are made of `raw_text`.
    pub max_length: usize,
}

impl Default for TextSettings {
    fn default() -> Self {
        Self {
            encoder: TextEncoder::Lstm,
            weights: String::new(),
            fine_tune: true,
            layers: TrainedLayers::All,
            pooling: Pooling::Cls,
            max_length: 50,
        }
    }
}

impl TextSettings {
    /// True where text is encoded from token ids.
    pub fn is_bert(&self) -> bool {
        self.encoder == TextEncoder::Bert
    }

    /// True where training changes a BERT's weights.
    pub fn trains_bert(&self) -> bool {
        self.is_bert() && self.fine_tune
    }
}

/// The kinds of encoders of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextEncoder {
    /// Over the file's vectors, as audio and vision.
    #[default]
    Lstm,
    /// Over token ids, `text_bert` or made of `raw_text` (Devlin et al., NAACL 2019).
    Bert,
}

/// A clip's vector of its tokens' last states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The first token's, as MMSA takes it.
    #[default]
    Cls,
    /// The mean of all valid tokens', as sentence encoders are trained with.
    Mean,
}

/// How many of BERT's layers are trained. In TOML `"all"` or a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum TrainedLayers {
    /// All of them, and the embeddings.
    #[default]
    All,
    /// So many from the last one down; what lies below stays as it was.
    Last(usize),
}

impl TrainedLayers {
    pub(super) fn is_valid(self) -> bool {
        match self {
            TrainedLayers::All => true,
            TrainedLayers::Last(count) => (1..=1000).contains(&count),
        }
    }
}

/// The forms that the setting has in TOML.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected \"all\" or a whole number, the layers to train")]
enum Written {
    Named(Named),
    Last(usize),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Named {
    All,
}

impl From<Written> for TrainedLayers {
    fn from(written: Written) -> Self {
        match written {
            Written::Named(Named::All) => TrainedLayers::All,
            Written::Last(count) => TrainedLayers::Last(count),
        }
    }
}

impl From<TrainedLayers> for Written {
    fn from(layers: TrainedLayers) -> Self {
        match layers {
            TrainedLayers::All => Written::Named(Named::All),
            TrainedLayers::Last(count) => Written::Last(count),
        }
    }
}

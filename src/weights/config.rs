//! The shape of a BERT, as its `config.json` says.

use std::path::Path;

use serde::Deserialize;

use super::error::WeightsError;
use crate::files;

/// The file that holds it.
pub const FILE: &str = "config.json";

/// The values of Hugging Face's `BertConfig` that the computation depends on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct BertConfig {
    pub vocab_size: usize,
    /// W, the width of a token's state.
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    /// Divides `hidden_size`.
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    pub max_position_embeddings: usize,
    #[serde(default = "type_vocab_size")]
    pub type_vocab_size: usize,
    #[serde(default = "layer_norm_eps")]
    pub layer_norm_eps: f64,
    /// 0 to 1, as the next.
    #[serde(default = "dropout")]
    pub hidden_dropout_prob: f64,
    #[serde(default = "dropout")]
    pub attention_probs_dropout_prob: f64,
    /// Only "gelu", the exact one, is computed.
    #[serde(default = "gelu")]
    pub hidden_act: String,
}

// What `transformers` takes where an older config.json says nothing.
fn type_vocab_size() -> usize {
    2
}

fn layer_norm_eps() -> f64 {
    1e-12
}

fn dropout() -> f64 {
    0.1
}

fn gelu() -> String {
    "gelu".to_owned()
}

/// What else is asked of a `config.json`: the two say that the encoder is computed as a BERT is.
#[derive(Deserialize)]
struct Kind {
    model_type: Option<String>,
    position_embedding_type: Option<String>,
    is_decoder: Option<bool>,
}

/// The largest sizes that are taken for real: some times those of the largest BERTs there are.
const MOST: [(&str, usize); 7] = [
    ("vocab_size", 4_000_000),
    ("hidden_size", 16_384),
    ("num_hidden_layers", 256),
    ("num_attention_heads", 1_024),
    ("intermediate_size", 131_072),
    ("max_position_embeddings", 65_536),
    ("type_vocab_size", 1_024),
];

/// The most parameters: those of BERT-large ten times over.
const MOST_PARAMETERS: usize = 4_000_000_000;

/// Parameters of one part of a BERT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: &'static str,
    pub parameters: usize,
}

impl BertConfig {
    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    /// The file cannot be read, or says something that is not computed here.
    pub fn read(path: &Path) -> Result<BertConfig, WeightsError> {
        let text = files::read_text(path, files::LONGEST_TEXT).map_err(WeightsError::read(path))?;
        Self::parse(&text, path)
    }

    /// As [`read`](Self::read), of a text; `path` names it in messages.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(text: &str, path: &Path) -> Result<BertConfig, WeightsError> {
        let wrong = |key: &'static str, expected: &str, found: &str, hint| WeightsError::Config {
            path: path.to_owned(),
            key,
            expected: expected.to_owned(),
            found: found.to_owned(),
            hint,
        };
        let not_json = |e: serde_json::Error| WeightsError::Damaged {
            path: path.to_owned(),
            expected: "the config.json of a BERT",
            found: e.to_string(),
            hint: "give the folder of a BertModel as Hugging Face's transformers saves it",
        };
        // Asked first: another kind of model lacks keys, and its name tells more than their absence.
        let kind: Kind = serde_json::from_str(text).map_err(not_json)?;
        match kind.model_type.as_deref() {
            None | Some("bert") => {}
            Some(other) => {
                return Err(wrong("model_type", "\"bert\"", &format!("{other:?}"), "take a BERT's weights"));
            }
        }
        if kind.is_decoder == Some(true) {
            return Err(wrong("is_decoder", "false", "true", "take an encoder's weights"));
        }
        match kind.position_embedding_type.as_deref() {
            None | Some("absolute") => {}
            Some(other) => {
                let found = format!("{other:?}");
                return Err(wrong("position_embedding_type", "\"absolute\"", &found, "take weights of the usual BERT"));
            }
        }
        let config: BertConfig = serde_json::from_str(text).map_err(not_json)?;
        config.check().map_err(|(key, expected, found)| {
            wrong(key, &expected, &found, "the file is damaged, or of a model that is not computed here")
        })?;
        Ok(config)
    }

    /// Whether such a BERT can be computed; the key, what was expected of it and what was found where not.
    ///
    /// # Errors
    /// A size of 0 or far too large, a width that the heads do not divide, another activation, an impossible rate.
    pub fn check(&self) -> Result<(), (&'static str, String, String)> {
        let sizes = [
            self.vocab_size,
            self.hidden_size,
            self.num_hidden_layers,
            self.num_attention_heads,
            self.intermediate_size,
            self.max_position_embeddings,
            self.type_vocab_size,
        ];
        for ((key, most), size) in MOST.into_iter().zip(sizes) {
            if !(1..=most).contains(&size) {
                return Err((key, format!("1 to {most}"), size.to_string()));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let expected = format!("a multiple of num_attention_heads, {}", self.num_attention_heads);
            return Err(("hidden_size", expected, self.hidden_size.to_string()));
        }
        if self.hidden_act != "gelu" {
            return Err(("hidden_act", "\"gelu\"".to_owned(), format!("{:?}", self.hidden_act)));
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            return Err(("layer_norm_eps", "above 0 and below 1".to_owned(), self.layer_norm_eps.to_string()));
        }
        let rates = [
            ("hidden_dropout_prob", self.hidden_dropout_prob),
            ("attention_probs_dropout_prob", self.attention_probs_dropout_prob),
        ];
        for (key, rate) in rates {
            if !(0.0..1.0).contains(&rate) {
                return Err((key, "0 to below 1".to_owned(), rate.to_string()));
            }
        }
        let all = self.parameters();
        if all > MOST_PARAMETERS {
            return Err(("vocab_size", format!("at most {MOST_PARAMETERS} parameters"), format!("{all} in all")));
        }
        Ok(())
    }

    /// Parameters of each part, in the order of the computation.
    pub fn parts(&self) -> Vec<Part> {
        let width = self.hidden_size;
        let norm = 2 * width;
        let linear = |from: usize, to: usize| from * to + to;
        let embeddings = (self.vocab_size + self.max_position_embeddings + self.type_vocab_size) * width + norm;
        let attention = 4 * linear(width, width) + norm;
        let inner = linear(width, self.intermediate_size) + linear(self.intermediate_size, width) + norm;
        vec![
            Part { name: "embeddings", parameters: embeddings },
            Part { name: "attention", parameters: self.num_hidden_layers * attention },
            Part { name: "feed-forward", parameters: self.num_hidden_layers * inner },
        ]
    }

    /// The number of all parameters.
    pub fn parameters(&self) -> usize {
        self.parts().iter().map(|part| part.parameters).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINILM: &str = r#"{"attention_probs_dropout_prob": 0.1, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
        "hidden_size": 384, "intermediate_size": 1536, "layer_norm_eps": 1e-12, "max_position_embeddings": 512,
        "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 6, "type_vocab_size": 2, "vocab_size": 30522}"#;

    fn parse(text: &str) -> Result<BertConfig, String> {
        BertConfig::parse(text, Path::new("w/config.json")).map_err(|e| e.to_string())
    }

    #[test]
    fn a_config_is_read_and_older_ones_lack_keys() {
        let config = parse(MINILM).unwrap();
        assert_eq!((config.hidden_size, config.num_hidden_layers, config.vocab_size), (384, 6, 30_522));
        // As PyTorch counts them, without the pooler.
        assert_eq!(config.parameters(), 22_565_376);
        let older = MINILM.replace(r#""layer_norm_eps": 1e-12,"#, "").replace(r#""model_type": "bert","#, "");
        assert_eq!(parse(&older).unwrap(), config);
    }

    #[test]
    fn what_is_not_computed_is_refused_by_name() {
        for (from, to, parts) in [
            (r#""bert""#, r#""roberta""#, ["model_type", "\"roberta\""]),
            (r#""gelu""#, r#""relu""#, ["hidden_act", "\"relu\""]),
            (
                r#""model_type""#,
                r#""position_embedding_type": "relative_key", "model_type""#,
                ["position", "relative_key"],
            ),
            (r#""model_type""#, r#""is_decoder": true, "model_type""#, ["is_decoder", "true"]),
            ("384", "385", ["hidden_size", "12"]),
            ("30522", "0", ["vocab_size", "found 0"]),
            ("30522", "99999999999", ["vocab_size", "99999999999"]),
            ("1536", "-1", ["config.json", "-1"]),
            (r#""hidden_size": 384,"#, "", ["config.json", "hidden_size"]),
            ("1e-12", "0.0", ["layer_norm_eps", "above 0"]),
            (r#""hidden_dropout_prob": 0.1"#, r#""hidden_dropout_prob": 1.0"#, ["hidden_dropout_prob", "below 1"]),
            (MINILM, "{", ["config.json", "EOF"]),
        ] {
            let message = parse(&MINILM.replacen(from, to, 1)).unwrap_err();
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
    }
}

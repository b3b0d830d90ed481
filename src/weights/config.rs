//! The shape of a BERT, as its `config.json` says.

use serde::Deserialize;

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
    pub type_vocab_size: usize,
    pub layer_norm_eps: f64,
    /// 0 to 1, as the next.
    pub hidden_dropout_prob: f64,
    pub attention_probs_dropout_prob: f64,
    /// Only "gelu", the exact one, is computed.
    pub hidden_act: String,
}

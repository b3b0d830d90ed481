//! Floating-point operations of a BERT on a batch.

use crate::config::Pooling;
use crate::dataset::tokens::Tokens;
use crate::weights::BertConfig;

/// Operations of the matrix products, forward and backward through all layers, at two a multiplication. Of the last layer
/// those alone that the pooling asks for.
pub fn operations(config: &BertConfig, tokens: &Tokens, pooling: Pooling) -> u64 {
    let [width, wide, layers] = [config.hidden_size, config.intermediate_size, config.num_hidden_layers];
    let product = |from: usize, to: usize| 2 * from as u64 * to as u64;
    let clip = |keys: usize| {
        let layer = |queries: usize| {
            // Keys and values of all; of the queries themselves what follows, and scores and sums over the keys.
            let of_key = 2 * product(width, width);
            let of_query = 2 * product(width, width) + 2 * product(width, wide) + 2 * product(keys, width);
            keys as u64 * of_key + queries as u64 * of_query
        };
        let last = if pooling == Pooling::Cls { layer(keys.min(1)) } else { layer(keys) };
        match layers {
            0 => 0,
            _ => (layers as u64 - 1) * layer(keys) + last,
        }
    };
    // Forward, and backward the gradients of the weights and of what went in.
    3 * tokens.lengths().map(clip).sum::<u64>()
}

/// Bytes that the tape keeps of a token for the way back, about: in each layer its input, queries, keys, values and sums over
/// values, both norms' inputs and the wide layer.
pub fn activations(config: &BertConfig) -> u64 {
    let layer = 8 * config.hidden_size as u64 + config.intermediate_size as u64;
    4 * layer * config.num_hidden_layers as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_counted_as_by_hand() {
        let mut config = crate::model::bert::tests::tiny();
        (config.hidden_size, config.intermediate_size, config.num_hidden_layers) = (2, 3, 2);
        let mut tokens = Tokens::default();
        tokens.push(&[1, 2], &[0, 0]);
        tokens.push(&[], &[]);
        // A key 2·8, a query 2·8 + 2·12 + 2·8 with two keys.
        assert_eq!(operations(&config, &tokens, Pooling::Mean), 3 * 2 * (2 * 16 + 2 * 56));
        assert_eq!(operations(&config, &tokens, Pooling::Cls), 3 * (3 * 56 + 4 * 16));
    }
}

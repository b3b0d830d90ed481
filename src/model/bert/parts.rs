//! What holds the parameters. Fields bear the names of Hugging Face's `BertModel`, but for those of
//! [`RENAMED`](super::RENAMED).

use burn::module::{Module, Param};
use burn::nn::{Embedding, LayerNorm, LayerNormConfig, Linear};
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::model::init;
use crate::weights::BertConfig;

/// Standard deviation of first weights.
const SPREAD: f32 = 0.02;

/// Weights (inputs, outputs) and bias (outputs) of a linear layer.
#[derive(Clone, Debug)]
pub struct Affine {
    pub weight: Tensor<2>,
    pub bias: Tensor<1>,
}

/// γ and β of a norm, (W) each.
#[derive(Clone, Debug)]
pub struct Scale {
    pub gamma: Tensor<1>,
    pub beta: Tensor<1>,
}

/// The embeddings' parameters, rows of W each.
#[derive(Clone, Debug)]
pub struct EmbeddingWeights {
    pub words: Tensor<2>,
    pub positions: Tensor<2>,
    pub types: Tensor<2>,
    pub norm: Scale,
}

/// A layer's parameters.
#[derive(Clone, Debug)]
pub struct LayerWeights {
    pub query: Affine,
    pub key: Affine,
    pub value: Affine,
    /// From the heads' outputs.
    pub attended: Affine,
    pub attended_norm: Scale,
    /// W → I
    pub wide: Affine,
    /// I → W
    pub narrow: Affine,
    pub narrow_norm: Scale,
}

/// Sums of three vectors a token, normalised.
#[derive(Module, Debug)]
pub struct Embeddings {
    pub word_embeddings: Embedding,
    pub position_embeddings: Embedding,
    pub token_type_embeddings: Embedding,
    layer_norm: LayerNorm,
}

/// The layers.
#[derive(Module, Debug)]
pub struct Encoder {
    pub layer: Vec<Layer>,
}

/// Attention and a network of two layers, each added to what went in and normalised.
#[derive(Module, Debug)]
pub struct Layer {
    attention: Attention,
    intermediate: Intermediate,
    output: Output,
}

#[derive(Module, Debug)]
struct Attention {
    heads: Heads,
    output: Output,
}

/// All heads' projections side by side.
#[derive(Module, Debug)]
struct Heads {
    query: Linear,
    key: Linear,
    value: Linear,
}

#[derive(Module, Debug)]
struct Intermediate {
    dense: Linear,
}

#[derive(Module, Debug)]
struct Output {
    dense: Linear,
    layer_norm: LayerNorm,
}

impl Embeddings {
    pub fn new(config: &BertConfig, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let width = config.hidden_size;
        let mut rows = |count| Embedding { weight: init::normal(count, width, SPREAD, rng, device) };
        let mut word_embeddings = rows(config.vocab_size);
        let position_embeddings = rows(config.max_position_embeddings);
        let token_type_embeddings = rows(config.type_vocab_size);
        word_embeddings.weight = word_embeddings.weight.map(|words| {
            let padding = Tensor::zeros([1, width], &device.clone().inner());
            let words = words.inner().slice_assign([0..1, 0..width], padding);
            Tensor::from_inner(words).require_grad()
        });
        Self { word_embeddings, position_embeddings, token_type_embeddings, layer_norm: norm(config, rng, device) }
    }

    /// The parameters, on their tape if `taped`.
    pub fn weights(&self, taped: bool) -> EmbeddingWeights {
        EmbeddingWeights {
            words: value(&self.word_embeddings.weight, taped),
            positions: value(&self.position_embeddings.weight, taped),
            types: value(&self.token_type_embeddings.weight, taped),
            norm: scale(&self.layer_norm, taped),
        }
    }
}

impl Encoder {
    pub fn new(config: &BertConfig, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        Self { layer: (0..config.num_hidden_layers).map(|_| Layer::new(config, rng, device)).collect() }
    }
}

impl Layer {
    fn new(config: &BertConfig, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let (width, wide) = (config.hidden_size, config.intermediate_size);
        let mut dense = |from, to| linear(from, to, rng, device);
        let heads = Heads { query: dense(width, width), key: dense(width, width), value: dense(width, width) };
        let (attended, intermediate, narrow) = (dense(width, width), dense(width, wide), dense(wide, width));
        let mut output = |dense| Output { dense, layer_norm: norm(config, rng, device) };
        Self {
            attention: Attention { heads, output: output(attended) },
            intermediate: Intermediate { dense: intermediate },
            output: output(narrow),
        }
    }

    /// The parameters, on their tape if `taped`.
    pub fn weights(&self, taped: bool) -> LayerWeights {
        let Self { attention: Attention { heads, output }, intermediate, output: last } = self;
        LayerWeights {
            query: affine(&heads.query, taped),
            key: affine(&heads.key, taped),
            value: affine(&heads.value, taped),
            attended: affine(&output.dense, taped),
            attended_norm: scale(&output.layer_norm, taped),
            wide: affine(&intermediate.dense, taped),
            narrow: affine(&last.dense, taped),
            narrow_norm: scale(&last.layer_norm, taped),
        }
    }
}

fn linear(from: usize, to: usize, rng: &mut ChaCha8Rng, device: &Device) -> Linear {
    let weight = init::normal(from, to, SPREAD, rng, device);
    Linear { weight, bias: Some(init::vector(vec![0.0; to], rng, device)) }
}

fn norm(config: &BertConfig, rng: &mut ChaCha8Rng, device: &Device) -> LayerNorm {
    let width = config.hidden_size;
    let mut norm = LayerNormConfig::new(width).with_epsilon(config.layer_norm_eps).init(device);
    norm.gamma = init::vector(vec![1.0; width], rng, device);
    norm.beta = Some(init::vector(vec![0.0; width], rng, device));
    norm
}

fn value<const D: usize>(param: &Param<Tensor<D>>, taped: bool) -> Tensor<D> {
    let value = param.val();
    if taped { value } else { value.inner() }
}

fn affine(linear: &Linear, taped: bool) -> Affine {
    let bias = linear.bias.as_ref().expect("made with a bias by `linear`");
    Affine { weight: value(&linear.weight, taped), bias: value(bias, taped) }
}

fn scale(norm: &LayerNorm, taped: bool) -> Scale {
    let beta = norm.beta.as_ref().expect("made with a bias by `norm`");
    Scale { gamma: value(&norm.gamma, taped), beta: value(beta, taped) }
}

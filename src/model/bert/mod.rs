//! BERT as Hugging Face's `BertModel` (Devlin et al., NAACL 2019): embeddings, post-norm layers, exact GELU; no pooler.
//!
//! It runs on packed tokens: clips lie one after the other, and padding is neither held nor computed.
//!
//! - `parts`: what holds the parameters, named so that files of the Hub can be mapped to them;
//! - `clips`: where each clip's rows lie;
//! - `dropout`: masks that are the same on every device and in either form;
//! - `form`: the computation as tensor operations, for every device; `precision`: what its products take;
//! - `cpu`: the same with kernels and gradients of our own, for the CPU;
//! - [`load`]: weights of a file of the Hub;
//! - `operations`: how many operations a batch takes.
//!
//! Another kind of encoder (RoBERTa, ALBERT) is a folder beside this one.

mod clips;
mod cpu;
mod dropout;
mod form;
pub mod load;
mod operations;
mod parts;
pub mod precision;
#[cfg(test)]
pub mod tests;

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{DType, Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

pub use dropout::BertDropout;
pub use operations::{activations, operations};

use self::clips::Clips;
use self::cpu::Setting;
use self::form::How;
use self::parts::{Embeddings, Encoder};
use crate::config::{Pooling, Precision, TrainedLayers};
use crate::dataset::tokens::Tokens;
use crate::device::is_cpu;
use crate::model::memory::Memory;
use crate::weights::BertConfig;

/// How parameters of files of the Hub are named here, as pairs of a regular expression and what replaces it. All other
/// parts of a name are the same, but for what burn calls the weight and bias of a norm: gamma and beta.
pub const RENAMED: [(&str, &str); 2] =
    [(r"\.LayerNorm\.", ".layer_norm."), (r"\.attention\.self\.", ".attention.heads.")];

/// Tokens that go through the CPU's layers together where there is no tape: more would only take more memory.
const TOGETHER: usize = 4096;

/// The network.
#[derive(Module, Debug)]
pub struct Bert {
    embeddings: Embeddings,
    encoder: Encoder,
    /// A, the number of heads.
    #[module(skip)]
    heads: usize,
    /// What is added to variances.
    #[module(skip)]
    epsilon: f32,
    /// How many parts are trained, from the last layer down; below the first layer lie the embeddings.
    #[module(skip)]
    trained: usize,
    /// What products take where the tensor form computes; `None`: single precision.
    #[module(skip)]
    half: Option<DType>,
    #[module(skip)]
    memory: Memory,
}

impl Bert {
    /// First weights as Hugging Face draws them: normal with a standard deviation of 0.02, biases 0, norms 1 and 0, and
    /// zeros for token 0, the padding. `device` has a tape.
    pub fn new(config: &BertConfig, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        Self {
            embeddings: Embeddings::new(config, rng, device),
            encoder: Encoder::new(config, rng, device),
            heads: config.num_attention_heads,
            epsilon: config.layer_norm_eps as f32,
            trained: config.num_hidden_layers + 1,
            half: None,
            memory: Memory::default(),
        }
    }

    /// The same network, so many of whose layers are trained; `None` for none. What lies below them runs without a tape, and
    /// has no gradients.
    pub fn training(self, layers: Option<TrainedLayers>) -> Self {
        let trained = match layers {
            None => 0,
            Some(TrainedLayers::Last(count)) => count.min(self.encoder.layer.len()),
            Some(TrainedLayers::All) => self.encoder.layer.len() + 1,
        };
        Self { trained, ..self }
    }

    /// The same network, computed in this precision where its device can, and in single precision elsewhere.
    pub fn computed_in(self, precision: Precision) -> Self {
        let device = self.embeddings.word_embeddings.weight.val().device();
        let half = precision::half(precision).filter(|_| precision::supported(&device).contains(&precision));
        Self { half, ..self }
    }

    /// W, the width of a state.
    pub fn width(&self) -> usize {
        self.embeddings.word_embeddings.weight.val().dims()[1]
    }

    /// Parameters that are trained, and those that are not.
    pub fn parameters(&self) -> (usize, usize) {
        let kept = self.encoder.layer.len() + 1 - self.trained;
        let layers: Vec<usize> = self.encoder.layer.iter().map(Module::num_params).collect();
        let parts: Vec<usize> = std::iter::once(self.embeddings.num_params()).chain(layers).collect();
        (parts[kept..].iter().sum(), parts[..kept].iter().sum())
    }

    /// The paths of the parts that are not trained, from this module on.
    pub fn frozen(&self) -> Vec<String> {
        let kept = self.encoder.layer.len() + 1 - self.trained;
        (0..kept)
            .map(|part| part.checked_sub(1).map_or("embeddings".into(), |n| format!("encoder.layer.{n}")))
            .collect()
    }

    /// The last layer's states of all tokens, packed as these are, (sum of lengths, W).
    ///
    /// Ids, types and positions have to be below what the configuration says; the data floor sees to it.
    pub fn states(&self, tokens: &Tokens, dropout: &mut BertDropout) -> Tensor<2> {
        self.run(tokens, Clips::new, dropout)
    }

    /// A vector for each clip, (B, W), zeros for one without tokens.
    ///
    /// Of the last layer no more is computed than the pooling asks for.
    pub fn pooled(&self, tokens: &Tokens, pooling: Pooling, dropout: &mut BertDropout) -> Tensor<2> {
        let states = match pooling {
            Pooling::Cls => self.run(tokens, Clips::firsts, dropout),
            Pooling::Mean => self.states(tokens, dropout),
        };
        self.gather(states, tokens, pooling)
    }

    /// The states of the clips' queries after all layers.
    fn run(&self, tokens: &Tokens, clips: fn(&Tokens) -> Clips, dropout: &mut BertDropout) -> Tensor<2> {
        let words = self.embeddings.word_embeddings.weight.val();
        let (own, taped) = (is_cpu(&words.device()), self.trained > 0 && words.is_autodiff());
        if taped || !own || tokens.ids.len() <= TOGETHER {
            return self.run_as(own, tokens, clips(tokens), dropout);
        }
        let groups = clips::groups(tokens, TOGETHER).into_iter();
        Tensor::cat(groups.map(|tokens| self.run_as(own, &tokens, clips(&tokens), dropout)).collect(), 0)
    }

    /// The same by the CPU's own kernels or as tensor operations.
    fn run_as(&self, own: bool, tokens: &Tokens, clips: Clips, dropout: &mut BertDropout) -> Tensor<2> {
        let layers = &self.encoder.layer;
        let kept = layers.len() + 1 - self.trained;
        let weights = self.embeddings.weights(kept == 0);
        if tokens.ids.is_empty() {
            return Tensor::zeros([0, self.width()], &weights.words.device());
        }
        let (all, clips) = (Arc::new(clips.all()), Arc::new(clips));
        let mut x = match own {
            true => cpu::embed(weights, tokens, self.epsilon, dropout.hidden(), &self.memory),
            false => form::embed(&weights, tokens, self.epsilon, dropout.hidden()),
        };
        for (at, layer) in layers.iter().enumerate() {
            let weights = layer.weights(kept <= at + 1);
            let clips = if at + 1 == layers.len() { &clips } else { &all };
            let masks = [dropout.attention(), dropout.hidden(), dropout.hidden()];
            let Self { heads, epsilon, half, .. } = *self;
            let setting = || Setting { clips: clips.clone(), heads, epsilon, masks, memory: self.memory.clone() };
            x = match own {
                true => cpu::layer(x, weights, setting()),
                false => form::layer(x, &weights, clips, How { heads, epsilon, half }, masks),
            };
        }
        if layers.is_empty() { clips.queries_of(x) } else { x }
    }

    /// One row a clip of the rows of those that have tokens.
    fn gather(&self, states: Tensor<2>, tokens: &Tokens, pooling: Pooling) -> Tensor<2> {
        let clips = tokens.clips();
        let [rows, width] = states.dims();
        if rows == 0 {
            return Tensor::zeros([clips, width], &states.device());
        }
        if pooling == Pooling::Cls && rows == clips {
            return states;
        }
        if pooling == Pooling::Mean && is_cpu(&states.device()) {
            return cpu::mean(states, tokens.lengths().collect());
        }
        let mut shares = vec![0.0f32; clips * rows];
        let mut at = 0;
        for (clip, length) in tokens.lengths().enumerate() {
            let count = if pooling == Pooling::Cls { length.min(1) } else { length };
            shares[clip * rows + at..clip * rows + at + count].fill((count.max(1) as f32).recip());
            at += count;
        }
        Tensor::<2>::from_data(TensorData::new(shares, [clips, rows]), &states.device().inner()).matmul(states)
    }
}

//! The text encoder F_t where text is encoded by a BERT ([the method](crate::book::method), text by BERT): from a clip's
//! pooled vector to h_t.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::bert::{Bert, BertDropout};
use super::dropout::Dropout;
use super::encoder::{fill, linear_along};
use super::init;
use super::layer::linear;
use super::parameters::{Parameters, count};
use crate::config::Pooling;
use crate::dataset::{Batch, Sequences};
use crate::modality::Modality;
use crate::weights::BertConfig;

/// What a text encoder is made of.
#[derive(Clone)]
pub enum Text {
    /// A BERT that is trained with the rest of the network.
    Bert {
        bert: Box<Bert>,
        config: Box<BertConfig>,
        pooling: Pooling,
        /// Of the file of its weights, in hexadecimal digits.
        sha256: String,
    },
    /// The data's own sequences of text, one step each: vectors of a BERT that is not trained.
    Vectors { width: usize },
}

/// A BERT's pooled vector of width W, dropout, linear to d.
#[derive(Module, Debug)]
pub struct TextEncoder {
    /// `None` where the data holds the vectors.
    bert: Option<Bert>,
    /// W → d
    output: Linear,
    /// h_t of a clip without text, (d); only where there are such clips.
    missing: Option<Param<Tensor<1>>>,
    #[module(skip)]
    pooling: Pooling,
    /// Of the BERT, with the shares that it drops.
    #[module(skip)]
    config: Option<BertConfig>,
}

impl TextEncoder {
    /// The linear layer's weights are drawn; the BERT comes with its own.
    pub fn new(text: &Text, representation: usize, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let width = match text {
            Text::Bert { config, .. } => config.hidden_size,
            Text::Vectors { width } => *width,
        };
        let output = init::linear(width, representation, rng, device);
        match text {
            // Its own parameters: two networks that began with the same weights are trained apart.
            Text::Bert { bert, config, pooling, .. } => {
                let (bert, config) = (Some(init::renewed((**bert).clone(), rng)), Some((**config).clone()));
                Self { bert, output, missing: None, pooling: *pooling, config }
            }
            Text::Vectors { .. } => {
                Self { bert: None, output, missing: None, pooling: Pooling::default(), config: None }
            }
        }
    }

    /// As that of an LSTM encoder.
    pub fn with_missing(self, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let [_, d] = self.output.weight.dims();
        Self { missing: Some(init::vector(vec![0.0; d], rng, device)), ..self }
    }

    /// Numbers of parameters of `bert`, where it is part of the network, and of what makes h_t of its vector, `text`.
    pub fn parameters(&self) -> Vec<(&'static str, Parameters)> {
        let bert = self.bert.as_ref().map(|bert| {
            let (trained, frozen) = bert.parameters();
            ("bert", Parameters { trained, frozen })
        });
        let missing = self.missing.as_ref().map_or(0, |vector| vector.val().shape().num_elements());
        let own = [count(&self.output), Parameters { trained: missing, frozen: 0 }].into_iter().sum();
        bert.into_iter().chain([(Modality::Text.name(), own)]).collect()
    }

    /// h_t, (B, d).
    pub fn represent(&self, batch: &Batch, dropout: &mut Dropout) -> Tensor<2> {
        let pooled = match (&self.bert, &self.config, &batch.tokens) {
            (Some(bert), Some(config), Some(tokens)) => {
                let mut own = match dropout.fork() {
                    Some(rng) => BertDropout::training(config, rng),
                    None => BertDropout::inference(),
                };
                bert.pooled(tokens, self.pooling, &mut own)
            }
            _ => self.vectors(&batch.sequences[Modality::Text]),
        };
        let h = linear(&self.output, dropout.apply(pooled));
        fill(h, self.missing.as_ref(), &batch.sequences[Modality::Text].lengths)
    }

    /// h_t and how it changes along a change of the linear layer's weights, (B, d) each; see
    /// that of an LSTM encoder. Only of vectors: through a BERT there is no
    /// such derivative here, and the settings are held to that.
    pub fn represent_along(
        &self,
        change: &TextEncoder,
        sequences: &Sequences,
        [dropout, again]: [&mut Dropout; 2],
    ) -> [Tensor<2>; 2] {
        let pooled = self.vectors(sequences);
        let moved = again.apply(pooled.zeros_like());
        let [h, along] = linear_along(&self.output, &change.output, [dropout.apply(pooled), moved]);
        let lengths = &sequences.lengths;
        [fill(h, self.missing.as_ref(), lengths), fill(along, change.missing.as_ref(), lengths)]
    }

    /// The clips' only steps, (B, W); zeros where a clip has none.
    fn vectors(&self, sequences: &Sequences) -> Tensor<2> {
        let [width, _] = self.output.weight.dims();
        let device = self.output.weight.val().device().inner();
        let shape = [sequences.lengths.len(), width];
        Tensor::from_data(TensorData::new(sequences.padded(), shape), &device)
    }
}

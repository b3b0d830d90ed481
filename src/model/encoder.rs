//! Unimodal encoders F_m ([the method](crate::book::method), modules): a sequence with a length to a representation h_m.
//!
//! All three modalities are encoded by an LSTM over pre-extracted features. A fine-tuned BERT over `text_bert` token
//! ids would stand beside [`Encoder`] here and be chosen by `model` settings in [`super::network`].

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::dropout::Dropout;
use super::init;
use super::recurrent::Weights;

/// LSTM over the valid steps, last valid hidden state, dropout, linear to d.
#[derive(Module, Debug)]
pub struct Encoder {
    /// (D, 4H), gates in the order input, forget, candidate, output.
    w_input: Param<Tensor<2>>,
    /// (H, 4H)
    w_hidden: Param<Tensor<2>>,
    /// (4H)
    bias: Param<Tensor<1>>,
    /// H → d
    output: Linear,
    /// h_m of a clip that lacks the modality, (d); only where there are such clips.
    missing: Option<Param<Tensor<1>>>,
}

impl Encoder {
    /// Weights uniform in ±1/√H as PyTorch's; the forget gate's bias is 1, so that an untrained encoder remembers.
    pub fn new(dim: usize, hidden: usize, representation: usize, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let bound = (hidden as f32).sqrt().recip();
        let bias = (0..4 * hidden).map(|k| if k / hidden == 1 { 1.0 } else { 0.0 }).collect();
        Self {
            w_input: init::uniform(dim, 4 * hidden, bound, rng, device),
            w_hidden: init::uniform(hidden, 4 * hidden, bound, rng, device),
            bias: init::vector(bias, rng, device),
            output: init::linear(hidden, representation, rng, device),
            missing: None,
        }
    }

    /// The same encoder for data some of whose clips lack the modality: with a vector for these, zeros before it is trained.
    pub fn with_missing(self, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let [_, d] = self.output.weight.dims();
        Self { missing: Some(init::vector(vec![0.0; d], rng, device)), ..self }
    }

    /// The same encoder with the representation of an empty sequence for a vector: what such clips had before there were
    /// these vectors.
    pub fn with_empty_for_missing(self) -> Self {
        let empty = self.output.bias.as_ref().map(|bias| bias.val().detach());
        let missing = self.missing.map(|vector| match empty {
            Some(empty) => vector.map(|_| empty.require_grad()),
            None => vector,
        });
        Self { missing, ..self }
    }

    /// The LSTM's weights.
    pub fn recurrence(&self) -> Weights {
        Weights { input: self.w_input.val(), hidden: self.w_hidden.val(), bias: self.bias.val() }
    }

    /// h_m, (B, d), from the LSTM's last valid hidden states, (B, H), of sequences of these lengths. A clip without any step
    /// has the vector for missing ones, and no part in the gradient of anything else.
    pub fn represent(&self, last_hidden: Tensor<2>, lengths: &[usize], dropout: &mut Dropout) -> Tensor<2> {
        let h = self.output.forward(dropout.apply(last_hidden));
        let Some(vector) = self.missing.as_ref().filter(|_| lengths.contains(&0)) else { return h };
        let lacks: Vec<f32> = lengths.iter().map(|&n| if n == 0 { 1.0 } else { 0.0 }).collect();
        let lacks = Tensor::<2>::from_data(TensorData::new(lacks, [lengths.len(), 1]), &h.device().inner());
        let has = lacks.clone().neg().add_scalar(1.0);
        h * has + vector.val().unsqueeze_dim::<2>(0) * lacks
    }
}

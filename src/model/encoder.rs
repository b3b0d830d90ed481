//! Unimodal encoders F_m ([the method](crate::book::method), modules): a sequence with a length to a representation h_m.
//!
//! All three modalities are encoded by an LSTM over pre-extracted features. A fine-tuned BERT over `text_bert` token
//! ids would stand beside [`Encoder`] here and be chosen by `model` settings in [`super::network`].

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
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
        }
    }

    /// The LSTM's weights.
    pub fn recurrence(&self) -> Weights {
        Weights { input: self.w_input.val(), hidden: self.w_hidden.val(), bias: self.bias.val() }
    }

    /// h_m, (B, d), from the LSTM's last valid hidden states, (B, H).
    pub fn represent(&self, last_hidden: Tensor<2>, dropout: &mut Dropout) -> Tensor<2> {
        self.output.forward(dropout.apply(last_hidden))
    }

    /// h_m and how it changes along a change of the weights, (B, d) each, from the last hidden states and how these change.
    /// Both dropouts have to draw the same masks.
    pub fn represent_along(
        &self,
        change: &Encoder,
        [last, moved]: [Tensor<2>; 2],
        [dropout, again]: [&mut Dropout; 2],
    ) -> [Tensor<2>; 2] {
        linear_along(&self.output, &change.output, [dropout.apply(last), again.apply(moved)])
    }
}

/// What a linear layer makes of x, and how it changes along changes of the layer's weights and of x.
pub(super) fn linear_along(layer: &Linear, change: &Linear, [x, moved]: [Tensor<2>; 2]) -> [Tensor<2>; 2] {
    let through = moved.matmul(layer.weight.val());
    [layer.forward(x.clone()), through + change.forward(x)]
}

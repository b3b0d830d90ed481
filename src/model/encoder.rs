//! Unimodal encoders F_m ([the method](crate::book::method), modules): a sequence with a length to a representation h_m.
//!
//! An LSTM over pre-extracted features. Text by a BERT has an encoder of its own, see [`super::text`].

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::dropout::Dropout;
use super::init;
use super::layer::linear;
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
        fill(linear(&self.output, dropout.apply(last_hidden)), self.missing.as_ref(), lengths)
    }

    /// h_m and how it changes along a change of the weights, (B, d) each, from the last hidden states and how these change, of
    /// sequences of these lengths.
    /// Both dropouts have to draw the same masks.
    pub fn represent_along(
        &self,
        change: &Encoder,
        lengths: &[usize],
        [last, moved]: [Tensor<2>; 2],
        [dropout, again]: [&mut Dropout; 2],
    ) -> [Tensor<2>; 2] {
        let [h, along] = linear_along(&self.output, &change.output, [dropout.apply(last), again.apply(moved)]);
        [fill(h, self.missing.as_ref(), lengths), fill(along, change.missing.as_ref(), lengths)]
    }
}

/// h, (B, d), with the vector for missing ones, (d), in the rows of clips without any step.
pub(super) fn fill(h: Tensor<2>, missing: Option<&Param<Tensor<1>>>, lengths: &[usize]) -> Tensor<2> {
    let Some(vector) = missing.filter(|_| lengths.contains(&0)) else { return h };
    let lacks: Vec<f32> = lengths.iter().map(|&n| if n == 0 { 1.0 } else { 0.0 }).collect();
    let lacks = Tensor::<2>::from_data(TensorData::new(lacks, [lengths.len(), 1]), &h.device().inner());
    let has = lacks.clone().neg().add_scalar(1.0);
    h * has + vector.val().unsqueeze_dim::<2>(0) * lacks
}

/// What a linear layer makes of x, and how it changes along changes of the layer's weights and of x.
pub(super) fn linear_along(layer: &Linear, change: &Linear, [x, moved]: [Tensor<2>; 2]) -> [Tensor<2>; 2] {
    let through = moved.matmul(layer.weight.val());
    [linear(layer, x.clone()), through + linear(change, x)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const D: usize = 3;
    const LENGTHS: [usize; 4] = [2, 0, 5, 0];

    fn encoder(device: &Device) -> Encoder {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        Encoder::new(2, 4, D, &mut rng, device).with_missing(&mut rng, device)
    }

    fn with_vector(encoder: &Encoder, values: [f32; D]) -> Encoder {
        let set = |vector: Param<Tensor<1>>| {
            let device = vector.val().device();
            vector.map(|_| Tensor::from_data(values, &device).require_grad())
        };
        Encoder { missing: encoder.missing.clone().map(set), ..encoder.clone() }
    }

    fn last_hidden(device: &Device) -> Tensor<2> {
        let values: Vec<f32> = (0..16).map(|i| (i as f32 * 0.7).sin()).collect();
        Tensor::from_data(TensorData::new(values, [4, 4]), device)
    }

    fn values<const N: usize>(x: Tensor<N>) -> Vec<f32> {
        x.into_data().try_into_vec().unwrap()
    }

    /// A loss in which every number counts differently, (1).
    fn loss(encoder: &Encoder, last_hidden: Tensor<2>) -> Tensor<1> {
        let h = encoder.represent(last_hidden, &LENGTHS, &mut Dropout::inference());
        let weight: Vec<f32> = (0..4 * D).map(|i| (i as f32 + 0.3).cos()).collect();
        let weight = Tensor::<2>::from_data(TensorData::new(weight, [4, D]), &h.device().inner());
        (h.square() * weight).sum()
    }

    #[test]
    fn a_clip_without_steps_has_the_vector_and_the_others_are_as_they_are_without_it() {
        let device = Device::flex().autodiff();
        let bare = Encoder::new(2, 4, D, &mut ChaCha8Rng::seed_from_u64(7), &device);
        let learned = with_vector(&encoder(&device), [0.5, -1.0, 2.0]);
        let of = |e: &Encoder| values(e.represent(last_hidden(&device), &LENGTHS, &mut Dropout::inference()));
        let (found, plain) = (of(&learned), of(&bare));
        for (row, length) in LENGTHS.iter().enumerate() {
            let at = row * D..(row + 1) * D;
            let expected = if *length == 0 { &[0.5, -1.0, 2.0][..] } else { &plain[at.clone()] };
            assert_eq!(&found[at], expected, "row {row}");
        }
        // What an older version's network made of an empty sequence.
        let zeros = Tensor::zeros([4, 4], &device);
        let empty = values(bare.represent(zeros, &LENGTHS, &mut Dropout::inference()));
        assert_eq!(of(&encoder(&device).with_empty_for_missing())[D..2 * D], empty[D..2 * D]);
    }

    #[test]
    fn the_gradient_of_the_vector_agrees_with_finite_differences_and_missing_clips_have_no_other() {
        let device = Device::flex().autodiff();
        let at = [0.5, -1.0, 2.0];
        let encoder = with_vector(&encoder(&device), at);
        let input = last_hidden(&device).require_grad();
        let gradients = loss(&encoder, input.clone()).backward();
        let found = values(encoder.missing.as_ref().unwrap().val().grad(&gradients).unwrap());
        for k in 0..D {
            let moved = |by: f32| {
                let mut at = at;
                at[k] += by;
                loss(&with_vector(&encoder, at), last_hidden(&device)).into_scalar::<f32>()
            };
            let numeric = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((numeric - found[k]).abs() < 1e-2 * found[k].abs().max(1.0), "{k}: {numeric} {}", found[k]);
        }
        let to_input = values(input.grad(&gradients).unwrap());
        assert!(to_input[4..8].iter().chain(&to_input[12..]).all(|g| *g == 0.0));
        assert!(to_input[..4].iter().any(|g| *g != 0.0));
    }
}

//! What an LSTM computes with.

use burn::tensor::Tensor;

/// The weights of one LSTM; gates in the order input, forget, candidate, output.
#[derive(Clone)]
pub struct Weights {
    /// (D, 4H)
    pub input: Tensor<2>,
    /// (H, 4H)
    pub hidden: Tensor<2>,
    /// (4H)
    pub bias: Tensor<1>,
}

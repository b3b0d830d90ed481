//! Tensors of the CPU backend as plain numbers and back, for operations of our own.

use std::ops::Deref;

use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::ops::NodeGuard;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{Device, Tensor, TensorData};

/// The CPU backend with a tape.
pub type Tape = Autodiff<Flex, NoCheckpointing>;

/// The values of a CPU tensor, row-major.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("model tensors hold f32")
}

/// The values of a CPU tensor read in place, row-major; clones share them.
#[derive(Clone, Debug)]
pub struct Values(FloatTensor<Flex>);

impl Values {
    /// The numbers of a tensor without a tape.
    pub fn new<const D: usize>(tensor: Tensor<D>) -> Self {
        Self::of(primitive(tensor))
    }

    /// The numbers of a tensor of the backend.
    pub fn of(tensor: FloatTensor<Flex>) -> Self {
        // Weights may have been read transposed.
        let tensor = if tensor.as_slice::<f32>().is_some() { tensor } else { tensor.to_contiguous() };
        Self(tensor)
    }
}

impl Deref for Values {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.0.as_slice().expect("f32 in order: `of` makes it so")
    }
}

/// Rows of `width` values each, (len / width, width).
pub fn matrix(values: Vec<f32>, width: usize, device: &Device) -> Tensor<2> {
    let rows = values.len() / width;
    Tensor::from_data(TensorData::new(values, [rows, width]), device)
}

/// All values in a row, (len).
pub fn vector(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let len = values.len();
    Tensor::from_data(TensorData::new(values, [len]), device)
}

/// A tensor that its caller knows to lie on the CPU backend's tape: without the tape, and its node there.
pub fn on_tape<const D: usize>(tensor: Tensor<D>) -> (Tensor<D>, NodeGuard) {
    // What a network computes with is made on one device with one kind of tape; nothing outside can mix them.
    let tensor = tensor.try_into_primitive::<Tape>().expect("a tensor of the CPU backend on its tape");
    (Tensor::from_primitive::<Flex>(tensor.primitive().clone()), tensor.node())
}

/// What the tape's functions take: the tensor without its tape.
pub fn primitive<const D: usize>(tensor: Tensor<D>) -> FloatTensor<Flex> {
    tensor.try_into_primitive::<Flex>().expect("a tensor of the CPU backend without a tape")
}

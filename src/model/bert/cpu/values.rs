//! Tensors of the CPU backend read in place.

use std::ops::Deref;

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Tensor;

use crate::model::host::primitive;

/// The numbers of a tensor, row-major; clones share them.
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

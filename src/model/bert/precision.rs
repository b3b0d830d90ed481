//! Mixed precision: the tensor form's matrix products take their operands in half precision and give back single precision,
//! as PyTorch's autocast does (Micikevicius et al., ICLR 2018). The way back through a product is in half precision, too.

use burn::tensor::{DType, Device, Tensor};

use crate::config::Precision;
use crate::device::is_cpu;

/// The type that products are computed in; `None` for single precision.
pub fn half(precision: Precision) -> Option<DType> {
    match precision {
        Precision::F32 => None,
        Precision::Bf16 => Some(DType::BF16),
        Precision::F16 => Some(DType::F16),
    }
}

/// What a BERT can be computed in on a device. The kernels of ours on the CPU know single precision alone.
pub fn supported(device: &Device) -> Vec<Precision> {
    let can = |dtype: DType| !is_cpu(device) && device.supports_dtype(dtype);
    Precision::ALL.into_iter().filter(|precision| half(*precision).is_none_or(can)).collect()
}

/// a b in single precision, computed with operands in `half`.
pub fn product<const D: usize>(a: Tensor<D>, b: Tensor<D>, half: Option<DType>) -> Tensor<D> {
    match half {
        None => a.matmul(b),
        Some(half) => a.cast(half).matmul(b.cast(half)).cast(DType::F32),
    }
}

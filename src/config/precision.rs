//! The type of numbers that a BERT's matrix products take.

use serde::{Deserialize, Serialize};

/// What the matrix products of a BERT that is trained on a GPU take; weights, the optimiser's state, norms, softmax and
/// losses are in single precision whatever this is (Micikevicius et al., ICLR 2018).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
    /// Single precision's range with 8 bits of a number.
    Bf16,
    /// 11 bits of a number, up to 65504.
    F16,
}

impl Precision {
    pub const ALL: [Precision; 3] = [Precision::F32, Precision::Bf16, Precision::F16];

    /// As settings write it.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
            Precision::F16 => "f16",
        }
    }
}

//! The loss's scale in half precision: gradients that are too small for it are larger by a factor while they are computed.
//!
//! The scale is as PyTorch's `torch.amp.GradScaler` has it by default (Micikevicius et al., ICLR 2018, section 3.2): it begins
//! at 65536, is halved where a gradient is not finite, and doubled after 2000 steps in a row whose gradients are.

use serde::{Deserialize, Serialize};

/// What the loss is multiplied with, and gradients divided by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossScale {
    /// A power of two, so that scaling rounds nothing.
    pub factor: f32,
    /// Steps in a row whose gradients were finite, since the factor changed.
    good: u32,
}

const FIRST: f32 = 65_536.0;
const GROWTH_INTERVAL: u32 = 2000;

impl Default for LossScale {
    fn default() -> Self {
        Self { factor: FIRST, good: 0 }
    }
}

impl LossScale {
    /// What it is after a step whose gradients were finite, or were not.
    #[must_use]
    pub fn after(self, finite: bool) -> Self {
        let Self { factor, good } = self;
        match finite {
            false => Self { factor: factor / 2.0, good: 0 },
            true if good + 1 < GROWTH_INTERVAL => Self { factor, good: good + 1 },
            true if (2.0 * factor).is_finite() => Self { factor: 2.0 * factor, good: 0 },
            true => Self { factor, good: 0 },
        }
    }

    /// True where gradients are too large even unscaled: no scale can help.
    pub fn is_spent(self) -> bool {
        self.factor < 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_halved_at_once_and_doubled_after_two_thousand_good_steps() {
        let good = |scale: LossScale, steps| (0..steps).fold(scale, |scale, _| scale.after(true));
        let first = LossScale::default();
        assert_eq!((first.factor, good(first, 1999).factor, good(first, 2000).factor), (65_536.0, 65_536.0, 131_072.0));
        // The count begins anew with every change.
        let halved = good(first, 1999).after(false);
        assert_eq!((halved.factor, good(halved, 1999).factor), (32_768.0, 32_768.0));
        assert_eq!(good(good(first, 2000), 1999).factor, 131_072.0);
        let largest = LossScale { factor: f32::from_bits(0x7f00_0000), good: 0 };
        assert_eq!(good(largest, 2000), largest);
        let all = (0..17).fold(first, |scale, _| scale.after(false));
        assert!(!(0..16).fold(first, |scale, _| scale.after(false)).is_spent() && all.is_spent());
    }
}

//! Exponential moving average with the start's bias taken out, as TensorBoard smooths.

/// A running average that takes one value after another.
#[derive(Clone, Copy, Debug)]
pub struct Smoother {
    weight: f64,
    last: f64,
    /// `weight` to the power of the number of finite values seen: what is left of the start at 0.
    remaining: f64,
}

impl Smoother {
    /// `weight` in [0, 1): 0 leaves values as they are, 0.99 smooths heavily.
    pub fn new(weight: f64) -> Self {
        Self { weight: weight.clamp(0.0, 0.9999), last: 0.0, remaining: 1.0 }
    }

    /// The average after this value; a value that is not finite is passed through and not counted.
    pub fn push(&mut self, value: f32) -> f32 {
        if !value.is_finite() {
            return f32::NAN;
        }
        self.last = self.last * self.weight + (1.0 - self.weight) * f64::from(value);
        self.remaining *= self.weight;
        (self.last / (1.0 - self.remaining)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_weight_changes_nothing() {
        let mut s = Smoother::new(0.0);
        assert_eq!([3.0, -1.0, 2.5].map(|v| s.push(v)), [3.0, -1.0, 2.5]);
    }

    #[test]
    fn first_value_stands_as_it_is_and_later_ones_follow_the_formula() {
        // By hand for weight 0.5: 4 → 2/0.5 = 4; then (2·0.5 + 0.5·2)/0.75 = 2/0.75; then (2·0.5 + 0.5·0)/0.875.
        let mut s = Smoother::new(0.5);
        let got = [4.0, 2.0, 0.0].map(|v| s.push(v));
        let want = [4.0, 2.0 / 0.75, 1.0 / 0.875];
        assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-6), "{got:?}");
    }

    #[test]
    fn a_constant_stays_a_constant_and_a_gap_stays_a_gap() {
        let mut s = Smoother::new(0.9);
        let got = [7.0, f32::NAN, 7.0, f32::INFINITY, 7.0].map(|v| s.push(v));
        assert!(got[1].is_nan() && got[3].is_nan());
        assert!([0, 2, 4].iter().all(|&i| (got[i] - 7.0).abs() < 1e-5), "{got:?}");
    }
}

//! The ranges that curves are drawn in.

use crate::console::state::losses::XAxis;
use crate::console::widgets::chart::Positions;
use crate::report::scale::Scale;
use crate::run::view::Curves;

/// Values that the range without outliers is judged by.
const SAMPLE: usize = 2048;

/// The positions of curves on the x axis.
pub fn positions(x: XAxis, curves: &Curves) -> Positions<'_> {
    match x {
        XAxis::Step => Positions::Steps(&curves.step),
        XAxis::Epoch => Positions::Epochs(&curves.epoch),
        XAxis::Time => Positions::Times(&curves.time),
    }
}

/// The scale widened so that these ends lie on it.
pub fn with_range(x: Scale, range: Option<(f64, f64)>) -> Scale {
    range.map_or(x, |(first, last)| Scale::new(x.lo.min(first), x.hi.max(last), false))
}

/// At most [`SAMPLE`] values, evenly spread.
pub fn sample(values: &[f32]) -> impl Iterator<Item = f32> + '_ {
    values.iter().step_by(values.len().div_ceil(SAMPLE).max(1)).copied()
}

/// The range that holds all but the outermost hundredths of the values.
pub fn outermost(raw: &[f32], train: &[f32], valid: &[f32]) -> Option<(f32, f32)> {
    let mut values: Vec<f32> = sample(raw).chain(sample(train)).filter(|v| v.is_finite()).collect();
    values.extend(sample(valid).filter(|v| v.is_finite()));
    values.sort_unstable_by(f32::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = |share: f64| values[(share * last as f64).round() as usize];
    Some((at(0.02), at(0.98)))
}

/// A range widened to round ends, so that a new extreme seldom moves everything.
pub fn rounded(lo: f64, hi: f64, log: bool) -> Scale {
    let plain = Scale::new(lo, hi, log);
    if log {
        let down = (plain.lo.log10() * 5.0).floor() / 5.0;
        let up = (plain.hi.log10() * 5.0).ceil() / 5.0;
        return Scale::new(10f64.powf(down), 10f64.powf(up), true);
    }
    let ticks = plain.ticks(8);
    let step = ticks.windows(2).map(|w| w[1] - w[0]).next().unwrap_or(plain.hi - plain.lo) / 2.0;
    if !(step > 0.0 && step.is_finite()) {
        return plain;
    }
    Scale::new((plain.lo / step).floor() * step, (plain.hi / step).ceil() * step, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_get_round_ends() {
        let y = rounded(0.113, 0.987, false);
        assert!((y.lo - 0.1).abs() < 1e-9 && (y.hi - 1.0).abs() < 1e-9, "{y:?}");
        let y = rounded(0.011, 0.9, true);
        assert!((y.lo - 0.01).abs() < 1e-9 && (y.hi - 1.0).abs() < 1e-9, "{y:?}");
        assert!(rounded(f64::INFINITY, f64::NEG_INFINITY, false).lo.is_finite());
    }

    #[test]
    fn outliers_fall_out_of_the_range() {
        let mut raw: Vec<f32> = (0..1000).map(|i| 1.0 + (i % 10) as f32 / 10.0).collect();
        raw[5] = 1e6;
        let (lo, hi) = outermost(&raw, &[], &[f32::NAN]).unwrap();
        assert!(lo >= 1.0 && hi <= 2.0);
        assert_eq!(outermost(&[], &[], &[f32::NAN]), None);
    }
}

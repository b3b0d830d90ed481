//! Axes: from values to positions, and the round numbers to write beside them.

use super::numbers;

/// One axis: the values at its two ends and how values between are spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub lo: f64,
    pub hi: f64,
    /// Equal ratios take equal distances; both ends are positive then.
    pub log: bool,
}

impl Scale {
    /// A scale over [lo, hi], widened where both are the same so that every value has a place.
    pub fn new(lo: f64, hi: f64, log: bool) -> Self {
        let (mut lo, mut hi) = if lo.is_finite() && hi.is_finite() && lo <= hi { (lo, hi) } else { (0.0, 1.0) };
        if log {
            hi = hi.max(f64::MIN_POSITIVE * 1e3);
            lo = lo.clamp(f64::MIN_POSITIVE, hi);
            if hi / lo < 1.0 + 1e-9 {
                (lo, hi) = (lo / 2.0, hi * 2.0);
            }
        } else if hi - lo <= lo.abs().max(hi.abs()) * 1e-9 {
            let pad = if lo == 0.0 { 1.0 } else { lo.abs() * 0.1 };
            (lo, hi) = (lo - pad, hi + pad);
        }
        Self { lo, hi, log }
    }

    /// Where a value lies: 0 at `lo`, 1 at `hi`, outside these beyond the ends. NaN has no place; neither has a value
    /// that is not positive on a logarithmic axis.
    pub fn place(&self, value: f64) -> Option<f64> {
        let p = if self.log {
            if value <= 0.0 {
                return None;
            }
            (value / self.lo).ln() / (self.hi / self.lo).ln()
        } else {
            (value - self.lo) / (self.hi - self.lo)
        };
        p.is_finite().then_some(p)
    }

    /// About `wanted` round values inside the axis, ascending.
    pub fn ticks(&self, wanted: usize) -> Vec<f64> {
        if self.log { log_ticks(self.lo, self.hi, wanted) } else { linear_ticks(self.lo, self.hi, wanted) }
    }

    /// The ticks in writing: on a linear axis all with as many places as tell neighbours apart.
    pub fn labels(&self, ticks: &[f64]) -> Vec<String> {
        if self.log { ticks.iter().map(|t| shortest(*t)).collect() } else { labels(ticks) }
    }
}

/// A round number without the zeros that say nothing.
fn shortest(value: f64) -> String {
    if !(1e-4..1e6).contains(&value) {
        return format!("{value:.0e}");
    }
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The step of 1, 2 or 5 times a power of ten that gives at most `wanted` intervals.
fn nice_step(span: f64, wanted: usize) -> f64 {
    let rough = span / wanted.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

fn linear_ticks(lo: f64, hi: f64, wanted: usize) -> Vec<f64> {
    let step = nice_step(hi - lo, wanted);
    if !(step > 0.0 && step.is_finite()) {
        return Vec::new();
    }
    let (first, last) = ((lo / step - 1e-9).ceil(), (hi / step + 1e-9).floor());
    let n = (last - first).clamp(-1.0, 100.0) as i64;
    (0..=n).map(|i| (first + i as f64) * step).collect()
}

fn log_ticks(lo: f64, hi: f64, wanted: usize) -> Vec<f64> {
    let decades = (hi / lo).log10();
    if decades < 0.7 {
        return linear_ticks(lo, hi, wanted).into_iter().filter(|t| *t > 0.0).collect();
    }
    let (first, last) = (lo.log10().floor() as i32, hi.log10().ceil() as i32);
    let stride = (decades / wanted.max(1) as f64).ceil().max(1.0) as usize;
    let multiples: &[f64] = match wanted as f64 / decades {
        r if r >= 3.0 => &[1.0, 2.0, 5.0],
        r if r >= 1.8 => &[1.0, 3.0],
        _ => &[1.0],
    };
    (first..=last)
        .step_by(stride)
        .flat_map(|e| multiples.iter().map(move |m| m * 10f64.powi(e)))
        .filter(|t| (lo * (1.0 - 1e-9)..=hi * (1.0 + 1e-9)).contains(t))
        .collect()
}

fn labels(ticks: &[f64]) -> Vec<String> {
    let gap = ticks.windows(2).map(|w| (w[1] - w[0]).abs()).fold(f64::INFINITY, f64::min);
    let greatest = ticks.iter().fold(0f64, |m, t| m.max(t.abs()));
    if !gap.is_finite() {
        return ticks.iter().map(|t| numbers::significant(*t, 3)).collect();
    }
    if !(1e-3..1e6).contains(&greatest) {
        return ticks.iter().map(|t| if *t == 0.0 { "0".into() } else { format!("{t:.1e}") }).collect();
    }
    // A gap of 0.1 may be a hair less by the way it was computed.
    let decimals = (-gap.log10() - 1e-6).ceil().clamp(0.0, 6.0) as usize;
    ticks.iter().map(|t| numbers::number(*t, decimals)).collect()
}

/// Ticks of a time axis in seconds: steps that divide minutes and hours.
pub fn time_ticks(lo: f64, hi: f64, wanted: usize) -> Vec<f64> {
    const STEPS: [f64; 18] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 21600.0,
        43200.0, 86400.0,
    ];
    let rough = (hi - lo) / wanted.max(1) as f64;
    let step = STEPS.into_iter().find(|s| *s >= rough).unwrap_or_else(|| 86400.0 * (rough / 86400.0).ceil());
    if !step.is_finite() {
        return Vec::new();
    }
    let first = (lo / step).ceil();
    let n = ((hi / step).floor() - first).clamp(-1.0, 100.0) as i64;
    (0..=n).map(|i| (first + i as f64) * step).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(labels(&Scale::new(0.13, 1.04, false).ticks(5)), ["0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&Scale::new(0.68, 1.44, false).ticks(8))[..2], ["0.7", "0.8"]);
        assert_eq!(labels(&Scale::new(0.0, 300.0, false).ticks(3)), ["0", "100", "200", "300"]);
        assert_eq!(labels(&Scale::new(0.3431, 0.3449, false).ticks(4)), ["0.3435", "0.3440", "0.3445"]);
    }

    #[test]
    fn log_ticks_cover_decades() {
        let scale = Scale::new(0.009, 12.0, true);
        assert_eq!(scale.labels(&scale.ticks(4)), ["0.01", "0.1", "1", "10"]);
        assert_eq!(Scale::new(0.9, 11.0, true).ticks(5).len(), 4);
    }

    #[test]
    fn one_value_still_has_a_place() {
        assert!((Scale::new(2.0, 2.0, false).place(2.0).unwrap() - 0.5).abs() < 1e-9);
        assert_eq!(Scale::new(0.0, 0.0, false).place(0.0), Some(0.5));
        assert!((Scale::new(3.0, 3.0, true).place(3.0).unwrap() - 0.5).abs() < 1e-9);
        assert_eq!(Scale::new(1.0, 10.0, true).place(-1.0), None);
        assert_eq!(Scale::new(f64::NAN, 1.0, false).place(f64::NAN), None);
    }

    #[test]
    fn time_ticks_divide_minutes() {
        assert_eq!(time_ticks(0.0, 70.0, 4), [0.0, 30.0, 60.0]);
        assert_eq!(time_ticks(0.0, 0.0, 4), [0.0]);
    }

    proptest! {
        #[test]
        fn ticks_lie_inside_ascend_and_are_few(a in -1e9f64..1e9, span in 1e-6f64..1e9, wanted in 1usize..12, log: bool) {
            let a = if log { a.abs() + 1e-6 } else { a };
            let scale = Scale::new(a, a + span, log);
            let ticks = scale.ticks(wanted);
            prop_assert!(ticks.len() <= wanted * 3 + 2, "{} ticks", ticks.len());
            prop_assert!(ticks.windows(2).all(|w| w[0] < w[1]));
            let slack = (scale.hi - scale.lo) * 1e-6 + scale.lo.abs() * 1e-8;
            prop_assert!(ticks.iter().all(|t| (scale.lo - slack..=scale.hi + slack).contains(t)), "{scale:?} {ticks:?}");
            prop_assert_eq!(labels(&ticks).len(), ticks.len());
        }
    }
}

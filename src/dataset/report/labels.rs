//! The labels of a split in figures.

use serde::Serialize;

/// Bins of a label histogram: CH-SIMS's labels, multiples of 0.2, fall into one each.
pub const BINS: usize = 11;

/// Labels of a split. Without a label the figures are NaN, null in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelReport {
    /// Clips that have one.
    pub labelled: usize,
    pub min: f32,
    pub mean: f64,
    /// Population standard deviation.
    pub deviation: f64,
    pub max: f32,
    /// Labels below, at and above 0.
    pub negative: usize,
    pub neutral: usize,
    pub positive: usize,
    pub histogram: Histogram,
}

/// Labels counted in bins of equal width over [-H, H]; the outermost bins take what lies outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Histogram {
    /// H.
    pub range: f32,
    pub counts: [usize; BINS],
}

impl LabelReport {
    /// Counts and measures labels; NaN stands for no label.
    pub fn of(labels: &[f32], range: f32) -> LabelReport {
        let labels: Vec<f32> = labels.iter().copied().filter(|y| !y.is_nan()).collect();
        let n = labels.len() as f64;
        let mean = labels.iter().map(|&y| f64::from(y)).sum::<f64>() / n;
        let variance = labels.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum::<f64>() / n;
        LabelReport {
            labelled: labels.len(),
            min: labels.iter().copied().fold(f32::NAN, f32::min),
            mean,
            deviation: variance.sqrt(),
            max: labels.iter().copied().fold(f32::NAN, f32::max),
            negative: labels.iter().filter(|&&y| y < 0.0).count(),
            neutral: labels.iter().filter(|&&y| y == 0.0).count(),
            positive: labels.iter().filter(|&&y| y > 0.0).count(),
            histogram: Histogram::of(&labels, range),
        }
    }
}

impl Histogram {
    /// Counts labels. A bin includes its lower edge; the last one includes its upper edge as well.
    pub fn of(labels: &[f32], range: f32) -> Histogram {
        let mut counts = [0; BINS];
        for &y in labels {
            let share = (f64::from(y) + f64::from(range)) / (2.0 * f64::from(range));
            // The cast gives 0 for negative numbers and for NaN.
            counts[((share * BINS as f64) as usize).min(BINS - 1)] += 1;
        }
        Histogram { range, counts }
    }

    /// Lower and upper edge of a bin.
    pub fn edges(&self, bin: usize) -> (f32, f32) {
        let edge = |i: usize| (2.0 * i as f32 / BINS as f32 - 1.0) * self.range;
        (edge(bin), edge(bin + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histograms_count_every_label_once() {
        let h = Histogram::of(&[-3.0, -2.9, 0.0, 2.9, 3.0, 7.0, -7.0], 3.0);
        assert_eq!(h.counts[0], 3);
        assert_eq!(h.counts[BINS / 2], 1);
        assert_eq!(h.counts[BINS - 1], 3);
        assert_eq!(h.counts.iter().sum::<usize>(), 7);
        assert_eq!(h.edges(0).0, -3.0);
        assert!((h.edges(BINS - 1).1 - 3.0).abs() < 1e-6);
    }

    #[test]
    fn label_figures_by_hand() {
        let r = LabelReport::of(&[-1.0, 0.0, 0.5, 0.5], 1.0);
        assert_eq!((r.min, r.max, r.negative, r.neutral, r.positive), (-1.0, 0.5, 1, 1, 2));
        assert!((r.mean - 0.0).abs() < 1e-9 && (r.deviation - 0.375f64.sqrt()).abs() < 1e-9);
        let some = LabelReport::of(&[f32::NAN, -1.0, 0.5, f32::NAN], 1.0);
        assert_eq!((some.labelled, some.min, some.max, some.mean), (2, -1.0, 0.5, -0.25));
        assert_eq!(some.histogram.counts.iter().sum::<usize>(), 2);
        let none = LabelReport::of(&[f32::NAN], 1.0);
        assert!(none.labelled == 0 && none.min.is_nan() && none.mean.is_nan());
    }
}

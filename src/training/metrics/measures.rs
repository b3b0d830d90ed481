//! What metrics are computed with: errors, correlation, accuracy and F1 of classes.

/// Mean absolute error of labels, taken as they are; `None` without samples, with unequal numbers of them, or with a value
/// that is not finite.
///
/// ```
/// use mug::training::metrics::mae;
///
/// assert_eq!(mae(&[0.5, -1.0], &[1.0, -1.0]), Some(0.25));
/// assert_eq!(mae(&[], &[]), None);
/// ```
pub fn mae(prediction: &[f32], truth: &[f32]) -> Option<f64> {
    if !comparable(prediction, truth) {
        return None;
    }
    mean(prediction.iter().zip(truth).map(|(p, t)| (f64::from(*p) - f64::from(*t)).abs()))
}

/// Pearson correlation; `None` as for [`mae`], and where either side does not vary.
pub fn pearson(prediction: &[f32], truth: &[f32]) -> Option<f64> {
    // Compared before any sum: the mean of n equal numbers need not be that number, and would leave a variance of
    // rounding errors.
    let varies = |values: &[f32]| values.iter().any(|v| *v != values[0]);
    if !comparable(prediction, truth) || !varies(prediction) || !varies(truth) {
        return None;
    }
    let centre = |values: &[f32]| mean(values.iter().map(|v| f64::from(*v)));
    let (mp, mt) = (centre(prediction)?, centre(truth)?);
    let (mut pp, mut tt, mut pt) = (0.0, 0.0, 0.0);
    for (p, t) in prediction.iter().zip(truth) {
        let (p, t) = (f64::from(*p) - mp, f64::from(*t) - mt);
        pp += p * p;
        tt += t * t;
        pt += p * t;
    }
    // Two roots: the product of the sums could leave f64's range where they do not.
    let r = pt / (pp.sqrt() * tt.sqrt());
    r.is_finite().then(|| r.clamp(-1.0, 1.0))
}

/// True where every pair can be compared; without samples there is nothing to compare, which the means then say.
pub(super) fn comparable(prediction: &[f32], truth: &[f32]) -> bool {
    prediction.len() == truth.len() && prediction.iter().chain(truth).all(|v| v.is_finite())
}

/// The share of samples whose classes are the same.
pub(super) fn accuracy(prediction: &[i8], truth: &[i8]) -> Option<f64> {
    mean(prediction.iter().zip(truth).map(|(p, t)| f64::from(u8::from(p == t))))
}

/// F1 of each of the classes 0 and 1, weighted by the class's share of the truth; a class that is never predicted counts
/// as 0.
pub(super) fn weighted_f1(prediction: &[i8], truth: &[i8]) -> Option<f64> {
    let n = truth.len();
    let f1 = |class: i8| {
        let count = |p: bool, t: bool| {
            prediction.iter().zip(truth).filter(|(a, b)| (**a == class) == p && (**b == class) == t).count() as f64
        };
        let (hit, missed) = (count(true, true), count(false, true));
        let support = hit + missed;
        // Without support the weight is 0, and the quotient might be 0 / 0.
        if support == 0.0 { 0.0 } else { support * 2.0 * hit / (2.0 * hit + missed + count(true, false)) }
    };
    (n > 0).then(|| (f1(0) + f1(1)) / n as f64)
}

/// The mean; `None` of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0usize), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / n as f64)
}

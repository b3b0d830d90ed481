//! Sentiment metrics with the field's edges and ties, so that tables compare ([the method](crate::book::method), metrics).
//!
//! Everything is decided in f32, as the field's evaluation code decides it on f32 arrays, and averaged in f64. A metric
//! without a value (no sample, zero variance, a number that is not finite) is `None`, never 0 or NaN.

use crate::config::MetricSet;
use crate::training::events::Metrics;

/// Keys of the CMU-MOSI and CMU-MOSEI tables, in their order.
const MOSI_KEYS: [&str; 8] = ["mae", "pearson", "acc7", "acc5", "acc2_has0", "f1_has0", "acc2_non0", "f1_non0"];

/// Keys of the CH-SIMS tables, in their order.
const SIMS_KEYS: [&str; 6] = ["mae", "pearson", "acc2", "f1", "acc3", "acc5"];

/// Upper edges of the CH-SIMS bins but the last, which holds the rest: values are clipped to [-1, 1] beforehand, and
/// the field's outer edges of ±1.01 lie outside of that.
const SIMS_RANGE: f32 = 1.0;
const SIMS_2: [f32; 1] = [0.0];
const SIMS_3: [f32; 2] = [-0.1, 0.1];
const SIMS_5: [f32; 4] = [-0.7, -0.1, 0.1, 0.7];

/// Keys of the metrics of a set, in the order in which the field's tables show them.
pub fn keys(set: MetricSet) -> &'static [&'static str] {
    match set {
        MetricSet::Mosi => &MOSI_KEYS,
        MetricSet::Sims => &SIMS_KEYS,
    }
}

/// How tables print a key; a key of no set is printed as "?".
pub fn label(key: &str) -> &'static str {
    match key {
        "mae" => "MAE",
        "pearson" => "r",
        "acc7" => "Acc7",
        "acc5" => "Acc5",
        "acc3" => "Acc3",
        "acc2" => "Acc2",
        "f1" => "F1",
        "acc2_has0" => "Acc2 has0",
        "f1_has0" => "F1 has0",
        "acc2_non0" => "Acc2 non0",
        "f1_non0" => "F1 non0",
        _ => "?",
    }
}

/// True for metrics of which less is better: errors and losses. All others grow with quality.
pub fn lower_is_better(key: &str) -> bool {
    key == "mae"
}

/// All metrics of a set: the keys are always those of [`keys`].
///
/// All are undefined where a prediction or a truth is not finite, and where the two differ in number: a table that
/// left such samples out would flatter the run.
pub fn evaluate(set: MetricSet, prediction: &[f32], truth: &[f32]) -> Metrics {
    let comparable = comparable(prediction, truth);
    let value = |key: &str| {
        if !comparable {
            return None;
        }
        match (key, set) {
            ("mae", _) => mean_error(set, prediction, truth),
            (_, MetricSet::Mosi) => mosi(key, prediction, truth),
            (_, MetricSet::Sims) => sims(key, &clipped(prediction, SIMS_RANGE), &clipped(truth, SIMS_RANGE)),
        }
    };
    keys(set).iter().map(|key| ((*key).to_owned(), value(key))).collect()
}

/// The set whose tables show these keys; one of other keys counts as CMU-MOSI's, which takes predictions as they are.
pub fn set_of(keys: &[String]) -> MetricSet {
    if keys.iter().eq(SIMS_KEYS.iter()) { MetricSet::Sims } else { MetricSet::Mosi }
}

/// |ŷ - y| as a set's tables count it: CH-SIMS's clip both to its labels' range, [-1, 1], CMU-MOSI's take ŷ as it is.
/// NaN where one of them is.
pub fn error(set: MetricSet, prediction: f32, truth: f32) -> f64 {
    let counted = |v: f32| match set {
        MetricSet::Mosi => f64::from(v),
        MetricSet::Sims => f64::from(v.clamp(-SIMS_RANGE, SIMS_RANGE)),
    };
    (counted(prediction) - counted(truth)).abs()
}

/// The MAE of predictions of y, as [`evaluate`] has it: the mean of [`error`]; `None` as for [`mae`].
pub fn mean_error(set: MetricSet, prediction: &[f32], truth: &[f32]) -> Option<f64> {
    if !comparable(prediction, truth) {
        return None;
    }
    mean(prediction.iter().zip(truth).map(|(p, t)| error(set, *p, *t)))
}

/// Mean absolute error of labels, taken as they are; `None` without samples, with unequal numbers of them, or with a value that is not finite.
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

fn mosi(key: &str, p: &[f32], t: &[f32]) -> Option<f64> {
    let rounded = |values: &[f32], limit: f32| -> Vec<i8> {
        values.iter().map(|v| v.clamp(-limit, limit).round_ties_even() as i8).collect()
    };
    let has0 = |values: &[f32]| -> Vec<i8> { values.iter().map(|v| i8::from(*v >= 0.0)).collect() };
    let non0 = |values: &[f32]| -> Vec<i8> {
        values.iter().zip(t).filter(|(_, t)| **t != 0.0).map(|(v, _)| i8::from(*v > 0.0)).collect()
    };
    match key {
        "pearson" => pearson(p, t),
        "acc7" => accuracy(&rounded(p, 3.0), &rounded(t, 3.0)),
        "acc5" => accuracy(&rounded(p, 2.0), &rounded(t, 2.0)),
        "acc2_has0" => accuracy(&has0(p), &has0(t)),
        "f1_has0" => weighted_f1(&has0(p), &has0(t)),
        "acc2_non0" => accuracy(&non0(p), &non0(t)),
        "f1_non0" => weighted_f1(&non0(p), &non0(t)),
        _ => None,
    }
}

/// `p` and `t` are clipped already.
fn sims(key: &str, p: &[f32], t: &[f32]) -> Option<f64> {
    match key {
        "pearson" => pearson(p, t),
        "acc2" => accuracy(&binned(p, &SIMS_2), &binned(t, &SIMS_2)),
        "f1" => weighted_f1(&binned(p, &SIMS_2), &binned(t, &SIMS_2)),
        "acc3" => accuracy(&binned(p, &SIMS_3), &binned(t, &SIMS_3)),
        "acc5" => accuracy(&binned(p, &SIMS_5), &binned(t, &SIMS_5)),
        _ => None,
    }
}

/// True where every pair can be compared; without samples there is nothing to compare, which the means then say.
fn comparable(prediction: &[f32], truth: &[f32]) -> bool {
    prediction.len() == truth.len() && prediction.iter().chain(truth).all(|v| v.is_finite())
}

fn clipped(values: &[f32], limit: f32) -> Vec<f32> {
    values.iter().map(|v| v.clamp(-limit, limit)).collect()
}

/// The bin of each value; bins are open on the left and closed on the right, so a value on an edge falls below it.
fn binned(values: &[f32], edges: &[f32]) -> Vec<i8> {
    values.iter().map(|v| edges.iter().filter(|edge| *v > **edge).count() as i8).collect()
}

fn accuracy(prediction: &[i8], truth: &[i8]) -> Option<f64> {
    mean(prediction.iter().zip(truth).map(|(p, t)| f64::from(u8::from(p == t))))
}

/// F1 of each class, weighted by the class's share of the truth; a class that is never predicted counts as 0.
fn weighted_f1(prediction: &[i8], truth: &[i8]) -> Option<f64> {
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

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0usize), |(sum, n), v| (sum + v, n + 1));
    (n > 0).then(|| sum / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected numbers of `as_numpy_and_sklearn_have_it` were printed by numpy 2, scipy 1 and scikit-learn 1:
    //
    //   f = np.float32
    //   def mosi(p, t):
    //       p, t = np.array(p, f), np.array(t, f); n = t != 0
    //       a = lambda c: np.mean(np.round(np.clip(p, -c, c)) == np.round(np.clip(t, -c, c)))
    //       two = lambda g, b: (accuracy_score(g, b), f1_score(g, b, average="weighted"))
    //       return [np.mean(np.abs(p.astype("f8") - t)), pearsonr(p.astype("f8"), t.astype("f8"))[0], a(3), a(2),
    //               *two(t >= 0, p >= 0), *two(t[n] > 0, p[n] > 0)]
    //   def sims(p, t):
    //       p, t = np.clip(np.array(p, f), -1, 1), np.clip(np.array(t, f), -1, 1)
    //       def b(x, ms):
    //           o = x.copy()
    //           for i in range(len(ms) - 1): o[np.logical_and(x > ms[i], x <= ms[i + 1])] = i
    //           return o
    //       e = [[-1.01, 0, 1.01], [-1.01, -.1, .1, 1.01], [-1.01, -.7, -.1, .1, .7, 1.01]]
    //       a = [np.mean(b(p, m) == b(t, m)) for m in e]
    //       return [np.mean(np.abs(p.astype("f8") - t)), pearsonr(p.astype("f8"), t.astype("f8"))[0],
    //               a[0], f1_score(b(t, e[0]), b(p, e[0]), average="weighted"), a[1], a[2]]
    //   k = np.arange(200); m = (k * 53 % 61 - 30) / 10; s = (k * 53 % 11 - 5) / 5
    //   mosi(P, T), sims(Q, R), mosi(m * .75 + (k * 37 % 41 - 20) / 16, m), sims(s * .75 + (k * 37 % 41 - 20) / 40, s),
    //   sims((k * 37 % 45 - 22) / 20, s)
    const P: [f32; 16] = [-0.5, 0.5, 1.5, 2.5, -1.5, -2.5, 3.5, -4.0, 0.0, -0.0, 0.2, -0.2, 1.0, 2.4, -0.6, 0.1];
    const T: [f32; 16] = [0.0, 1.0, 2.0, 2.0, -2.0, -3.0, 3.0, -3.0, 0.0, 0.4, -0.0, 0.6, -1.0, 2.6, 0.0, 0.5];
    const Q: [f32; 16] =
        [-0.1, 0.1, 0.7, -0.7, 0.0, -0.0, 0.10000001, -0.70000005, -0.1, 1.3, -1.2, 0.7, 0.05, -0.9, 0.3, 0.71];
    const R: [f32; 16] = [-0.2, 0.0, 0.8, -0.8, 0.2, 0.0, 0.1, -0.7, -0.10000001, 1.0, -1.0, 0.8, -0.4, 0.6, 0.3, 0.7];

    fn grid(f: impl Fn(f64) -> f64) -> Vec<f32> {
        (0..200).map(|k| f(f64::from(k)) as f32).collect()
    }

    fn check(set: MetricSet, prediction: &[f32], truth: &[f32], expected: &[f64]) {
        let found = evaluate(set, prediction, truth);
        assert_eq!(found.len(), expected.len());
        for (key, expected) in keys(set).iter().zip(expected) {
            let found = found[*key].unwrap();
            assert!((found - expected).abs() < 1e-12, "{key}: {found}, expected {expected}");
        }
    }

    #[test]
    fn as_numpy_and_sklearn_have_it() {
        let m = |k: f64| ((k * 53.0) % 61.0 - 30.0) / 10.0;
        let s = |k: f64| ((k * 53.0) % 11.0 - 5.0) / 5.0;
        let wave = |k: f64| (k * 37.0) % 41.0 - 20.0;
        let (five, wide) = (
            [0.5687499917112291, 0.9202275258240339, 0.625, 0.75, 0.75, 0.7636363636363637, 0.75, 0.7555555555555555],
            [0.7051250071451068, 0.8779334207365675, 0.445, 0.53, 0.85, 0.85, 0.8578680203045685, 0.8578680203045685],
        );
        check(MetricSet::Mosi, &P, &T, &five);
        check(MetricSet::Mosi, &grid(|k| m(k) * 0.75 + wave(k) / 16.0), &grid(m), &wide);
        let edges = [0.16625000932253897, 0.7744119628283401, 0.75, 0.75, 0.75, 0.5625];
        check(MetricSet::Sims, &Q, &R, &edges);
        let near = [0.27800000269897285, 0.8464211695034537, 0.83, 0.8303405448717948, 0.76, 0.505];
        check(MetricSet::Sims, &grid(|k| s(k) * 0.75 + wave(k) / 40.0), &grid(s), &near);
        let far = [0.7915000054612755, -0.07294470824278469, 0.44, 0.44112280701754386, 0.375, 0.195];
        check(MetricSet::Sims, &grid(|k| ((k * 37.0) % 45.0 - 22.0) / 20.0), &grid(s), &far);
    }

    #[test]
    fn halves_round_to_even() {
        // Rounded: 0, 0, 2, 2, 0, -2, -2 -> each beside the neighbour that rounding away from zero would give.
        let p = [0.5, -0.5, 1.5, 2.5, -0.0, -1.5, -2.5];
        assert_eq!(evaluate(MetricSet::Mosi, &p, &[0.0, 0.0, 2.0, 2.0, 0.0, -2.0, -2.0])["acc7"], Some(1.0));
        assert_eq!(evaluate(MetricSet::Mosi, &p, &[1.0, -1.0, 1.0, 3.0, 1.0, -1.0, -3.0])["acc7"], Some(0.0));
        // Acc5 cannot tell 2.5 from 3, Acc7 can.
        let found = evaluate(MetricSet::Mosi, &[2.5, -9.0], &[3.0, -2.0]);
        assert_eq!((found["acc7"], found["acc5"]), (Some(0.0), Some(1.0)));
    }

    #[test]
    fn zero_is_positive_with_zeros_and_left_out_without() {
        let found = evaluate(MetricSet::Mosi, &[0.0, -0.0, -0.1, 0.0], &[0.0, 0.5, 0.0, 1.0]);
        // has0: truth + + + +, predicted + + - +. F1 of + is 6/7, of weight 1.
        assert_eq!(found["acc2_has0"], Some(0.75));
        assert!((found["f1_has0"].unwrap() - 6.0 / 7.0).abs() < 1e-15);
        // non0: two rows are left, both predicted as not positive; the class that is never predicted counts as 0.
        assert_eq!((found["acc2_non0"], found["f1_non0"]), (Some(0.0), Some(0.0)));
    }

    #[test]
    fn f1_is_weighted_by_the_truth() {
        // Truth - - - +, predicted - - + +: F1 of - is 4/5 (weight 3/4), of + is 2/3 (weight 1/4).
        let found = evaluate(MetricSet::Sims, &[-0.5, -0.5, 0.5, 0.5], &[-0.5, -0.5, -0.5, 0.5]);
        assert!((found["f1"].unwrap() - (0.75 * 0.8 + 0.25 * 2.0 / 3.0)).abs() < 1e-15);
    }

    #[test]
    fn sims_bins_are_closed_on_the_right_and_clip_first() {
        // Neutral counts as negative; an edge belongs to the bin below it, the next f32 to the one above.
        assert_eq!(evaluate(MetricSet::Sims, &[0.0, -0.0], &[-1.0, -0.2])["acc2"], Some(1.0));
        for edge in SIMS_5 {
            let above = f32::from_bits(if edge > 0.0 { edge.to_bits() + 1 } else { edge.to_bits() - 1 });
            assert_eq!(evaluate(MetricSet::Sims, &[edge], &[edge - 0.05])["acc5"], Some(1.0), "{edge}");
            assert_eq!(evaluate(MetricSet::Sims, &[above], &[edge])["acc5"], Some(0.0), "{edge}");
            assert_eq!(evaluate(MetricSet::Sims, &[above], &[edge + 0.05])["acc5"], Some(1.0), "{edge}");
        }
        let found = evaluate(MetricSet::Sims, &[7.0, -7.0, 0.0], &[1.0, -1.0, 0.0]);
        assert_eq!((found["mae"], found["acc5"]), (Some(0.0), Some(1.0)));
        assert!(found["pearson"].is_some_and(|r| r > 1.0 - 1e-12));
        // The MOSI set leaves MAE and r unclipped.
        assert_eq!(evaluate(MetricSet::Mosi, &[7.0, -7.0], &[1.0, -1.0])["mae"], Some(6.0));
    }

    #[test]
    fn undefined_is_none_and_nothing_panics() {
        let none = |set, p: &[f32], t: &[f32]| {
            let found = evaluate(set, p, t);
            found.len() == keys(set).len() && found.values().all(Option::is_none)
        };
        for set in [MetricSet::Mosi, MetricSet::Sims] {
            assert!(none(set, &[], &[]));
            assert!(none(set, &[f32::NAN, 1.0], &[0.0, 1.0]));
            assert!(none(set, &[0.5, 1.0], &[f32::INFINITY, 1.0]));
            assert!(none(set, &[0.5], &[0.5, 1.0]));
            // No variance: r alone is undefined.
            let found = evaluate(set, &[0.1; 7], &[0.3, 0.1, 0.2, -0.4, 0.5, 0.6, 0.7]);
            assert_eq!(found["pearson"], None);
            assert!(found.iter().all(|(key, value)| key == "pearson" || value.is_some()));
        }
        // Only zeros: what leaves zeros out is undefined, the rest is not.
        let found = evaluate(MetricSet::Mosi, &[0.1, 0.2], &[0.0, -0.0]);
        assert_eq!((found["acc2_non0"], found["f1_non0"], found["acc2_has0"]), (None, None, Some(1.0)));
        assert_eq!(pearson(&[1.0], &[1.0]), None);
        // Squares of these leave f64's range on neither side.
        assert!(pearson(&[1e38, -1e38, 3e38], &[1e-38, -1e-38, 3e-38]).is_some_and(|r| r > 0.999));
    }

    #[test]
    fn there_is_one_error_of_a_prediction_in_each_set() {
        let (p, t) = ([1.25, -0.5, 0.25], [1.0, 0.5, -1.5]);
        for (set, errors) in [(MetricSet::Mosi, [0.25, 1.0, 1.75]), (MetricSet::Sims, [0.0, 1.0, 1.25])] {
            assert_eq!([0, 1, 2].map(|i| error(set, p[i], t[i])), errors);
            let mean = errors.iter().sum::<f64>() / 3.0;
            assert_eq!((mean_error(set, &p, &t), evaluate(set, &p, &t)["mae"]), (Some(mean), Some(mean)));
            assert_eq!(set_of(&keys(set).iter().map(|k| (*k).to_owned()).collect::<Vec<_>>()), set);
        }
        assert!(error(MetricSet::Sims, f32::NAN, 0.0).is_nan());
        assert_eq!((mean_error(MetricSet::Sims, &[], &[]), set_of(&[])), (None, MetricSet::Mosi));
    }

    #[test]
    fn every_key_has_a_label() {
        for key in keys(MetricSet::Mosi).iter().chain(keys(MetricSet::Sims)) {
            assert_ne!(label(key), "?", "{key}");
            assert_eq!(lower_is_better(key), *key == "mae");
        }
        assert_eq!(label("acc2_non0"), "Acc2 non0");
    }
}

//! Metrics against numbers that numpy, scipy and scikit-learn print, and by hand.

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
    for (Metric { key, .. }, expected) in list(set).iter().zip(expected) {
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
    for edge in sims::EDGES_5 {
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
        found.len() == list(set).len() && found.values().all(Option::is_none)
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
        assert_eq!(set_of(&list(set).iter().map(|m| m.key.to_owned()).collect::<Vec<_>>()), set);
    }
    assert!(error(MetricSet::Sims, f32::NAN, 0.0).is_nan());
    assert_eq!((mean_error(MetricSet::Sims, &[], &[]), set_of(&[])), (None, MetricSet::Mosi));
}

#[test]
fn metrics_are_named_as_the_field_names_them() {
    let names = ["mae", "pearson", "acc2_non0", "f1", "acc7", "a_cord"].map(name);
    assert_eq!(names, ["MAE", "Pearson r", "Acc2 (non0)", "F1", "Acc7", "a cord"]);
}

#[test]
fn a_key_says_the_same_in_both_sets() {
    for metric in list(MetricSet::Sims) {
        let found = find(metric.key).unwrap();
        assert_eq!((found.name, found.better, found.unit), (metric.name, metric.better, metric.unit));
    }
}

#[test]
fn a_set_is_known_by_fewer_metrics_than_it_has_now() {
    let of = |keys: &[&str]| set_of(&keys.iter().map(|k| (*k).to_owned()).collect::<Vec<_>>());
    assert_eq!((of(&["mae", "acc2"]), of(&["acc3"])), (MetricSet::Sims, MetricSet::Sims));
    assert_eq!(
        (of(&["mae"]), of(&["acc3", "acc7"]), of(&["mae", "new"])),
        (MetricSet::Mosi, MetricSet::Mosi, MetricSet::Mosi)
    );
}

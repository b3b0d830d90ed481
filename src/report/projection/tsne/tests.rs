//! Pictures of points that lie in groups.

use super::super::pca::Pca;
use super::*;

/// Four clusters in 8 dimensions, made from whole numbers, so that any language makes the same.
fn blobs(n: u64) -> Vec<f32> {
    let value = |i: u64, j: u64| {
        let rest = (i * i * 31 + i * 17 * (j + 1) + j * j * 57 + 3 * i * j * j + i * i * i * j) % 1009;
        (rest as f64 / 1009.0 - 0.5) as f32 + if i % 4 == j { 1.5 } else { 0.0 }
    };
    (0..n).flat_map(|i| (0..8).map(move |j| value(i, j))).collect()
}

fn lay_out(values: &[f32], options: &Options) -> (Tsne, Vec<f64>) {
    let start = Pca::fit(values, 8).unwrap().project(values);
    let mut divergences = Vec::new();
    let tell = |p: Progress| divergences.extend(p.divergence);
    let done = embed(values, 8, &start, options, &AtomicBool::new(false), tell).unwrap();
    (done, divergences)
}

fn nearest(i: usize, n: usize, apart: impl Fn(usize, usize) -> f32, k: usize) -> Vec<usize> {
    let mut others: Vec<usize> = (0..n).filter(|j| *j != i).collect();
    others.sort_by(|a, b| apart(i, *a).total_cmp(&apart(i, *b)));
    others.truncate(k);
    others
}

#[test]
fn as_near_to_the_data_as_scikit_learn() {
    let values = blobs(200);
    let (done, divergences) = lay_out(&values, &Options::default());
    // scikit-learn 1.9.1, numpy 2.4.6: TSNE(2, method="exact", init="pca", learning_rate="auto", perplexity=30,
    // max_iter=1000).fit(blobs).kl_divergence_
    let theirs = 0.261_948;
    assert!((done.divergence - theirs).abs() < 0.03 * theirs, "{} against {theirs}", done.divergence);
    let late = &divergences[300..];
    assert!(late.windows(2).all(|w| w[1] <= w[0] + 1e-3), "it falls once nothing is exaggerated");
    assert!(divergences[60] > 1.2 * done.divergence);
    assert_eq!(done.perplexity, 30.0);
}

#[test]
fn clusters_and_neighbours_stay_together() {
    let values = blobs(200);
    let (done, _) = lay_out(&values, &Options { rounds: 400, ..Options::default() });
    let low = |i: usize, j: usize| {
        let (a, b) = (done.places[i], done.places[j]);
        (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
    };
    let high = |i: usize, j: usize| apart(&values[i * 8..i * 8 + 8], &values[j * 8..j * 8 + 8]);
    let (mut kept, mut same) = (0, 0);
    for i in 0..200 {
        let (own, was) = (nearest(i, 200, low, 10), nearest(i, 200, high, 10));
        kept += own.iter().filter(|j| was.contains(j)).count();
        same += own.iter().filter(|j| **j % 4 == i % 4).count();
    }
    assert!(same >= 1980, "{same} of 2000 neighbours are of the same cluster");
    assert!(kept >= 1000, "{kept} of 2000 neighbours were neighbours before");
}

#[test]
fn the_same_on_one_thread_and_on_three() {
    let values = blobs(100);
    let options = Options { rounds: 60, ..Options::default() };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| lay_out(&values, &options).0.places)
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn it_ends_when_it_is_cancelled() {
    let values = blobs(100);
    let start = Pca::fit(&values, 8).unwrap().project(&values);
    let cancel = AtomicBool::new(false);
    let mut last = 0;
    let tell = |p: Progress| {
        last = p.done;
        cancel.store(p.done >= 17, Ordering::Relaxed);
    };
    let ended = embed(&values, 8, &start, &Options::default(), &cancel, tell);
    assert!(matches!(ended, Err(ProjectionError::Cancelled)));
    assert_eq!(last, 17);
}

#[test]
fn hostile_points_give_finite_places() {
    let same = vec![0.25; 20 * 8];
    let mut huge = blobs(20);
    huge.iter_mut().for_each(|v| *v *= f32::MAX / 4.0);
    let mut far = blobs(20);
    far[3] = 1e30;
    for values in [same, huge, far, vec![0.0; 9 * 8]] {
        let (done, _) = lay_out(&values, &Options { rounds: 300, ..Options::default() });
        assert!(done.places.iter().flatten().all(|v| v.is_finite()) && done.divergence.is_finite());
    }
    let few = embed(&[0.0; 16], 8, &[[0.0; 2]; 2], &Options::default(), &AtomicBool::new(false), |_| {});
    assert!(matches!(few, Err(ProjectionError::TooFew { found: 2, .. })));
}

//! Laying h and z out in the plane: principal components of as many points as a picture shows, and t-SNE, whose cost
//! grows with their square. 64 dimensions; t-SNE on all cores (the console gives it half).

use std::sync::atomic::AtomicBool;

use criterion::{Criterion, criterion_group, criterion_main};
use mug::report::projection::MOST_POINTS;
use mug::report::projection::pca::Pca;
use mug::report::projection::tsne::{Options, embed};

const DIM: usize = 64;

/// Two clouds with some structure, made from whole numbers.
fn points(n: usize) -> Vec<f32> {
    let value = |i: usize, k: usize| {
        let noise = ((i * i * 31 + i * 17 * (k + 1) + k * k * 57 + i * k * 7) % 1009) as f32 / 1009.0 - 0.5;
        noise + if k == 0 { (i % 2) as f32 * 2.0 } else { ((i / 2) as f32 * 0.01 * k as f32).sin() * 0.3 }
    };
    (0..n).flat_map(|i| (0..DIM).map(move |k| value(i, k))).collect()
}

fn projection(c: &mut Criterion) {
    let all = points(MOST_POINTS);
    c.bench_function("PCA of 8192 points", |b| {
        b.iter(|| Pca::fit(&all, DIM).map(|pca| pca.project(&all).len()));
    });
    let mut group = c.benchmark_group("t-SNE");
    group.sample_size(10);
    for n in [500, 1000, 2000] {
        let some = points(n);
        let Ok(start) = Pca::fit(&some, DIM).map(|pca| pca.project(&some)) else { return };
        group.bench_function(format!("{n} points"), |b| {
            let never = AtomicBool::new(false);
            b.iter(|| embed(&some, DIM, &start, &Options::default(), &never, |_| {}).map(|done| done.divergence));
        });
    }
}

criterion_group!(benches, projection);
criterion_main!(benches);

//! Seconds of one short run of each stage on the demo, on the CPU: `cargo bench`.

#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mug::dataset::{Dataset, Source};
use mug::training::events::{Body, Stage};
use support::epochs::{one_epoch, trained};

fn stages(c: &mut Criterion) {
    let settings = one_epoch();
    let dataset = Arc::new(
        Dataset::open(&Source::Demo { seed: 1, disagreement: mug::dataset::demo::DISAGREEMENT }, &settings.data)
            .expect("the demo"),
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut group = c.benchmark_group("one epoch of the demo, 1000 clips");
    group.sample_size(10);
    for stage in Stage::ALL {
        // Earlier stages' results stay in the folder; only this stage is trained again.
        group.bench_function(stage.name(), |b| {
            let again = || {
                // A stage whose result is there is not trained again.
                let _ = std::fs::remove_file(folder.path().join(format!("{stage}.bpk")));
            };
            let run = |()| {
                let events = trained(&dataset, &settings, &[stage], folder.path());
                let steps = events.iter().filter(|e| matches!(e.body, Body::Step { .. })).count();
                assert_eq!(steps, 32, "the stage was not trained");
            };
            b.iter_batched(again, run, BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);

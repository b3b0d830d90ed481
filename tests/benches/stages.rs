//! Seconds of one short run of each stage on the demo, on the CPU: `cargo bench`.

use std::sync::Arc;
use std::sync::mpsc::channel;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use mug::config::Settings;
use mug::dataset::{Dataset, Source};
use mug::device::{DeviceRequest, choose};
use mug::training::control::Control;
use mug::training::events::{Body, Event, Stage};
use mug::training::{Job, train};

fn stages(c: &mut Criterion) {
    let sets = ["contrastive.epochs=1", "denoising.epochs=1", "joint.epochs=1"].map(str::to_owned);
    let settings = Settings::parse(mug::config::BUILT_IN[0].1, "configs/demo.toml", &sets).expect("shipped settings");
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
                let job = Job {
                    text: None,
                    settings: settings.clone(),
                    stages: vec![stage],
                    dataset: dataset.clone(),
                    device: choose(DeviceRequest::Cpu).expect("the CPU"),
                    checkpoints: folder.path().to_owned(),
                    resume: false,
                };
                let (sender, events) = channel::<Event>();
                train(job, &Control::new(), &sender).expect("training");
                drop(sender);
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

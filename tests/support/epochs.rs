//! Short training by the demo's settings, for benchmarks.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

use mug::config::Settings;
use mug::dataset::Dataset;
use mug::device::{DeviceRequest, choose};
use mug::training::control::Control;
use mug::training::events::{Event, Stage};
use mug::training::{Job, train};

/// The demo's settings, with one epoch a stage.
pub fn one_epoch() -> Settings {
    let sets = ["contrastive.epochs=1", "denoising.epochs=1", "joint.epochs=1"].map(str::to_owned);
    Settings::parse(mug::config::BUILT_IN[0].1, "configs/demo.toml", &sets).unwrap()
}

/// What a run of these stages on the CPU tells, with all that a run does beside: validation, labels, pictures, checkpoints
/// in `folder`.
pub fn trained(dataset: &Arc<Dataset>, settings: &Settings, stages: &[Stage], folder: &Path) -> Vec<Event> {
    let job = Job {
        text: None,
        settings: settings.clone(),
        stages: stages.to_vec(),
        dataset: dataset.clone(),
        device: choose(DeviceRequest::Cpu).unwrap(),
        checkpoints: folder.to_owned(),
        resume: false,
    };
    let (sender, events) = channel();
    train(job, &Control::new(), &sender).unwrap();
    drop(sender);
    events.iter().collect()
}

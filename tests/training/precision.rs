//! A BERT that is trained on a GPU: as on the CPU in single precision, and in mixed precision by a scaled loss in f16.

use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use mug::config::Precision;
use mug::config::Settings;
use mug::dataset::Dataset;
use mug::dataset::tokens::Tokens;
use mug::device::{ComputeDevice, DeviceRequest, choose};
use mug::model::bert::precision::supported;
use mug::split::PerSplit;
use mug::training::control::Control;
use mug::training::events::{Body, Command, Event, Stage};
use mug::training::text::prepare;
use mug::training::{Job, Outcome, train};
use mug::weights::Weights;

use crate::checkpoints::Doing;
use crate::stages::{cpu, job, record};
use crate::support::clips::demo_clips;

const WEIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/bert/small");

/// 14 clips to train on and 7 in the other splits, of 3 to 7 tokens each.
fn clips() -> Dataset {
    let clips = Arc::into_inner(demo_clips(14, 7, &Settings::default(), |_| {})).unwrap();
    let tokens = |count: u32| {
        let mut tokens = Tokens::default();
        for clip in 0..count {
            let length = 3 + clip % 5;
            let ids: Vec<u32> = (0..length).map(|at| (7 * clip + 3 * at) % 20).collect();
            tokens.push(&ids, &vec![0; ids.len()]);
        }
        tokens
    };
    clips.with_tokens(PerSplit { train: tokens(14), valid: tokens(7), test: tokens(7) })
}

fn tuned(set: &str, device: ComputeDevice, folder: &Path, resume: bool) -> Job {
    let set = format!(
        "model.text.encoder=bert model.text.weights={WEIGHTS} model.dropout=0 training.batch_size=7 \
         denoising.members=1 contrastive.patience=0 {set}"
    );
    let weights = Weights::find(WEIGHTS).unwrap();
    let job = job(&Arc::new(clips()), &set, device, folder, resume);
    let (dataset, text) =
        prepare(clips(), &job.settings.model.text, &weights, &job.device.device, &mut |_, _| ()).unwrap();
    Job { dataset: Arc::new(dataset), text: Some(text), stages: vec![Stage::Contrastive], ..job }
}

/// All events of a run to its end.
fn events(job: Job) -> Vec<Event> {
    let (sender, events) = channel::<Event>();
    assert_eq!(train(job, &Control::new(), &sender).unwrap(), Outcome::Finished);
    drop(sender);
    events.iter().collect()
}

fn losses(events: &[Event]) -> Vec<f32> {
    let loss = |event: &Event| match &event.body {
        Body::Step { scalars, .. } => scalars["loss"],
        _ => None,
    };
    events.iter().filter_map(loss).collect()
}

/// What is said of the loss's scale.
fn scales(events: &[Event]) -> Vec<String> {
    let message = |event: &Event| match &event.body {
        Body::Log { message, .. } if message.contains("loss scale") => Some(message.clone()),
        _ => None,
    };
    events.iter().filter_map(message).collect()
}

/// The GPU to test on, where it computes in this precision.
fn gpu(precision: Precision) -> Option<ComputeDevice> {
    let required = |why: &str| {
        assert!(!std::env::var("MUG_TEST_REQUIRE").is_ok_and(|r| r.contains("gpu")), "{why}");
        println!("skipped: {why}");
    };
    let gpu = match choose(DeviceRequest::Gpu) {
        Ok(gpu) => gpu,
        Err(why) => {
            required(&why.to_string());
            return None;
        }
    };
    if supported(&gpu.device).contains(&precision) {
        return Some(gpu);
    }
    println!("skipped: {} does not compute in {}", gpu.name, precision.name());
    None
}

#[test]
fn half_precision_is_refused_on_the_cpu_before_anything_is_trained() {
    for precision in ["bf16", "f16"] {
        let folder = tempfile::tempdir().unwrap();
        let job = tuned(&format!("training.precision={precision}"), cpu(), folder.path(), false);
        let (sender, events) = channel::<Event>();
        let error = train(job, &Control::new(), &sender).unwrap_err().to_string();
        drop(sender);
        assert!(error.contains(&format!("training.precision = \"{precision}\"")), "{error}");
        assert!(error.contains("found CPU (flex), which computes in f32; "), "{error}");
        assert!(error.contains("--set training.precision=f32"), "{error}");
        assert_eq!(events.iter().count(), 0);
    }
}

#[test]
fn a_run_on_wgpu_agrees_with_one_on_the_cpu() {
    let Some(gpu) = gpu(Precision::F32) else { return };
    let of = |device: ComputeDevice| {
        let folder = tempfile::tempdir().unwrap();
        losses(&events(tuned("", device, folder.path(), false)))
    };
    // From the second loss on these are of weights that steps on either device have made.
    let (cpu, gpu) = (of(cpu()), of(gpu));
    let off = cpu.iter().zip(&gpu).map(|(a, b)| (a - b).abs() / a.abs()).fold(0.0, f32::max);
    println!("the losses of {} steps are off by at most {off:.1e} of them", cpu.len());
    assert!((cpu.len(), gpu.len()) == (4, 4) && off < 2e-4, "{cpu:?} against {gpu:?}");
    assert!(cpu.iter().any(|loss| *loss != cpu[0]));
}

#[test]
fn a_run_in_half_precision_stays_beside_one_in_single_precision() {
    for precision in [Precision::F16, Precision::Bf16] {
        let Some(gpu) = gpu(precision) else { continue };
        let of = |set: &str| {
            let folder = tempfile::tempdir().unwrap();
            events(tuned(set, gpu.clone(), folder.path(), false))
        };
        let half = of(&format!("training.precision={}", precision.name()));
        let (single, found) = (losses(&of("")), losses(&half));
        assert_eq!((single.len(), found.len()), (4, 4));
        assert_ne!(single, found, "nothing was computed in half precision");
        for (a, b) in single.iter().zip(&found) {
            assert!((a - b).abs() < 0.01 * a.abs(), "{precision:?}: {single:?} {found:?}");
        }
        let told = if precision == Precision::F16 { 1 } else { 0 };
        assert_eq!(scales(&half).len(), told, "{:?}", scales(&half));
    }
}

/// A loss whose gradient f16 cannot hold at first.
const STEEP: &str =
    "training.precision=f16 contrastive.epochs=4 contrastive.unimodal_weight=3000 training.gradient_clip=1";

#[test]
fn a_gradient_that_is_too_large_halves_the_scale_which_outlives_a_checkpoint() {
    let Some(gpu) = gpu(Precision::F16) else { return };
    let folder = tempfile::tempdir().unwrap();
    let whole = events(tuned(STEEP, gpu.clone(), folder.path(), false));
    let told = scales(&whole);
    assert!(told[0].contains("step 1 was skipped") && told[0].ends_with("is now 32768"), "{told:?}");
    // A step that is skipped leaves all weights as they were.
    assert!(told.len() >= 2, "{told:?}");
    let folder = tempfile::tempdir().unwrap();
    let control = Control::new();
    let act = |event: &Event, seen: &[Event]| {
        // As soon as the scale was halved twice.
        if !scales(std::slice::from_ref(event)).is_empty() && scales(seen).len() == 1 {
            control.send(Command::StopNow);
        }
    };
    let doing = Doing { seen: Mutex::default(), act };
    let stopped = train(tuned(STEEP, gpu.clone(), folder.path(), false), &control, &doing).unwrap();
    assert_eq!(stopped, Outcome::Stopped);
    let mut parts = doing.seen.into_inner().unwrap();
    assert_eq!(scales(&parts).len(), 2);
    parts.extend(events(tuned(STEEP, gpu, folder.path(), true)));
    assert_eq!(scales(&parts), told, "the scale began anew");
    assert_eq!(record(&parts).losses, record(&whole).losses);
}

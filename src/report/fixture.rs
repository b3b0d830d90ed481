//! A small run on the disk as the reports' tests see it: three stages, a value that is not finite, hostile names.

use serde_json::{Value, json};

use crate::config::Settings;
use crate::device::DeviceRequest;
use crate::modality::PerModality;
use crate::run::directory::{Manifest, RunDir};
use crate::run::labels;
use crate::run::rows::LabelRows;
use crate::split::Split;
use crate::training::events::{LabelValues, Stage};

/// Steps of each epoch, and epochs of each stage.
pub const STEPS: u64 = 5;
pub const EPOCHS: u64 = 4;

/// A run directory named `name`, without events.
pub fn empty(name: &str, overrides: &[&str]) -> (tempfile::TempDir, RunDir) {
    let root = tempfile::tempdir().unwrap();
    let sets: Vec<String> = overrides.iter().map(|s| (*s).to_owned()).collect();
    let settings = Settings::parse("", "the test's settings", &sets).unwrap();
    let manifest = Manifest {
        created: "2026-11-23T10:00:00Z".into(),
        ..Manifest::new("demo", None, DeviceRequest::Cpu, Stage::ALL.to_vec(), settings)
    };
    let dir = RunDir::create(root.path(), Some(name), &manifest).unwrap();
    (root, dir)
}

/// Writes `events.jsonl`.
pub fn write_events(dir: &RunDir, events: &[Value]) {
    let lines: String = events.iter().map(|e| format!("{e}\n")).collect();
    std::fs::write(dir.events_path(), lines).unwrap();
}

/// A finished run with labels.
pub fn finished(name: &str, overrides: &[&str]) -> (tempfile::TempDir, RunDir) {
    let (root, dir) = empty(name, overrides);
    write_events(&dir, &events());
    let n = 40;
    let y: Vec<f32> = (0..n).map(|i| (i % 11) as f32 * 0.2 - 1.0).collect();
    let shifted = |by: f32| y.iter().map(|v| (v + by).clamp(-1.0, 1.0)).collect::<Vec<f32>>();
    let three = |a, b, c| PerModality { text: shifted(a), audio: shifted(b), vision: shifted(c) };
    let ids: Vec<String> = (0..n).map(|i| format!("v$_${i}")).collect();
    let mut rows = LabelRows::default();
    rows.extend(Split::Train, &ids, &ids, &y, Some(&three(0.1, -0.1, 0.0))).unwrap();
    rows.write(&dir.rows_path()).unwrap();
    labels::write(
        &dir.path().join("labels/0000-denoising.npy"),
        &LabelValues { corrected: three(0.1, 0.2, -0.3), ..LabelValues::default() },
    )
    .unwrap();
    (root, dir)
}

/// The events of a finished run. The contrastive stage's seventh step has no loss that is a number.
pub fn events() -> Vec<Value> {
    let plan: Vec<Value> =
        Stage::ALL.iter().map(|s| json!({"stage": s, "epochs": EPOCHS, "steps_per_epoch": STEPS})).collect();
    let per = json!({"text": [1, 4], "audio": [1, 2], "vision": [1, 3]});
    let mut events = vec![json!({
        "event": "prepared", "time": 0.0, "stage": null, "epoch": 0, "step": 0, "dataset": "demo", "device": "CPU (flex)",
        "samples": {"train": 40, "valid": 0, "test": 0}, "shapes": per, "label_range": 1.0,
        "metric_keys": ["mae", "pearson", "acc2_non0", "f1"], "unimodal_labels": true, "plan": plan, "parameters": [1, 1],
    })];
    // Measured before any training, as the contrastive stage does; not all values can be.
    events.push(json!({
        "event": "epoch", "time": 0.0, "stage": "contrastive", "epoch": 0, "step": 0, "train": {}, "valid": {"loss": 1.5},
        "metrics": {"mae": 1.25, "pearson": 0.1, "acc2_non0": 0.5, "f1": null}, "seconds": 0.0, "samples_per_second": null,
        "best": false,
    }));
    let mut time = 0.0;
    for stage in Stage::ALL {
        for step in 1..=EPOCHS * STEPS {
            time += 0.25;
            let epoch = step.div_ceil(STEPS);
            let at = |body: Value| {
                let mut event = json!({"time": time, "stage": stage, "epoch": epoch, "step": step});
                event.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
                event
            };
            let loss = if stage == Stage::Contrastive && step == 7 { Value::Null } else { json!(1.0 / step as f32) };
            events.push(at(json!({"event": "step", "scalars": {"loss": loss, "task": 0.1}})));
            if step % STEPS != 0 {
                continue;
            }
            let metrics = match stage {
                Stage::Denoising => json!({}),
                _ => json!({"mae": 1.0 / epoch as f64, "pearson": 0.5, "acc2_non0": 0.75, "f1": null}),
            };
            let valid = json!({"loss": 1.0 / epoch as f32 + 0.1, "a<b>&\u{1b}": 0.5});
            events.push(at(json!({
                "event": "epoch", "train": {"loss": 0.5}, "valid": valid, "metrics": metrics, "seconds": 1.0,
                "samples_per_second": 100.0, "best": epoch == 3,
            })));
        }
        if stage == Stage::Denoising {
            let summary = json!({"mean_abs_change": 0.2, "share_moved": 0.9,
                "corrected": {"mae": 0.1, "pearson": 0.9}, "copied": {"mae": 0.2, "pearson": 0.8}});
            let three = json!({"text": summary, "audio": summary, "vision": summary});
            events.push(json!({
                "event": "labels", "time": time, "stage": stage, "epoch": EPOCHS, "step": EPOCHS * STEPS, "refresh": 0,
                "file": "labels/0000-denoising.npy",
                "summaries": {"train": three, "valid": three, "test": three},
            }));
        }
    }
    let stage = json!({"seconds": 5.0, "samples_per_second": 100.0, "train_loss": 0.5, "valid_loss": 0.4, "epochs": 4, "best_epoch": 3,
        "operations": 1_234_000_000_000u64, "peak_memory": 456_000_000});
    events.push(json!({
        "event": "finished", "time": time, "stage": null, "epoch": 0, "step": 0,
        "summary": {
            "stages": {"contrastive": stage, "denoising": stage, "joint": stage},
            "metrics": {"valid": {"mae": 0.333, "pearson": 0.5}, "test": {"mae": 0.36, "pearson": 0.45}}, "labels": null,
        },
    }));
    events
}

/// The same with learning rates: constant ones of `network`, and of `bert` a warm-up and decay over the first stage.
pub fn events_with_rates() -> Vec<Value> {
    let mut all = events();
    for event in all.iter_mut().filter(|e| e["event"] == "step") {
        let (step, first) = (event["step"].as_u64().unwrap_or_default(), event["stage"] == "contrastive");
        let mut rates = json!({});
        if step == 1 {
            rates["network"] = json!(0.001);
        }
        if first {
            rates["bert"] = json!(5e-5 * if step <= 5 { step as f64 / 5.0 } else { (20 - step) as f64 / 15.0 });
        }
        event["rates"] = rates;
    }
    all
}

/// The parameters of a stage, as its beginning tells them.
pub fn parameters(stage: Stage, parts: &[(&str, u64, u64)]) -> Value {
    let part = |(part, trained, frozen): &(&str, u64, u64)| json!({"part": part, "trained": trained, "frozen": frozen});
    let parts: Vec<Value> = parts.iter().map(part).collect();
    json!({"event": "parameters", "time": 0.0, "stage": stage, "epoch": 1, "step": 0, "parts": parts})
}

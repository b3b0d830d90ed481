//! Each sign of failure is provoked and raised; a default run raises none. And labels are judged by people's.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;

use mug::config::Settings;
use mug::device::{DeviceRequest, choose};
use mug::modality::Modality;
use mug::training::control::Control;
use mug::training::events::{Body, CheckState, Event, Level, Stage};
use mug::training::{Job, Outcome, train};

use crate::support::clips::demo_clips;
use crate::support::home::Home;

/// The failing checks after training these stages on a small part of the demo; `train` and `others` are numbers of clips.
fn failing(clips: (usize, usize), stages: &[Stage], set: &str, change: impl Fn(&mut [f32])) -> Vec<String> {
    let sets: Vec<String> = set.split_whitespace().map(str::to_owned).collect();
    let settings = Settings::parse(mug::config::BUILT_IN[0].1, "the demo's settings", &sets).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let job = Job {
        dataset: demo_clips(clips.0, clips.1, &settings, change),
        settings,
        text: None,
        stages: stages.to_vec(),
        device: choose(DeviceRequest::Cpu).unwrap(),
        checkpoints: folder.path().join("checkpoints"),
        resume: false,
    };
    let (sender, events) = channel::<Event>();
    assert_eq!(train(job, &Control::new(), &sender).unwrap(), Outcome::Finished);
    drop(sender);
    let mut last = BTreeMap::new();
    let mut warned = Vec::new();
    for event in events {
        match event.body {
            Body::Health { checks } => {
                for c in checks {
                    let name = c.modality.map_or(c.name.clone(), |m| format!("{} {m}", c.name));
                    assert!(c.value.is_none_or(f64::is_finite) && !c.meaning.is_empty() && !c.advice.is_empty());
                    last.insert((c.stage, name), c.state);
                }
            }
            Body::Log { level: Level::Warning, message } => warned.push(message),
            _ => {}
        }
    }
    let failing: Vec<String> =
        last.into_iter().filter(|(_, s)| *s == CheckState::Failing).map(|((_, name), _)| name).collect();
    for name in &failing {
        assert!(warned.iter().any(|w| w.contains(name)), "no warning of {name} in {warned:?}");
    }
    failing
}

const FIRST_TWO: [Stage; 2] = [Stage::Contrastive, Stage::Denoising];

#[test]
fn without_noise_the_corrector_is_the_identity() {
    let found = failing(
        (400, 100),
        &FIRST_TWO,
        "contrastive.epochs=3 denoising.epochs=30 denoising.corruption={gaussian=0.0}",
        |_| {},
    );
    for m in Modality::ALL {
        assert!(found.contains(&format!("identity {m}")), "{found:?}");
    }
}

#[test]
fn without_its_loss_nothing_is_aligned() {
    let found =
        failing((400, 100), &[Stage::Contrastive], "contrastive.epochs=4 contrastive.contrastive_weight=1e-9", |_| {});
    for m in Modality::ALL {
        assert!(found.contains(&format!("not-aligned {m}")), "{found:?}");
    }
    assert!(!found.contains(&"no-signal".to_owned()), "{found:?}");
}

#[test]
fn labels_of_other_clips_carry_no_signal() {
    // A stride that shares no factor with the number of labels visits each once.
    let shuffle = |labels: &mut [f32]| {
        let before = labels.to_vec();
        let n = before.len();
        labels.iter_mut().enumerate().for_each(|(i, l)| *l = before[(i * 137 + 11) % n]);
    };
    let found = failing((400, 200), &[Stage::Contrastive], "contrastive.epochs=6", shuffle);
    assert!(found.contains(&"no-signal".to_owned()), "{found:?}");
}

#[test]
fn the_outer_loss_alone_collapses() {
    let found = failing((400, 100), &FIRST_TWO, "contrastive.epochs=4 denoising.objective=multimodal-only", |_| {});
    let collapse = ["inflated", "flattened", "over-corrected", "ignores-label"];
    assert!(found.iter().any(|f| collapse.iter().any(|c| f.starts_with(c))), "{found:?}");
    assert!(found.iter().any(|f| f.starts_with("not-better")), "{found:?}");
}

#[test]
fn a_network_that_saw_few_clips_often_has_memorised_them() {
    let set = "contrastive.epochs=60 contrastive.patience=0 model.dropout=0 training.batch_size=8";
    let found = failing((24, 40), &[Stage::Contrastive], set, |_| {});
    assert!(found.iter().any(|f| f.starts_with("memorised")), "{found:?}");
}

#[test]
fn joint_training_that_throws_the_network_away_is_told() {
    let set = "contrastive.epochs=4 denoising.epochs=3 joint.learning_rate=5 joint.epochs=1 training.gradient_clip=0";
    let found = failing((200, 100), &Stage::ALL, set, |_| {});
    assert!(found.contains(&"joint-worse".to_owned()), "{found:?}");
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn a_default_run_raises_nothing_and_is_judged() {
    let home = Home::new();
    home.good("train --dataset demo --device cpu --run default");
    let report = home.json("health default --json");
    assert_eq!(report["healthy"], true, "{report}");
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.len() > 20 && checks.iter().all(|c| c["state"] == "ok"), "{report}");

    // A run that ends in a few poor steps is worse, and the exit status says so.
    let poor = "--set contrastive.epochs=1 --set denoising.epochs=1 --set denoising.corruption={gaussian=0.0}";
    home.good(&format!("train --dataset demo --device cpu --run poor {poor} --set joint.epochs=1"));
    assert_eq!(home.output("health poor").status.code(), Some(4));
    let compared = home.output("health poor --baseline default");
    let text = String::from_utf8(compared.stdout).unwrap();
    assert_eq!(compared.status.code(), Some(4));
    assert!(text.contains("FAILING  joint        worse-than-baseline") && text.contains("beside default"), "{text}");
    let compared = home.json("health default --baseline poor --json");
    assert!(compared["baseline"]["gain"]["mae"].as_f64().unwrap() > 0.0, "{compared}");
    assert_eq!(home.output("health default --baseline nowhere").status.code(), Some(2));

    // The demo's known truth judges its labels; a file of some people's does the same for its own rows only.
    let judged = home.json("labels default --json");
    let text = &judged["labels"]["train"]["text"];
    assert!(judged["judged_by"] == "data" && text["annotated"] == 1000, "{judged}");
    assert!(text["gain"]["mae_interval"][0].as_f64().unwrap() > 0.0, "{text}");
    let recorded = read_last_summary(&home);
    assert_eq!(recorded, judged["labels"], "the console and the command line judge alike");
    let rows = std::fs::read_to_string(home.path().join("runs/default/labels/rows.csv")).unwrap();
    let ids: Vec<&str> = rows.lines().skip(1).take(40).filter_map(|l| l.split(',').nth(2)).collect();
    let given: String = ids.iter().map(|id| format!("{id},audio,0.5\n")).collect();
    std::fs::write(home.path().join("mine.csv"), format!("id,modality,label\n{given}nobody,text,0\n")).unwrap();
    let judged = home.output("labels default --against mine.csv --json");
    let found = json(std::str::from_utf8(&judged.stdout).unwrap());
    assert_eq!(found["labels"]["train"]["audio"]["annotated"], 40);
    assert_eq!(found["labels"]["train"]["text"]["annotated"], 0);
    assert_eq!(found["unknown_ids"], serde_json::json!(["nobody"]));
    assert!(String::from_utf8_lossy(&judged.stderr).contains("1 ids are not in the run's data: nobody"));
    let table = home.good("labels default --against mine.csv");
    assert!(table.contains("train audio: 40 rows") && table.contains("copied \\ human"), "{table}");
    std::fs::write(home.path().join("mine.csv"), "id,modality,label\nx,text,lots\n").unwrap();
    let refused = home.output("labels default --against mine.csv");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("mine.csv, line 2"), "{refused:?}");
}

/// The summaries of the last refresh, as the run recorded them.
fn read_last_summary(home: &Home) -> serde_json::Value {
    let events = std::fs::read_to_string(home.path().join("runs/default/events.jsonl")).unwrap();
    let labels = events.lines().rfind(|l| l.contains("\"event\":\"labels\"")).unwrap();
    json(labels)["summaries"].clone()
}

//! `mug calibrate`: what it says, what the run's labels are afterwards, and that stage 3 is trained on them.

use std::fs;

use mug::run::directory::RunDir;
use mug::run::labels;
use mug::run::tail::read_view;
use serde_json::Value;

use crate::support::home::{Home, until};
use crate::support::settings::SHORT;

/// Stage 2 is trained eight times.
const SMALL: &str = "--set denoising.epochs=1 --set denoising.members=2 --set model.corrector_hidden=8";

/// A finished run `x` of the demo.
fn finished(stages: &str) -> Home {
    let home = Home::new();
    home.good(&format!("train --dataset demo --run x {SHORT} {SMALL} --stage {stages}"));
    home
}

#[test]
fn the_chosen_labels_are_the_newest_refresh_and_stage_3_learns_from_them() {
    let home = finished("all");
    let before = home.json("labels x --json");
    let found = home.json("calibrate x --human 100 --seed 4 --json");
    let refresh = found["refresh"].as_u64().unwrap();
    assert_eq!(refresh, before["refresh"].as_u64().unwrap() + 1);
    assert!(found["left_out"].as_array().unwrap().len() == 100 && found["seed"] == 4, "{found}");
    for m in ["text", "audio", "vision"] {
        let choice = &found["choices"][m];
        let names: Vec<&str> =
            choice["candidates"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
        assert!(names[0] == "copies" && names.len() >= 7 && names.contains(&choice["chosen"].as_str().unwrap()));
        assert_eq!(choice["labelled"], 100);
        // Judged by the rest of the data's human labels.
        let all = before["labels"]["train"][m]["annotated"].as_u64().unwrap();
        assert_eq!(found["judgement"]["train"][m]["annotated"].as_u64().unwrap(), all - 100);
    }
    // What the other commands show.
    let after = home.json("labels x --json");
    assert_eq!((after["refresh"].as_u64(), &after["left_out"]), (Some(refresh), &Value::from(100)));
    assert_eq!(after["labels"]["train"], found["judgement"]["train"]);
    assert_eq!(home.json("labels x --json --refresh 0")["left_out"], 100);
    assert_eq!(home.state(), "finished");
    let verified = home.json("verify x --json");
    assert_eq!(verified["sound"], true, "{verified}");
    // Labels of a modality that keeps copies are y.
    let dir = RunDir::open(&home.runs().join("x")).unwrap();
    let file = read_view(&dir.events_path()).unwrap().labels.last().unwrap().file.clone();
    let values = labels::read(&dir.path().join(&file)).unwrap().corrected;
    let y = dir.rows().unwrap().y;
    for (m, values) in values.iter() {
        let copies = found["choices"][m.name()]["chosen"] == "copies";
        assert_eq!(*values == y, copies, "{m}");
    }
    // Stage 3 learns from another file of labels now.
    let learned = |home: &Home| home.json("show x --json")["figures"].clone();
    let first = learned(&home);
    home.good("resume x --restart joint");
    let record = || fs::read_to_string(dir.events_path()).unwrap();
    until("the second end", || record().matches("\"event\":\"finished\"").count() == 2, record);
    assert_eq!(home.view().labels.last().unwrap().file, file);
    assert_ne!(learned(&home), first);
    assert!(home.view().log.iter().any(|l| l.message.starts_with("labels were calibrated by 100 clips")));
    // A file that was changed is found.
    let path = dir.path().join("calibration.json");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("\"seed\":4", "\"seed\":5")).unwrap();
    let said = home.bad("verify x");
    assert!(said.contains("calibration.json") && said.contains("not as mug wrote it"), "{said}");
}

#[test]
fn labels_of_a_file_choose_for_the_modalities_that_they_are_of() {
    let home = finished("contrastive");
    let dir = RunDir::open(&home.runs().join("x")).unwrap();
    let rows = dir.rows().unwrap();
    let lines: String = (0..30).map(|i| format!("{},text,{}\n", rows.id[i], rows.y[i])).collect();
    fs::write(home.path().join("mine.csv"), format!("id,modality,label\n{lines}nobody,text,0\n")).unwrap();
    // Without stage 2, which is trained for each candidate.
    let said = home.good("calibrate x --with mine.csv");
    assert!(said.contains("1 ids are not in the run's data: nobody"), "{said}");
    assert!(said.contains("text: copies, by 30 clips") && said.contains("audio: gaussian 0.3, by 0 clips"), "{said}");
    assert!(said.contains("stage 3 learns from these labels when it begins"), "{said}");
    assert_eq!(home.json("labels x --json")["refresh"], 0);
    // When the other stages follow, the labels that were chosen are the last.
    home.good("train --resume x --stage denoising,joint");
    let last = home.view().labels.last().unwrap().file.clone();
    let values = labels::read(&dir.path().join(last)).unwrap().corrected;
    assert!(values.text == rows.y && values.audio != rows.y);
    assert_eq!(home.json("verify x --json")["sound"], true);
}

#[test]
fn what_cannot_be_calibrated_is_said() {
    let home = Home::new();
    let host = home.training();
    let said = home.bad("calibrate x --human 50");
    assert!(said.contains("run x is being trained by") && said.contains("mug stop x"), "{said}");
    home.good("stop x");
    let mut host = host;
    host.wait().unwrap();
    let said = home.bad("calibrate x --human 50");
    assert!(said.contains("has not finished stage contrastive") && said.contains("mug resume x"), "{said}");
    let home = finished("contrastive");
    for (line, expected) in [
        ("--human 9", "expected at least 10 clips with labels of one modality, found 9"),
        ("--human 100000", "training clips of run x that have human labels, found --human 100000"),
        ("--with few.csv", "expected at least 10 clips"),
        ("--with other.csv", "none of its 1 ids is in the run's data"),
        ("--with gone.csv", "gone.csv"),
    ] {
        let id = RunDir::open(&home.runs().join("x")).unwrap().rows().unwrap().id[0].clone();
        fs::write(home.path().join("few.csv"), format!("id,modality,label\n{id},text,0\n")).unwrap();
        fs::write(home.path().join("other.csv"), "id,modality,label\nnobody,text,0\n").unwrap();
        let said = home.bad(&format!("calibrate x {line}"));
        assert!(said.contains(expected), "{line}: {said}");
    }
    assert!(!home.runs().join("x/calibration.json").exists() && home.view().labels.is_empty());
}

#[test]
fn in_sample_labels_are_marked_and_warned_of() {
    let home = Home::new();
    let set = "--set data.in_sample=[\"audio\"]";
    home.good(&format!("train --dataset demo --run x {SHORT} {SMALL} --stage contrastive,denoising {set}"));
    let warned = home.output("calibrate x --human 60");
    let said = String::from_utf8_lossy(&warned.stderr).into_owned();
    assert!(warned.status.success() && said.contains("the features of audio were fitted to such labels"), "{said}");
    let labels = home.json("labels x --json");
    assert_eq!(labels["in_sample"], Value::from(vec!["audio"]));
    let shown = home.good("show x");
    assert!(shown.contains("audio°") && !shown.contains("text°") && shown.contains("in sample"), "{shown}");
}

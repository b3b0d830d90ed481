//! Run directories that were damaged: nothing of it is believed without a word.

use std::path::{Path, PathBuf};
use std::process::Output;

use mug::run::directory::RunDir;
use mug::run::marks::{self, Mark};
use mug::run::verify::verify;

use crate::support::home::{Home, said, until};
use crate::support::settings::SHORT;

/// A finished run with marks.
fn finished() -> Home {
    let home = Home::new();
    home.good(&format!("train --dataset demo {SHORT} --run x"));
    for row in 0..4 {
        let mark = Mark { row, id: format!("c{row}"), reviewed: true, note: "why?".into(), time: String::new() };
        marks::append(&home.run().marks_path(), &mark).unwrap();
    }
    home
}

/// All files that a run consists of, below its directory.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            files(&path, found);
        } else if !["host.lock", "host.log"].contains(&name) {
            found.push(path);
        }
    }
}

/// Ways in which a file is damaged, each with its name; `None`: it is gone.
fn damaged(path: &Path, whole: &[u8]) -> Vec<(String, Option<Vec<u8>>)> {
    let mut ways = Vec::new();
    for k in 0..9 {
        let at = (whole.len() - 1) * k / 8;
        let mut changed = whole.to_vec();
        changed[at] ^= 1 << (k % 8);
        ways.push((format!("bit {} of byte {at} changed", k % 8), Some(changed)));
    }
    ways.push(("cut by half".into(), Some(whole[..whole.len() / 2].to_vec())));
    ways.push(("something added".into(), Some([whole, b"x"].concat())));
    let marks = path.ends_with("marks.jsonl");
    if path.extension().is_some_and(|e| e == "jsonl") {
        let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
        let middle = lines.len() / 2;
        ways.push(("first line gone".into(), Some(lines[1..].concat())));
        ways.push(("a line gone".into(), Some([&lines[..middle], &lines[middle + 1..]].concat().concat())));
        ways.push(("a line twice".into(), Some([&lines[..=middle], &lines[middle..]].concat().concat())));
        // Nobody else knows how many marks there were.
        if !marks {
            ways.push(("last line gone".into(), Some(lines[..lines.len() - 1].concat())));
        }
    }
    if !marks {
        ways.push(("gone".into(), None));
    }
    // A cut that leaves whole lines of marks only is the one thing that cannot be told.
    ways.retain(|(what, content)| {
        !(marks && what == "cut by half" && content.as_ref().is_some_and(|c| c.ends_with(b"\n")))
    });
    ways
}

#[test]
fn every_damage_is_found() {
    let home = finished();
    let dir = home.run();
    let sound = verify(&dir, false);
    assert!(sound.findings.is_empty(), "{:?}", sound.findings);
    let mut all = Vec::new();
    files(dir.path(), &mut all);
    // How many checkpoints stand with a stage's state in them is a matter of the moment.
    assert!(all.len() > 12, "{all:?}");
    let mut missed = Vec::new();
    for path in &all {
        let whole = std::fs::read(path).unwrap();
        for (what, content) in damaged(path, &whole) {
            match content {
                Some(content) => std::fs::write(path, content).unwrap(),
                None => std::fs::remove_file(path).unwrap(),
            }
            let found = RunDir::open(dir.path()).map_or(true, |dir| !verify(&dir, false).findings.is_empty());
            // A last line without an end is one that a dying process left torn: noted, and no damage.
            let torn = path.extension().is_some_and(|e| e == "jsonl")
                && !std::fs::read(path).is_ok_and(|c| c.ends_with(b"\n"));
            if !found && !torn {
                missed.push(format!("{}: {what}", path.display()));
            }
            std::fs::write(path, &whole).unwrap();
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(verify(&home.run(), false).findings.is_empty());
}

/// What commands say of a run.
fn told(home: &Home) -> Vec<Output> {
    ["labels x", "labels x --json", "health x --json", "show x --json", "export x --csv -", "compare x --json"]
        .iter()
        .map(|line| home.output(line))
        .collect()
}

#[test]
fn no_command_tells_something_else_without_a_word() {
    let home = finished();
    let dir = home.run();
    let whole = told(&home);
    assert!(whole.iter().all(|o| o.stderr.is_empty()), "{}", said(&whole[0]));
    let mut all = Vec::new();
    files(dir.path(), &mut all);
    // Checkpoints are read by training only.
    all.retain(|p| !p.starts_with(dir.checkpoints_dir()) && !p.ends_with("run.toml"));
    for (i, path) in all.iter().enumerate() {
        let content = std::fs::read(path).unwrap();
        let mut ways = damaged(path, &content);
        // Without its last line the record is that of a run whose process died, and commands call it so; `verify` tells the
        // two apart.
        ways.retain(|(what, _)| what != "last line gone");
        // Each file in one way, the record and the marks in all.
        let every = if path.extension().is_some_and(|e| e == "jsonl") { 1 } else { ways.len() };
        for (what, changed) in ways.into_iter().skip(if every == 1 { 0 } else { i % every }).step_by(every) {
            match changed {
                Some(changed) => std::fs::write(path, changed).unwrap(),
                None => std::fs::remove_file(path).unwrap(),
            }
            for (before, now) in whole.iter().zip(told(&home)) {
                let said_so = !now.stderr.is_empty() || !now.status.success();
                assert!(said_so || now.stdout == before.stdout, "{}: {what}", path.display());
                assert!(!said(&now).contains("panicked"), "{}: {what}: {}", path.display(), said(&now));
            }
            std::fs::write(path, &content).unwrap();
        }
    }
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_the_run_ends_the_same() {
    let settings =
        "--dataset demo --device cpu --set contrastive.epochs=2 --set denoising.epochs=3 --set joint.epochs=3";
    let home = Home::new();
    home.good(&format!("train {settings} --run x --stage contrastive,denoising"));
    let newest = std::fs::read_dir(home.run().checkpoints_dir()).unwrap().map(|e| e.unwrap().path());
    let newest =
        newest.filter(|p| p.is_dir()).max_by_key(|p| std::fs::metadata(p).unwrap().modified().unwrap()).unwrap();
    std::fs::write(newest.join("progress.cbor"), b"damaged").unwrap();
    assert!(!home.output("verify x").status.success());
    let text = home.good("train --resume x --stage joint");
    assert!(text.contains("the checkpoint before it") && text.contains("is whole"), "{text}");
    let undisturbed = Home::new();
    undisturbed.good(&format!("train {settings} --run x"));
    let maes = |home: &Home| home.view().summary.unwrap().metrics;
    assert_eq!(maes(&home), maes(&undisturbed));
    assert!(home.output("verify x").status.success());
}

#[test]
fn checkpoints_at_the_ends_of_epochs_let_a_killed_run_go_on() {
    let home = Home::new();
    let line = "train --dataset demo --device cpu --set contrastive.epochs=400 --set contrastive.patience=0 \
                --set training.checkpoint_seconds=0 --run x";
    let mut child = home.start(line);
    until(
        "checkpoints within the stage",
        || {
            // How many epochs lie between two of them depends on what writing one takes here.
            let there = home.runs().join("x/events.jsonl").exists();
            assert!(child.try_wait().unwrap().is_none(), "the stage ended first");
            there && home.view().checkpoints > 1
        },
        String::new,
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let mut child = home.start("train --resume x");
    let mut resumed = None;
    until(
        "the run going on",
        || {
            let text = std::fs::read_to_string(home.run().events_path()).unwrap();
            resumed = text.lines().find(|l| l.contains("\"event\":\"resumed\"")).map(str::to_owned);
            resumed.is_some()
        },
        String::new,
    );
    child.kill().unwrap();
    child.wait().unwrap();
    // It went on from an epoch's end and not from the beginning.
    let event: serde_json::Value = serde_json::from_str(&resumed.unwrap()).unwrap();
    assert!(event["step"].as_u64().unwrap() > 0, "{event}");
}

#[test]
fn a_network_that_is_nan_fails_and_hands_nothing_on() {
    let home = Home::new();
    let output = home.output(
        "train --dataset demo --device cpu --set contrastive.learning_rate=9.9 --set training.gradient_clip=0 \
         --set contrastive.epochs=60 --set contrastive.patience=0 --set contrastive.temperature=1e-40 --run x",
    );
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("diverged") && text.contains("learning_rate"), "{text}");
    let view = home.view();
    assert!(view.fault.is_some() && view.summary.is_none());
    assert!(!view.stages[0].best.iter().zip(&view.stages[0].metrics).any(|(best, m)| *best && m["mae"].is_none()));
}

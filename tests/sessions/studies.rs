//! Studies: what is shared, killed, stopped, taken up, added to or changed, and always the same numbers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Output};
use std::sync::LazyLock;

use mug::run::directory::RunDir;
use mug::run::lock;
use mug::run::study::Study;
use mug::run::tail::EventTail;
use mug::training::events::Body;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::home::{Home, said, signal, until};
use crate::support::outcome::Outcome;

/// Two seeds of three variants: one begins from the first stage of the first, one from its first two.
const STUDY: &str = r#"
question = "Do the numbers depend on who trains them, and when?"
seeds = 2
reference = "whole"
metrics = ["test.mae", "labels.text.mae"]

[settings]
training.checkpoint_seconds = 1
contrastive = { epochs = 3, patience = 0 }
denoising = { epochs = 3 }
joint = { epochs = 3, patience = 0 }

[[variants]]
name = "whole"

[[variants]]
name = "first-order"
set = { denoising.objective = "first-order" }

[[variants]]
name = "alone"
set = { joint.unimodal_weight = 0.0 }
"#;

const RUN: &str = "study run small.toml --name x --dataset demo --device cpu";

/// The settings of [`STUDY`] as `mug train` takes them.
const SETTINGS: &str = "--set training.checkpoint_seconds=1 --set contrastive.epochs=3 --set contrastive.patience=0 \
                        --set denoising.epochs=3 --set joint.epochs=3 --set joint.patience=0";

fn home() -> Home {
    let home = Home::new();
    std::fs::write(home.path().join("small.toml"), STUDY).unwrap();
    home
}

fn study(home: &Home) -> Study {
    Study::find(&home.runs(), "x").unwrap()
}

/// The runs of the study's cells that were begun, by name.
fn runs(home: &Home) -> BTreeMap<String, RunDir> {
    let study = study(home);
    let begun = |cell: mug::run::study::Cell| study.run(&cell).unwrap().map(|dir| (cell.name, dir));
    study.plan().cells().into_iter().filter_map(begun).collect()
}

fn outcomes(home: &Home) -> BTreeMap<String, Outcome> {
    runs(home).into_iter().map(|(name, dir)| (name, Outcome::of(&dir))).collect()
}

/// What the study's cells compute when nothing disturbs them.
static UNDISTURBED: LazyLock<BTreeMap<String, Outcome>> = LazyLock::new(|| {
    let home = home();
    home.good(&format!("{RUN} --jobs 2"));
    outcomes(&home)
});

fn assert_undisturbed(home: &Home, what: &str) {
    let found = outcomes(home);
    assert!(found.keys().eq(UNDISTURBED.keys()) && found.len() == 6, "{what}: {:?}", found.keys());
    for (name, outcome) in &found {
        outcome.assert_same(&UNDISTURBED[name], &format!("{what}: {name}"));
    }
}

/// Which cell each cell begins from.
fn givers(home: &Home) -> BTreeMap<String, Option<String>> {
    let of = |dir: &RunDir| dir.manifest().cell.clone().expect("a cell").begins_from;
    runs(home).iter().map(|(name, dir)| (name.clone(), of(dir))).collect()
}

/// The live workers' processes.
fn workers(home: &Home) -> Vec<u32> {
    let live = runs(home).into_values().filter(lock::is_alive);
    live.filter_map(|dir| lock::holder(&dir)).map(|holder| holder.pid).collect()
}

fn wait_for_workers(home: &Home, count: usize) -> Vec<u32> {
    let mut found = Vec::new();
    let mut enough = || {
        found = if home.runs().join("studies/x/study.toml").exists() { workers(home) } else { Vec::new() };
        found.len() >= count
    };
    until(&format!("{count} workers"), &mut enough, String::new);
    found
}

fn events(dir: &RunDir) -> Vec<Body> {
    let mut tail = EventTail::open(dir.events_path());
    let mut all = Vec::new();
    loop {
        all.extend(tail.poll().unwrap().into_iter().map(|event| event.body));
        if tail.caught_up() {
            return all;
        }
    }
}

/// Length of each run's record.
fn lengths(home: &Home) -> BTreeMap<String, u64> {
    runs(home).into_iter().map(|(name, dir)| (name, dir.events_path().metadata().unwrap().len())).collect()
}

fn end(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

#[test]
fn what_cells_have_in_common_is_trained_once_and_the_numbers_are_those_of_runs_of_their_own() {
    let home = home();
    let text = home.good(&format!("{RUN} --seeds 1, --jobs 1"));
    assert!(text.contains("alone-s1: begun from the first stages of whole-s1"), "{text}");
    let from = |name: &str| (name.to_owned(), Some("whole-s1".to_owned()));
    let expected = [from("alone-s1"), from("first-order-s1"), ("whole-s1".to_owned(), None)];
    assert_eq!(givers(&home), BTreeMap::from(expected));
    for (cell, own) in [
        ("whole-s1", ""),
        ("first-order-s1", "--set denoising.objective=first-order"),
        ("alone-s1", "--set joint.unimodal_weight=0"),
    ] {
        home.good(&format!("train --dataset demo --device cpu {SETTINGS} {own} --run {cell}"));
        let alone = Outcome::of(&RunDir::find(&home.runs(), cell).unwrap());
        Outcome::of(&runs(&home)[cell]).assert_same(&alone, cell);
        home.good(&format!("verify x/{cell}"));
    }
    let said = events(&runs(&home)["alone-s1"]).into_iter().any(|body| {
        matches!(body, Body::Log { message, .. } if message.contains("stages 1 and 2 are that of run x/whole-s1"))
    });
    assert!(said, "the record says where the first stages come from");
    // Every command takes such a run by its name.
    assert!(home.good("show x/whole-s1").contains("x/whole-s1"));
    assert!(home.good("study show x --json").contains("whole-s1"));
    assert!(home.good("study list").contains("3 of 3 done"));
}

/// Kills two workers and the study's own process at random, and takes the study up again.
fn killed(seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let home = home();
    let mut own = home.mug(&format!("{RUN} --jobs 2")).spawn().unwrap();
    for _ in 0..2 {
        let pids = wait_for_workers(&home, 2);
        std::thread::sleep(std::time::Duration::from_millis(random.random_range(0..1500)));
        let pid = pids[random.random_range(0..pids.len())];
        // It may have ended by itself by now.
        let _ = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).output();
    }
    wait_for_workers(&home, 1);
    own.kill().unwrap();
    let _ = own.wait();
    home.good("study resume x --jobs 2");
    assert_undisturbed(&home, &format!("seed {seed}"));
    // A second look trains nothing.
    let before = lengths(&home);
    let text = home.good(RUN);
    assert!(!text.contains("begun") && !text.contains("goes on"), "{text}");
    assert_eq!(lengths(&home), before);
}

#[test]
fn kills_of_workers_and_of_the_study_change_no_number() {
    killed(1);
}

#[test]
fn other_kills_change_no_number() {
    killed(2);
}

#[test]
fn stopped_by_a_command_or_by_ctrl_c_it_goes_on_with_the_same_numbers() {
    let home = home();
    let own = home.mug(&format!("{RUN} --jobs 2")).spawn().unwrap();
    wait_for_workers(&home, 2);
    home.good("study stop x");
    let output = end(own);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("mug study resume x"), "{}", said(&output));
    assert!(workers(&home).is_empty());
    let own = home.mug("study resume x --jobs 2").spawn().unwrap();
    wait_for_workers(&home, 2);
    signal(own.id(), "-INT");
    let output = end(own);
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(workers(&home).is_empty(), "workers end before the study does");
    home.good("study resume x --detach");
    let done = || home.good("study list").contains("6 of 6 done");
    until("the end of the study", done, || home.good("study show x"));
    assert_undisturbed(&home, "stopped and resumed");
}

#[test]
fn two_that_carry_out_one_study_never_train_the_same_cell() {
    let home = home();
    home.good(&format!("{RUN} --seeds 1, --jobs 1"));
    home.mug(&format!("{RUN} --seeds 2 --detach")).output().unwrap();
    let children = [0, 1].map(|_| home.mug("study resume x --jobs 2").spawn().unwrap());
    for child in children {
        let output = end(child);
        assert!(output.status.success(), "{}", said(&output));
    }
    until("the end of the study", || workers(&home).is_empty(), String::new);
    assert_undisturbed(&home, "two at a time");
    for (name, dir) in runs(&home) {
        let taken_up = events(&dir).iter().filter(|body| matches!(body, Body::Resumed { .. })).count();
        let shared = dir.manifest().cell.as_ref().unwrap().begins_from.is_some();
        assert!(
            taken_up <= 1 && (shared || taken_up == 0) || name.ends_with("s2"),
            "{name} was taken up {taken_up} times"
        );
    }
}

#[test]
fn what_is_added_is_trained_alone_and_what_was_changed_is_trained_anew() {
    let home = home();
    home.good(&format!("{RUN} --seeds 1, --jobs 2"));
    let before = lengths(&home);
    std::fs::write(
        home.path().join("small.toml"),
        format!("{STUDY}\n[[variants]]\nname = \"copied\"\nset = {{ labels.source = \"copied\" }}\n"),
    )
    .unwrap();
    // Without --seeds those stay that it has.
    let text = home.good(&format!("{RUN} --jobs 2"));
    assert!(text.contains("copied-s1: begun from the first stages of whole-s1"), "{text}");
    let after = lengths(&home);
    assert!(after.len() == 4 && before.iter().all(|(name, length)| after[name] == *length), "{after:?}");
    let text = home.good(&format!("{RUN} --jobs 2 --set joint.epochs=2"));
    assert!(text.contains("whole-s1: trained anew: its joint.epochs is 3, now 2"), "{text}");
    assert_eq!(runs(&home)["whole-s1"].manifest().settings.joint.epochs, 2);
    let aside: Vec<PathBuf> =
        std::fs::read_dir(study(&home).path().join("aside")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(aside.len(), 4, "{aside:?}");
    assert!(aside.iter().all(|path| RunDir::open(path).unwrap().manifest().settings.joint.epochs == 3));
}

#[test]
fn a_cell_that_fails_twice_is_given_up_and_the_others_go_on() {
    let home = home();
    // No label but 0 lies on such a grid: it is told once the data is open.
    let text = STUDY.replace("set = { denoising.objective = \"first-order\" }", "set = { labels.grid = 50.0 }");
    std::fs::write(home.path().join("small.toml"), text).unwrap();
    let output = home.output(&format!("{RUN} --seeds 1, --jobs 2"));
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("first-order-s1: given up") && text.matches("is started again").count() == 1, "{text}");
    let shown = home.json("study show x --json");
    let states: Vec<&str> = shown["cells"].as_array().unwrap().iter().map(|c| c["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["finished", "failed", "finished"]);
    assert!(shown["cells"][1]["reason"].as_str().unwrap().contains("50"), "{shown}");
}

#[test]
fn what_is_wrong_is_told_before_anything_is_made() {
    let home = home();
    for (line, expected) in [
        ("study run none --dataset demo", "those that ship are first-experiments"),
        ("study run small.toml --dataset demo --set joint.epoch=2", "did you mean joint.epochs?"),
        ("study run small.toml --dataset demo --set training.seed=2", "--seeds"),
        ("study run small.toml --dataset nothing.pkl", "nothing.pkl"),
        ("study run small.toml --seeds 0", "expected 1 to 1000 seeds"),
        ("study run small.toml --name ../x", "cannot name a run"),
        ("study resume x", "no study \"x\""),
        ("study show x", "mug study run NAME begins one"),
    ] {
        let text = home.bad(line);
        assert!(text.contains(expected), "{line}: {text}");
    }
    assert!(!home.runs().join("studies").exists());
}

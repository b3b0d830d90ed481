//! Many runs in the built program: renamed, tagged, noted, deleted by keys and by commands; a study's pane.

use std::path::Path;

use mug::config::Settings;
use mug::console::made_up::study_directory;
use mug::device::DeviceRequest;
use mug::run::directory::{Manifest, RunDir};
use mug::run::lock::RunLock;
use mug::run::tags;
use mug::training::events::{Body, Event, Stage};

use crate::support::home::{Home, said, until};
use crate::support::terminal::Console;

/// A run directory that nobody trained.
fn begun(runs: &Path, name: &str) -> RunDir {
    let settings = Settings::built_in("demo").unwrap();
    let manifest = Manifest::new("demo", None, DeviceRequest::Cpu, Stage::ALL.to_vec(), settings);
    RunDir::create(runs, Some(name), &manifest).unwrap()
}

/// The same, finished.
fn made_up(runs: &Path, name: &str) -> RunDir {
    let dir = begun(runs, name);
    let body = Body::Finished { summary: Default::default() };
    let event = Event { time: 1.0, stage: None, epoch: 0, step: 0, body };
    std::fs::write(dir.events_path(), serde_json::to_string(&event).unwrap() + "\n").unwrap();
    dir
}

#[test]
fn a_run_is_tagged_noted_renamed_and_deleted_by_keys() {
    let home = Home::new();
    let alpha = made_up(&home.runs(), "alpha");
    let mut console = Console::open(home.path(), "", 120, 36, &[]);
    console.wait_for("alpha demo");
    console.press("\t\t");
    console.wait_for("▸Runs");
    console.press("tpaper\r");
    console.wait_for("alpha demo #paper");
    console.press("nold features\r");
    until("the note", || tags::read(alpha.path()).unwrap().note == "old features", || console.text());
    // What a command adds meanwhile stays.
    home.good("runs tag alpha baseline");
    console.press("t\u{15}draft\r");
    until("the tags", || tags::read(alpha.path()).unwrap().tags.contains("draft"), || console.text());
    let found: Vec<String> = tags::read(alpha.path()).unwrap().tags.into_iter().collect();
    assert_eq!(found, ["baseline", "draft"]);
    console.press("e\u{15}beta\r");
    console.wait_for("beta demo");
    assert!(!alpha.path().exists());
    // A name that is taken is refused, with the reason.
    begun(&home.runs(), "gamma");
    console.press("re\u{15}gamma\r");
    console.wait_for("exists already");
    console.press("/gam\r");
    console.wait_for("1/2 /gam");
    let gamma = RunDir::find(&home.runs(), "gamma").unwrap();
    let lock = RunLock::acquire(&gamma, &mut |_| {}).unwrap();
    console.press("r");
    console.wait_for("…  gamma");
    console.press("D");
    console.wait_for("gamma is live");
    drop(lock);
    console.press("r");
    console.wait_for("✘  gamma");
    console.press("D");
    console.wait_for("Delete run gamma for good?");
    console.press("n");
    console.wait_for("left as it is");
    console.press("D");
    console.wait_for("Delete run gamma for good?");
    console.press("y");
    until("the run to go", || !gamma.path().exists(), || console.text());
    console.press("\u{1b}");
    console.wait_for("beta demo");
    console.leave();
    let runs = home.json("runs --json --filter tag:draft");
    assert_eq!((runs[0]["name"].as_str(), runs[0]["note"].as_str()), (Some("beta"), Some("old features")));
    assert_eq!(runs.as_array().map(Vec::len), Some(1));
}

#[test]
fn commands_do_the_same_and_refuse_what_must_stay() {
    let home = Home::new();
    let (alpha, live) = (made_up(&home.runs(), "alpha"), made_up(&home.runs(), "live"));
    let study = study_directory(&home.runs(), 2, 2).unwrap();
    let lock = RunLock::acquire(&live, &mut |_| {}).unwrap();
    for (line, why) in [
        ("runs rm alpha", "--yes deletes without asking"),
        ("runs rm live --yes", "is live"),
        ("runs rename live other", "is live"),
        ("runs rm nothing --yes", "no run \"nothing\""),
        ("runs rename alpha ../x", "cannot name a run"),
        ("runs tag alpha no/tag", "cannot be a tag"),
        ("runs rename large/variant-0-s1 x", "a cell of study large"),
        ("runs --filter colour:red", "a run has no colour"),
    ] {
        let text = home.bad(line);
        assert!(text.contains(why), "mug {line}: {text}");
    }
    let outside = tempfile::tempdir().unwrap();
    let elsewhere = made_up(outside.path(), "elsewhere");
    assert!(home.bad(&format!("runs rm --yes {}", elsewhere.path().display())).contains("does not lie below"));
    std::os::unix::fs::symlink(elsewhere.path(), home.runs().join("link")).unwrap();
    assert!(home.bad("runs rm --yes link").contains("is a link"));
    assert!(elsewhere.path().join("run.toml").exists());
    drop(lock);
    assert!(home.good("runs tag alpha a b --remove c").contains("a b"));
    assert_eq!(home.json("runs --json --filter study:large").as_array().map(Vec::len), Some(4));
    home.good("runs rm --yes alpha large/variant-1-s2");
    assert!(!alpha.path().exists() && !study.join("runs/variant-1-s2").exists());
    assert!(study.join("study.toml").exists() && live.path().exists());
    let output = home.output("runs rm --help");
    assert!(said(&output).contains("never a live run"));
}

#[test]
fn a_studys_grid_leads_to_its_runs_with_and_without_colour() {
    let home = Home::new();
    study_directory(&home.runs(), 3, 2).unwrap();
    for (columns, rows, env) in [(120, 36, &[][..]), (80, 24, &[("NO_COLOR", "1")][..])] {
        let mut console = Console::open(home.path(), "", columns, rows, env);
        console.wait_for("built in");
        console.press("9");
        console.wait_for("6/6 100 %");
        console.press("\r");
        console.wait_for("seed 2");
        console.wait_for("✔");
        let text = console.text();
        assert!(text.contains("variant-2") && text.contains("test MAE ↓") && text.contains("█"), "{text}");
        console.press("jl\r");
        console.wait_for("run large/variant-1-s2");
        console.wait_for("✔ finished");
        console.press("9");
        console.wait_for("variant-2");
        console.press("\u{1b}");
        console.wait_for("6/6 100 %");
        console.leave();
    }
}

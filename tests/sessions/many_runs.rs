//! Many runs in the built program: filtered, sorted, marked, overlaid, renamed, tagged, noted, deleted by keys and by
//! commands; a study's pane.

use std::path::Path;

use mug::config::Settings;
use mug::console::made_up::{named_study_directory, study_directory};
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
    let runs = home.json("runs --json --filter tag=draft");
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
        ("runs --filter colour=red", "no fact of a run colour"),
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
    assert_eq!(home.json("runs --json --filter study=large").as_array().map(Vec::len), Some(4));
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

/// Gives the list of runs the focus, wherever it is.
fn to_runs(console: &mut Console) {
    for _ in 0..12 {
        if console.text().contains("▸Runs") {
            break;
        }
        console.press("\t");
        console.quiet();
    }
    console.wait_for("▸Runs");
}

#[test]
fn two_hundred_runs_in_ten_studies_are_driven_by_keys() {
    let home = Home::new();
    for i in 0..10 {
        named_study_directory(&home.runs(), &format!("study-{i}"), 10, 2).unwrap();
    }
    let cell = |name: &str| RunDir::find(&home.runs(), name).unwrap();
    let live = cell("study-3/variant-4-s2");
    // All but the last event, which says that the run is finished.
    let events = std::fs::read_to_string(live.events_path()).unwrap();
    let (begun, _) = events.trim_end().rsplit_once('\n').unwrap();
    std::fs::write(live.events_path(), format!("{begun}\n")).unwrap();
    let lock = RunLock::acquire(&live, &mut |_| {}).unwrap();
    let mut console = Console::open(home.path(), "", 160, 48, &[("NO_COLOR", "1")]);
    // One run is live: the console attaches to it.
    console.wait_for("attached to variant-4-s2");
    to_runs(&mut console);
    console.wait_for("study-3 · 20");
    // Filter and order: a setting, a study, a metric. The live run has no metric yet and comes last.
    console.press("/study = study-3 and joint.unimodal_weight = 0.4\r");
    console.wait_for("2/200");
    console.press("Omae\r");
    console.wait_for("by test.mae ↑");
    console.press("gj");
    console.press("D");
    console.wait_for("Delete run variant-4-s1 for good?");
    console.press("n");
    console.press("gjjD");
    console.wait_for("variant-4-s2 is live and stays");
    // Marked together they lie over the shown run's curves, each with a letter.
    console.press("\u{1b}");
    console.wait_for("▸Runs 200 ");
    console.press("/study-5 variant-1\r");
    console.wait_for("2/200");
    console.press("gxo");
    console.wait_for("2 marked");
    console.press("3");
    console.wait_for("bB variant-1-s");
    console.wait_for("cC variant-1-s");
    // The table: rows are runs, columns what they differ in; by the weight, and the other way round.
    to_runs(&mut console);
    console.press("\u{1b}");
    console.wait_for("▸Runs 200 2 marked");
    console.press("v");
    console.wait_for("joint.unimodal_weight");
    console.wait_for("by test.mae ↑");
    console.press("llll");
    for _ in 0..8 {
        if console.text().contains("by joint.unimodal_weight") {
            break;
        }
        console.press("hO");
        console.quiet();
    }
    console.wait_for("by joint.unimodal_weight ↑");
    console.press("O");
    console.wait_for("by joint.unimodal_weight ↓");
    console.press("\u{1b}");
    // The list again: the studies that it begins with, in whatever seconds they were written.
    console.wait_for(" · 20 ");
    console.press("O\u{15}\r");
    // A tag for all of a study, by its group; then grouped by tags.
    console.press("/study = study-7\r");
    console.wait_for("20/200");
    console.press("gtbatch\r");
    until("the tags", || tags::read(cell("study-7/variant-9-s2").path()).unwrap().tags.len() == 1, || console.text());
    console.wait_for("20 runs tagged");
    console.press("b");
    console.wait_for("batch · 20");
    console.press("bb\u{1b}");
    console.wait_for("▸Runs 200 ");
    console.press("/study-7 variant-0\r");
    console.wait_for("2/200");
    // A run that another process changes is seen anew.
    home.good("runs tag study-7/variant-0-s1 new");
    console.press("r");
    console.wait_for("#batch #new");
    console.press("gD");
    console.wait_for("Delete 2 runs for good?");
    console.press("y");
    console.wait_for("2 runs deleted");
    drop(lock);
    console.leave();
    let count = |filter: &str| {
        let runs = home.json(&format!("runs --json --filter {filter}"));
        runs.as_array().map(Vec::len)
    };
    assert_eq!((count("study=study-7"), count("tag=batch"), count("test.mae<9")), (Some(18), Some(18), Some(197)));
    assert!(live.path().join("run.toml").exists());
}

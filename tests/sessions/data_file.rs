//! The data file of a run: which one is meant, whether it can be trained on, what is odd about it, and what happens where
//! it is moved, replaced or changed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mug::run::directory::RunDir;

use crate::support::home::{Home, said};
use crate::support::settings::{FIRST, LONG};
use crate::support::terminal::Console;

/// 6, 3 and 3 clips of the MMSA layout, with values that are not finite.
fn small() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/numpy2_p4.pkl")
}

fn data_folder(home: &Home) -> PathBuf {
    let folder = home.path().join("data");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A pickle that holds something else: the dict {'a': 1}.
fn something_else(path: &Path) {
    std::fs::write(path, b"\x80\x04}\x94\x8c\x01a\x94K\x01s.").unwrap();
}

#[test]
fn data_that_cannot_be_used_leaves_no_run_behind() {
    let home = Home::new();
    something_else(&data_folder(&home).join("mosei.pkl"));
    for line in ["train --dataset mosei --device cpu", "--plain --dataset mosei"] {
        let text = home.bad(line);
        assert!(text.contains("mosei.pkl") && text.contains("only the keys"), "{text}");
    }
    assert!(home.listed().is_empty() && !home.runs().exists());
    let mut console = Console::open(home.path(), "", 120, 36, &[]);
    console.wait_for("✘ mosei");
    // Down to it: its reason stands in full in the large pane, and neither key starts anything.
    console.press("jj");
    console.wait_for("mosei cannot be trained on");
    console.wait_for("expected a dict");
    for key in [" ", "\r"] {
        console.press(key);
        console.wait_for("this cannot be done");
        console.press("q");
    }
    console.leave();
    assert!(!home.runs().exists(), "no junk run");
    // Asked for by name it is refused before the screen opens.
    let mut console = Console::open(home.path(), "--dataset mosei", 120, 36, &[]);
    console.ended();
    console.wait_for("expected a dict");
    assert!(!console.text().contains("Datasets"), "{}", console.text());
}

#[test]
fn a_run_that_failed_before_it_began_reads_so_everywhere() {
    let home = Home::new();
    let file = data_folder(&home).join("mine.pkl");
    std::fs::copy(small(), &file).unwrap();
    let mut host = home.start(&format!("train --dataset mine --run junk {LONG}"));
    home.wait_for_state("training");
    home.good("stop junk");
    host.wait().unwrap();
    // What an older version left: a run that never got further than its data.
    std::fs::write(home.run().events_path(), "").unwrap();
    something_else(&file);
    let failed = home.bad("train --resume junk");
    assert!(failed.contains("not the one that the run began with"), "{failed}");
    let listed = home.good("runs");
    assert!(listed.contains("faulted") && listed.contains("not the one that the run began with"), "{listed}");
    let followed = said(&home.output("attach junk --plain"));
    assert!(followed.contains("the run failed before it began") && !followed.contains("goes on"), "{followed}");
    let mut console = Console::open(home.path(), "attach junk", 120, 36, &[]);
    console.wait_for("the run failed before it began");
    assert!(!console.text().contains("being made ready"), "{}", console.text());
    console.leave();
    console.wait_for("run junk failed before it began");
}

#[test]
fn the_dataset_that_the_console_is_given_is_the_one_it_trains_on() {
    let home = Home::new();
    let elsewhere = home.path().join("of my own.pkl");
    std::fs::copy(small(), &elsewhere).unwrap();
    let inside = data_folder(&home).join("inside.pkl");
    std::fs::copy(small(), &inside).unwrap();
    let program = env!("CARGO_BIN_EXE_mug");
    for (dataset, name) in [
        (elsewhere.display().to_string(), "of my own"),
        (inside.display().to_string(), "inside"),
        ("inside".to_owned(), "inside"),
        ("inside.pkl".to_owned(), "inside"),
        ("demo:7".to_owned(), "demo:7"),
    ] {
        let mut console = Console::open_program(home.path(), program, ["--dataset", &dataset], 120, 36, &[]);
        console.wait_for(&format!("space trains on {name}"));
        console.leave();
    }
    let own = elsewhere.display().to_string();
    let arguments = ["--dataset", &own].into_iter().chain(LONG.split_whitespace());
    let mut console = Console::open_program(home.path(), program, arguments, 120, 36, &[]);
    console.wait_for("space trains on of my own");
    console.press(" ");
    console.wait_for("▶ contrastive");
    assert_eq!(home.run().manifest().source.as_deref(), Some(elsewhere.as_path()));
    console.leave();
    for line in ["--dataset no-such-file.pkl", "--set joint.epochs=-1", "--config no-such.toml"] {
        let mut console = Console::open(home.path(), line, 120, 36, &[]);
        console.ended();
        console.wait_for("mug: ");
        assert!(!console.text().contains("Datasets"), "{line}: {}", console.text());
    }
}

#[test]
fn what_is_odd_about_the_data_is_told_recorded_and_shown() {
    let home = Home::new();
    let checked = home.json(&format!("data check {} --json", small().display()));
    let told = home.good(&format!("train --dataset {} --run odd {FIRST}", small().display()));
    assert!(told.contains("settings: mug's defaults, as none ship for data of this name"), "{told}");
    let view = home.view();
    let findings = view.prepared.unwrap().findings;
    assert_eq!(findings.len(), checked["flaws"].as_array().unwrap().len(), "{findings:?}\n{checked}");
    assert!(findings.iter().any(|f| f.starts_with("train.audio: ") && f.contains("NaN or infinite")), "{findings:?}");
    for finding in findings {
        let words = format!("found in the data: {finding}");
        assert!(told.contains(&words), "{words} in {told}");
        assert!(view.log.iter().any(|l| l.message == words), "{:?}", view.log);
    }
    assert!(view.log.iter().any(|l| l.message.starts_with("settings: mug's defaults")), "{:?}", view.log);
    assert!(home.run().manifest().settings_from.as_deref().unwrap().contains("mug's defaults"));
    let manifest = home.run().manifest().clone();
    assert_eq!(manifest.data.unwrap().sha256.len(), 64);
}

#[test]
fn data_that_moved_is_found_again_by_its_content() {
    let home = Home::new();
    let (old, new, other) =
        (home.path().join("sims.pkl"), home.path().join("moved.pkl"), home.path().join("other.pkl"));
    std::fs::copy(small(), &old).unwrap();
    let set = "--device cpu --stage contrastive --set contrastive.epochs=2 --set data.label_range=3";
    home.good(&format!("train --dataset {} --run r {set}", old.display()));
    let known = home.run().manifest().data.clone().unwrap().sha256;
    std::fs::rename(&old, &new).unwrap();
    let mut changed = std::fs::read(&new).unwrap();
    let last = changed.len() - 3;
    changed[last] ^= 1;
    std::fs::write(&other, changed).unwrap();
    let again = |dataset: &str| format!("train --resume r --stage denoising{dataset} --json");
    let gone = home.bad(&again(""));
    assert!(gone.contains("mug resume r --dataset FILE"), "{gone}");
    for line in [again(&format!(" --dataset {}", other.display())), format!("resume r --dataset {}", other.display())] {
        let text = home.bad(&line);
        assert!(text.contains(&known) && text.contains("now ") && text.contains("other.pkl"), "{line}: {text}");
    }
    assert_eq!(home.run().manifest().source.as_deref(), Some(old.as_path()), "as it was");
    home.good(&again(&format!(" --dataset {}", new.display())));
    let manifest = home.run().manifest().clone();
    assert_eq!((manifest.source.as_deref(), manifest.data.unwrap().sha256), (Some(new.as_path()), known));
}

#[test]
fn data_that_was_changed_in_place_between_two_processes_is_noticed() {
    use std::os::unix::fs::FileExt;
    let home = Home::new();
    let file = home.path().join("mine.pkl");
    std::fs::copy(small(), &file).unwrap();
    home.good(&format!("train --dataset {} --run r {FIRST}", file.display()));
    std::thread::sleep(Duration::from_millis(50));
    // Only the time: that is looked into, and taken.
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes).unwrap();
    home.good("train --resume r --stage denoising");
    let middle = bytes.len() / 2;
    std::thread::sleep(Duration::from_millis(50));
    let open = std::fs::File::options().write(true).open(&file).unwrap();
    open.write_all_at(&[bytes[middle] ^ 1], middle as u64).unwrap();
    let text = home.bad("train --resume r --stage joint");
    assert!(text.contains("SHA-256") && text.contains("put the old file back"), "{text}");
}

/// A folder of the CMU Multimodal SDK: chosen, trained on, taken up, predicted; noticed where a file of it changes.
#[test]
fn a_folder_of_the_sdk_is_data_like_a_file() {
    let home = Home::new();
    let sdk = data_folder(&home).join("my-sdk");
    std::fs::create_dir(&sdk).unwrap();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sdk")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, sdk.join(path.file_name().unwrap())).unwrap();
    }
    for (list, videos) in [("train", "video0\nvideo2\n"), ("valid", "video1\n"), ("test", "video4\nvideo5\n")] {
        std::fs::write(sdk.join(format!("{list}.txt")), videos).unwrap();
    }
    let mut console = Console::open(home.path(), "", 120, 36, &[]);
    console.wait_for("my-sdk");
    console.leave();
    let all = "--set contrastive.epochs=1 --set denoising.epochs=1 --set joint.epochs=1";
    assert!(home.good(&format!("train --dataset my-sdk --run r --stage contrastive {all}")).contains("my-sdk"));
    assert_eq!(home.run().manifest().source.as_deref(), Some(sdk.as_path()));
    std::fs::write(sdk.join("notes.md"), "not data").unwrap();
    home.good("train --resume r --stage denoising");
    home.good("train --resume r --stage joint");
    let predicted = home.good(&format!("predict r {} --split valid", sdk.display()));
    assert_eq!(predicted.lines().filter(|line| line.contains("video1$_$")).count(), 4, "{predicted}");
    std::thread::sleep(Duration::from_millis(50));
    std::fs::write(sdk.join("train.txt"), "video0\nvideo3\n").unwrap();
    let text = home.bad("resume r --restart joint");
    assert!(text.contains("SHA-256") && text.contains("my-sdk"), "{text}");
}

#[test]
fn settings_in_run_toml_obey_the_same_rules() {
    let home = Home::new();
    home.good(&format!("train --dataset demo --run r {FIRST}"));
    let dir = RunDir::open(&home.runs().join("r")).unwrap();
    let path = dir.path().join("run.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("batch_size = 32", "batch_size = 0"),
        ("hidden = 32", "hidden = 0"),
        ("dropout = 0.1", "dropout = 1.5"),
        ("dropout = 0.1", "dropout = nan"),
        ("gradient_clip = 1.0", "gradient_clip = -1"),
        ("seed = 1\n", "seed = 2\n"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        std::fs::write(&path, bad).unwrap();
        for line in ["train --resume r --stage denoising", "resume r --restart contrastive"] {
            let text = home.bad(line);
            let key = to.split(' ').next().unwrap();
            assert!(text.contains("run.toml") && text.contains(key) && text.contains("expected"), "{to}: {text}");
        }
        assert!(home.good("runs").contains("finished"), "it is listed all the same");
    }
    std::fs::write(&path, good).unwrap();
    assert!(home.bad("resume r --restart joint").contains("made of the stages contrastive"));
    let runs = home.runs().display().to_string();
    let output = home.mug_with(&["--runs-dir", &runs, "health", "r"]).env_remove("MUG_RUNS_DIR").output().unwrap();
    assert!(said(&output).contains("no-signal"), "{}", said(&output));
}

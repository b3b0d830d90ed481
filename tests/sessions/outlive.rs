//! The built program: a run goes on without whoever started it, is found again, and is taken up after its process was
//! killed.

use std::process::Command;

use crate::support::home::{Home, said, signal, until};
use crate::support::settings::{FIRST, SMALL};

#[test]
fn a_run_outlives_its_viewer_and_is_taken_up_after_kill_9() {
    let home = Home::new();
    assert!(home.good("runs").contains("no runs"));
    // Lines, because standard output is a pipe; the viewer is killed as soon as the run is there.
    let mut viewer = home.mug(SMALL).spawn().unwrap();
    home.wait_for_state("training");
    viewer.kill().unwrap();
    viewer.wait().unwrap();
    let name = home.run().name().to_owned();
    home.good(&format!("pause {name}"));
    assert_eq!(home.state(), "paused");
    assert!(home.good(&format!("pause {name}")).contains("already"));
    signal(home.host(), "-KILL");
    home.wait_for_state("died");
    let refused = home.output(&format!("pause {name}"));
    assert!(!refused.status.success());
    let said = said(&refused);
    assert!(said.contains("died") && said.contains(&format!("mug resume {name}")), "{said}");
    home.good(&format!("resume {name}"));
    assert!(home.good(&format!("attach {name}")).contains("finished"));
    let run = &home.listed()[0];
    assert_eq!((run.state.name(), run.progress), ("finished", 1.0), "{run:?}");
    assert!(!home.output(&format!("resume {name}")).status.success(), "nothing is left to do");
}

#[test]
fn a_signal_ends_train_cleanly_and_resume_finishes_it() {
    let home = Home::new();
    let mut ended_by = Vec::new();
    for (name, status) in [("-TERM", 143), ("-INT", 130), ("-USR1", 138)] {
        let line = if ended_by.is_empty() { format!("train {SMALL} --run x") } else { "train --resume x".to_owned() };
        let child = home.mug(&line).spawn().unwrap();
        home.wait_for_state("training");
        signal(child.id(), name);
        let output = child.wait_with_output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains("mug train --resume x"), "{said}");
        assert_eq!(home.state(), "stopped");
        ended_by.push(name);
    }
    let output = home.output("train --resume x --json");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["run"], "x");
    for key in ["device", "stages", "metrics", "labels"] {
        assert!(report.get(key).is_some(), "{key} is missing in {text}");
    }
    // A batch system may start a finished job again.
    assert_eq!(String::from_utf8(home.output("train --resume x --json").stdout).unwrap(), text);
}

#[test]
fn mistakes_are_told_before_anything_is_made() {
    let home = Home::new();
    for (line, wanted) in [
        ("train --dataset no-such-data", "no-such-data"),
        ("train --dataset demo --stage joint", "--stage contrastive,denoising,joint"),
        ("train --dataset demo --run ../x", "cannot name a run"),
        ("train --dataset demo --set joint.nonsense=1", "nonsense"),
        ("train --resume x", "mug runs"),
        ("attach", "no run is live"),
        ("pause x", "no run \"x\""),
        ("labels x", "no run \"x\""),
        ("host .", "no run directory"),
    ] {
        let output = home.output(line);
        let said = said(&output);
        assert!(!output.status.success() && said.contains(wanted), "mug {line}: {said}");
        assert!(said.lines().count() <= 3, "mug {line}: {said}");
    }
    assert!(!home.runs().exists());
}

#[test]
fn resume_tells_of_a_run_that_fails_at_once() {
    let home = Home::new();
    let mut child = home.start(&format!("train {SMALL} --set joint.epochs=5000 --run x"));
    until(
        "the joint stage",
        || home.runs().join("x/events.jsonl").exists() && home.view().stages[2].step > 3,
        String::new,
    );
    home.good("stop x");
    child.wait().unwrap();
    let result =
        |path: &std::path::PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("contrastive-"));
    let mut files = std::fs::read_dir(home.run().checkpoints_dir()).unwrap().map(|e| e.unwrap().path());
    std::fs::remove_file(files.find(result).unwrap()).unwrap();
    let output = home.output("resume x");
    let text = said(&output);
    assert!(!output.status.success() && !text.contains("goes on"), "{text}");
    assert!(text.contains("contrastive"), "{text}");
}

#[test]
fn a_run_whose_lock_was_deleted_or_is_read_by_others_is_trained_once() {
    let home = Home::new();
    let mut child = home.training();
    std::fs::remove_file(home.run().lock_path()).unwrap();
    for line in ["train --resume x", "resume x"] {
        let output = home.output(line);
        assert!(said(&output).contains("already"), "{}", said(&output));
    }
    until("the lock's file", || home.run().lock_path().exists(), String::new);
    home.good("stop x");
    child.wait().unwrap();
    let readers = [home.run().lock_path(), home.run().events_path()].map(|path| std::fs::File::open(path).unwrap());
    readers.iter().for_each(|reader| reader.lock_shared().unwrap());
    home.good("resume x");
    home.wait_for_state("training");
    home.good("stop x");
}

#[test]
fn pipes_and_devices_in_place_of_files_hang_nothing() {
    let home = Home::new();
    home.good(&format!("train --dataset demo {FIRST} --run good"));
    let mut n = 0;
    for name in ["run.toml", "events.jsonl", "marks.jsonl", "host.lock"] {
        for pipe in [true, false] {
            n += 1;
            let run = format!("bad{n}");
            let folder = home.runs().join(&run);
            assert!(
                Command::new("cp")
                    .arg("-r")
                    .args([home.runs().join("good"), folder.clone()])
                    .status()
                    .unwrap()
                    .success()
            );
            let file = folder.join(name);
            let _ = std::fs::remove_file(&file);
            if pipe {
                assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
            } else {
                std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
            }
            for line in [format!("labels {run}"), format!("train --resume {run}"), format!("resume {run}")] {
                let mut child = home.start(&line);
                until(&format!("the end of mug {line} ({name})"), || child.try_wait().unwrap().is_some(), String::new);
            }
        }
    }
    assert!(home.good("runs").contains("good"));
    let output = home.output("train --dataset demo --config /dev/zero");
    assert!(said(&output).contains("expected a regular file, found a device"), "{}", said(&output));
}

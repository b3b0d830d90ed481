//! The built program: a run goes on without whoever started it, is found again, and is taken up after its process was
//! killed.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// `mug` with runs and sockets in a folder of the test's own.
fn mug(home: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mug"));
    command.args(line.split_whitespace()).env("MUG_RUNS_DIR", home.join("runs")).env("MUG_RUNTIME_DIR", home.join("s"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn output(home: &Path, line: &str) -> Output {
    mug(home, line).output().unwrap()
}

/// Standard output and error of a command that must succeed.
fn good(home: &Path, line: &str) -> String {
    let output = output(home, line);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "mug {line}: {text}");
    text
}

/// The only run as `mug runs --json` shows it.
fn listed(home: &Path) -> serde_json::Value {
    let runs: serde_json::Value = serde_json::from_slice(&output(home, "runs --json").stdout).unwrap();
    runs[0].clone()
}

fn until(mut happened: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if happened() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it did not happen within two minutes");
}

/// Small enough to finish soon, long enough not to finish before it is looked at.
const SMALL: &str = "--dataset demo --set contrastive.epochs=3 --set denoising.epochs=3 --set joint.epochs=3";

fn kill(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

fn host_pid(home: &Path) -> String {
    let path = listed(home)["path"].as_str().unwrap().to_owned();
    let text = std::fs::read_to_string(Path::new(&path).join("host.lock")).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["pid"].to_string()
}

#[test]
fn a_run_outlives_its_viewer_and_is_taken_up_after_kill_9() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    assert!(good(home, "runs").contains("no runs"));
    // Lines, because standard output is a pipe; the viewer is killed as soon as the run is there.
    let mut viewer = mug(home, SMALL).spawn().unwrap();
    until(|| listed(home)["state"] == "training");
    viewer.kill().unwrap();
    viewer.wait().unwrap();
    let name = listed(home)["name"].as_str().unwrap().to_owned();
    good(home, &format!("pause {name}"));
    assert_eq!(listed(home)["state"], "paused");
    assert!(good(home, &format!("pause {name}")).contains("already"));
    assert!(Command::new("kill").args(["-9", &host_pid(home)]).status().unwrap().success());
    until(|| listed(home)["state"] == "died");
    let refused = output(home, &format!("pause {name}"));
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("died") && said.contains(&format!("mug resume {name}")), "{said}");
    good(home, &format!("resume {name}"));
    assert!(good(home, &format!("attach {name}")).contains("finished"));
    let run = listed(home);
    assert_eq!((&run["state"], &run["progress"]), (&"finished".into(), &1.0.into()), "{run}");
    assert!(!output(home, &format!("resume {name}")).status.success(), "nothing is left to do");
}

#[test]
fn a_signal_ends_train_cleanly_and_resume_finishes_it() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let mut ended_by = Vec::new();
    for (signal, status) in [("-TERM", 143), ("-INT", 130), ("-USR1", 138)] {
        let line = if ended_by.is_empty() { format!("train {SMALL} --run x") } else { "train --resume x".to_owned() };
        let child = mug(home, &line).spawn().unwrap();
        until(|| listed(home)["state"] == "training");
        kill(&child, signal);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains("mug train --resume x"), "{said}");
        assert_eq!(listed(home)["state"], "stopped");
        ended_by.push(signal);
    }
    let output = output(home, "train --resume x --json");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["run"], "x");
    for key in ["device", "stages", "metrics", "labels"] {
        assert!(report.get(key).is_some(), "{key} is missing in {text}");
    }
    // A batch system may start a finished job again.
    assert_eq!(String::from_utf8(self::output(home, "train --resume x --json").stdout).unwrap(), text);
}

#[test]
fn mistakes_are_told_before_anything_is_made() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
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
        let output = output(home, line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(wanted), "mug {line}: {said}");
        assert!(said.lines().count() <= 3, "mug {line}: {said}");
    }
    assert!(!home.join("runs").exists());
}

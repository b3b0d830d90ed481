//! A process that ends, a write that is torn, a call that fails, at every call that changes a file of the run: the run that
//! is taken up again is the undisturbed one, in everything that it recorded.
//!
//! A library is built from faults.c and preloaded into the program. `MUG_TEST_FAULTS=all` tries every call; otherwise a
//! sample is tried: every so many-th, and all calls around the ends of stages, where the result, the checkpoint that names it
//! and the record have to count as one.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::LazyLock;

use crate::support::home::{Home, said, until};
use crate::support::outcome::Outcome;

/// A run of a second, with every kind of file.
const TINY: &str = "--dataset demo --device cpu --set contrastive.epochs=2 --set contrastive.patience=0 \
     --set denoising.epochs=2 --set joint.epochs=2 --set joint.patience=0 --run x";

/// The library of faults.c.
static LIBRARY: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libfaults.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sessions/faults.c");
    let mut cc = Command::new("cc");
    let built = cc.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&path).arg(source).arg("-ldl").output();
    let built = built.expect("Rust's linker, cc, builds the library of faults");
    assert!(built.status.success(), "{}", said(&built));
    (folder, path)
});

/// What the run is when nothing disturbs it, and what `mug health` says of it.
static WHOLE: LazyLock<(Outcome, serde_json::Value)> = LazyLock::new(|| {
    let home = Home::new();
    home.good(&format!("train {TINY}"));
    (Outcome::of(&home.run()), health(&home))
});

fn health(home: &Home) -> serde_json::Value {
    let mut value: serde_json::Value = serde_json::from_slice(&home.output("health x --json").stdout).unwrap();
    value["path"] = serde_json::Value::Null;
    value
}

/// Trains with a fault of this kind at this call.
fn faulty(home: &Home, line: &str, kind: &str, at: usize) -> ExitStatus {
    let mut command = home.mug(line);
    command.env("LD_PRELOAD", &LIBRARY.1).env("MUG_FAULT_ROOT", home.runs());
    command.env("MUG_FAULT_KIND", kind).env("MUG_FAULT_AT", at.to_string());
    command.env("MUG_FAULT_COUNT", home.path().join("count"));
    let mut child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut ended = None;
    until(
        &format!("the end of the process with a fault ({kind}) at call {at}"),
        || {
            ended = child.try_wait().unwrap();
            ended.is_some()
        },
        String::new,
    );
    ended.expect("just seen")
}

/// The run goes on to its end and is the undisturbed one.
fn goes_on(home: &Home, what: &str) {
    // Before its directory stood there was no run.
    let line = if home.runs().join("x").exists() { "train --resume x".to_owned() } else { format!("train {TINY}") };
    let output = home.output(&line);
    assert!(output.status.success(), "{what}: mug {line}: {}", said(&output));
    same(home, what);
}

fn same(home: &Home, what: &str) {
    Outcome::of(&home.run()).assert_same(&WHOLE.0, what);
    assert_eq!(health(home), WHOLE.1, "{what}");
    let verified = home.output("verify x");
    assert!(verified.status.success(), "{what}: {}", said(&verified));
}

/// The calls of an undisturbed run to try: all, or a sample of `count`.
fn calls(count: usize) -> Vec<usize> {
    let home = Home::new();
    assert!(faulty(&home, &format!("train {TINY}"), "none", 0).success());
    let all: usize = std::fs::read_to_string(home.path().join("count")).unwrap().trim().parse().unwrap();
    assert!(all > 100, "{all} calls: the library does not see them");
    if std::env::var("MUG_TEST_FAULTS").is_ok_and(|v| v == "all") {
        return (1..=all).collect();
    }
    let every = all.div_ceil(count);
    println!("every {every}th of {all} calls");
    // Another phase for the three kinds of fault, so that together they see more.
    (1 + count % every..=all).step_by(every).collect()
}

#[test]
fn killed_before_a_call() {
    for at in calls(30) {
        let home = Home::new();
        faulty(&home, &format!("train {TINY}"), "kill", at);
        goes_on(&home, &format!("killed before call {at}"));
    }
}

#[test]
fn a_write_that_is_torn() {
    for at in calls(31) {
        let home = Home::new();
        faulty(&home, &format!("train {TINY}"), "tear", at);
        goes_on(&home, &format!("torn at call {at}"));
    }
}

#[test]
fn a_call_that_fails_once() {
    for at in calls(16) {
        let home = Home::new();
        // Where nothing has begun yet the program may refuse and say why; else it goes on by itself.
        if faulty(&home, &format!("train {TINY}"), "error", at).success() {
            same(&home, &format!("failed at call {at}"));
        } else {
            goes_on(&home, &format!("failed at call {at}"));
        }
    }
}

#[test]
fn killed_while_a_stage_is_begun_anew() {
    let whole = Home::new();
    whole.good(&format!("train {TINY}"));
    let count =
        |home: &Home| -> usize { std::fs::read_to_string(home.path().join("count")).unwrap().trim().parse().unwrap() };
    let restart = |home: &Home, at: usize| {
        let run = home.runs().join("x");
        let line = format!("host {} --resume --restart denoising", run.display());
        faulty(home, &line, "kill", at)
    };
    assert!(restart(&whole, 0).success());
    let all = count(&whole);
    // The same numbers; refreshes of the labels are counted over the run, so they are others.
    let anew = Outcome::of(&whole.run());
    for at in (1..=all.min(40)).step_by(3) {
        let home = Home::new();
        home.good(&format!("train {TINY}"));
        restart(&home, at);
        home.good("train --resume x");
        // Killed early, nothing was begun anew.
        let found = Outcome::of(&home.run());
        if !found.is(&WHOLE.0) {
            found.assert_same(&anew, &format!("killed before call {at} of beginning anew"));
        }
        home.good("verify x");
    }
}

//! People are told how runs and studies end and what is wrong with them: by their own command, whoever looks on, and on the
//! terminal of a console, inside tmux too.

use std::path::Path;
use std::process::Command;

use mug::run::lock;

use crate::support::home::{Home, signal, until};
use crate::support::settings::{FIRST, SHORT, SMALL};
use crate::support::terminal::Console;

/// Writes a person's settings; the command is a line for a shell.
fn settings(home: &Home, script: &str, more: &str) {
    let folder = home.path().join("config");
    std::fs::create_dir_all(&folder).unwrap();
    let script = serde_json::to_string(script).unwrap();
    std::fs::write(folder.join("mug.toml"), format!("[notify]\ncommand = [\"sh\", \"-c\", {script}]\n{more}\n"))
        .unwrap();
}

/// A command that writes each message on a line of `told`, whole or not at all.
fn tell_to_file(home: &Home) -> String {
    let told = home.path().join("told");
    format!(
        "printf '%s|%s|%s|%s|%s\\n' \"$MUG_RUN\" \"$MUG_STUDY\" \"$MUG_STATE\" \"$MUG_MESSAGE\" \"$MUG_FIGURES\" >> {}",
        told.display()
    )
}

/// What was told: run, study, state, message, figures.
fn told(home: &Home) -> Vec<[String; 5]> {
    let text = std::fs::read_to_string(home.path().join("told")).unwrap_or_default();
    let fields = |line: &str| line.splitn(5, '|').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
    text.lines().map(fields).collect()
}

fn log(home: &Home) -> String {
    home.view().log.iter().map(|l| format!("{}\n", l.message)).collect()
}

#[test]
fn a_runs_signal_its_signs_of_failure_and_its_end_are_told_with_nobody_attached() {
    let home = Home::new();
    settings(&home, &tell_to_file(&home), "");
    let child = home.start(&format!("train {SMALL} --run x --set health.least_signal=1.0"));
    home.wait_for_state("training");
    signal(child.id(), "-USR1");
    let mut child = child;
    assert_eq!(child.wait().unwrap().code(), Some(138));
    let last = told(&home).pop().unwrap();
    assert_eq!((&*last[0], &*last[2]), ("x", "stopped"));
    assert!(last[3].contains("mug resume x"), "{last:?}");
    // Taken up by a process of its own, detached from any terminal.
    home.good("resume x");
    until("the run's end", || home.state() == "finished" && !lock::is_alive(&home.run()), || home.state());
    let all = told(&home);
    let states: Vec<&str> = all.iter().map(|m| &*m[2]).collect();
    assert_eq!(states.iter().filter(|s| **s == "finished").count(), 1, "{all:?}");
    assert!(states.contains(&"unhealthy") && states.last() == Some(&"finished"), "{all:?}");
    let sign = all.iter().find(|m| m[2] == "unhealthy").unwrap();
    assert!(sign[3].starts_with("run x: contrastive no-signal"), "{sign:?}");
    let figures: serde_json::Value = serde_json::from_str(&all.last().unwrap()[4]).unwrap();
    assert!(figures["metrics"]["test"]["mae"].is_number(), "{figures}");
    assert!(!log(&home).contains("notify"), "{}", log(&home));
}

#[test]
fn divergence_is_told_from_other_failures_and_a_person_who_stops_a_run_is_not_told() {
    let home = Home::new();
    settings(&home, &tell_to_file(&home), "");
    home.bad(
        "train --dataset demo --device cpu --set contrastive.learning_rate=9.9 --set training.gradient_clip=0 \
         --set contrastive.epochs=60 --set contrastive.patience=0 --set contrastive.temperature=1e-40 --run x",
    );
    assert_eq!(told(&home).iter().map(|m| &*m[2]).collect::<Vec<_>>(), ["diverged"]);
    let mut child = home.start(&format!("train {SMALL} --run y"));
    home.wait_for_state("training");
    home.good("stop y");
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert_eq!(told(&home).len(), 1);
}

#[test]
fn a_command_that_hangs_fails_or_is_not_there_harms_nothing_and_is_logged() {
    let home = Home::new();
    let pid = home.path().join("pid");
    settings(&home, &format!("echo $$ > {}; echo about to hang; sleep 1000", pid.display()), "timeout = 1");
    home.good(&format!("train --dataset demo {FIRST} --run x"));
    assert!(log(&home).contains("did not end within 1 s and was killed; it said: about to hang"), "{}", log(&home));
    let hung = std::fs::read_to_string(&pid).unwrap();
    assert!(!Path::new("/proc").join(hung.trim()).exists());
    settings(&home, "echo no route to host >&2; exit 3", "");
    home.good(&format!("train --dataset demo {FIRST} --run y"));
    assert!(log(&home).contains("it said: no route to host"), "{}", log(&home));
    std::fs::write(home.path().join("config/mug.toml"), "[notify]\ncommand = [\"/no/such/program\"]\n").unwrap();
    home.good(&format!("train --dataset demo {FIRST} --run z"));
    assert!(log(&home).contains("cannot start /no/such/program"), "{}", log(&home));
    std::fs::write(home.path().join("config/mug.toml"), "[notify]\ncomand = []\n").unwrap();
    home.good(&format!("train --dataset demo {FIRST} --run zz"));
    assert!(log(&home).contains("mug.toml") && log(&home).contains("nobody is told"), "{}", log(&home));
    for run in home.listed() {
        home.good(&format!("verify {}", run.name));
    }
}

#[test]
fn a_study_tells_once() {
    let home = Home::new();
    settings(&home, &tell_to_file(&home), "");
    let study = "question = \"Is it told once?\"\nseeds = 2\nreference = \"a\"\nmetrics = [\"test.mae\"]\n\
                 [settings]\ncontrastive = { epochs = 1 }\ndenoising = { epochs = 1 }\njoint = { epochs = 1 }\n\
                 [[variants]]\nname = \"a\"\n[[variants]]\nname = \"b\"\nset = { joint.unimodal_weight = 0.0 }\n";
    std::fs::write(home.path().join("small.toml"), study).unwrap();
    home.good("study run small.toml --name s --dataset demo --device cpu --jobs 2");
    let all = told(&home);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0][..4], ["", "s", "finished", "study s is finished: 4 runs"].map(str::to_owned));
    let figures: serde_json::Value = serde_json::from_str(&all[0][4]).unwrap();
    assert_eq!(figures["finished"], 4);
}

fn sent(console: &Console) -> String {
    String::from_utf8_lossy(&console.sent()).into_owned()
}

/// Begins a run whose end a console at it waits for, and lets it end.
fn until_finished(home: &Home, console: &mut Console) {
    console.wait_for("▶");
    // It goes on from here and ends by itself.
    until("the run's end", || home.state() == "finished", || home.state());
}

#[test]
fn an_attached_console_rings_and_sends_the_terminals_own_notification() {
    for (terminal, env, expected) in [
        ("auto", &[][..], "\x07\x1b]9;mug: run x is finished"),
        ("auto", &[("TERM", "xterm-kitty")], "\x07\x1b]99;i=mug:d=0:p=title;mug\x1b\\"),
        ("osc777", &[], "\x07\x1b]777;notify;mug;run x is finished"),
        ("auto", &[("TMUX", "/nowhere,1,0")], "\x07\x1bPtmux;\x1b\x1b]9;mug: run x is finished"),
    ] {
        let home = Home::new();
        settings(&home, "true", &format!("terminal = \"{terminal}\""));
        let mut host = home.start(&format!("train {SMALL} --run x"));
        home.wait_for_state("training");
        let mut console = Console::open(home.path(), "attach x", 100, 30, env);
        until_finished(&home, &mut console);
        until("a notification", || sent(&console).contains(expected), || format!("{:?}", sent(&console)));
        host.wait().unwrap();
        // One that is opened afterwards has nothing to tell.
        let later = Console::open(home.path(), "attach x", 100, 30, env);
        later.wait_for("finished");
        later.quiet();
        assert!(!sent(&later).contains('\x07'), "{:?}", sent(&later));
    }
}

#[test]
fn tmux_passes_the_notification_on_to_the_terminal_outside() {
    if Command::new("tmux").arg("-V").output().is_err() {
        return println!("skipped: there is no tmux");
    }
    let home = Home::new();
    let mut host = home.start(&format!("train {SMALL} --run x"));
    home.wait_for_state("training");
    let conf = home.path().join("tmux.conf");
    std::fs::write(&conf, "set -g allow-passthrough on\nset -g default-terminal screen-256color\n").unwrap();
    let (socket, conf) = (home.path().join("t").display().to_string(), conf.display().to_string());
    let inside = format!("{} attach x", env!("CARGO_BIN_EXE_mug"));
    let arguments = ["-u", "-S", &socket, "-f", &conf, "new-session", &inside];
    let mut console = Console::open_program(home.path(), "tmux", arguments, 100, 30, &[]);
    until_finished(&home, &mut console);
    let expected = "\x1b]9;mug: run x is finished";
    until("a notification outside", || sent(&console).contains(expected), || format!("{:?}", sent(&console)));
    let outside = sent(&console);
    assert!(!outside.contains("\x1bPtmux") && outside.contains('\x07'), "unwrapped, and with the bell: {outside:?}");
    host.wait().unwrap();
    let _ = Command::new("tmux").args(["-S", &socket, "kill-server"]).status();
}

#[test]
fn what_the_machine_does_is_recorded_from_the_first_step() {
    let home = Home::new();
    home.good(&format!("train --dataset demo --run x {SHORT}"));
    let view = home.view();
    assert!(!view.system.is_empty());
    let names: Vec<&str> = view.system.series().iter().map(|s| s.quantity.name()).collect();
    if cfg!(target_os = "linux") {
        for name in ["memory", "threads", "run directory", "disk free"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
    }
    let process = home.run().manifest().process.clone().unwrap();
    assert!(process.threads > 0 && process.cores > 0 && process.device == "CPU (flex)", "{process:?}");
    assert!(home.good("show x --settings").contains("settings that were changed"));
    home.good("plot x --what system -o system.svg");
    let picture = std::fs::read_to_string(home.path().join("system.svg")).unwrap();
    assert!(picture.contains("threads"), "{picture:.300}");
    home.good("verify x");
}

//! Disks that refuse: the run pauses with a message, loses nothing, and goes on when it can.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::kills::WHOLE;
use crate::support::home::{Home, until};
use crate::support::outcome::Outcome;
use crate::support::settings::SMALL;
use crate::support::terminal::Console;

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|o| o.status.success())
}

/// A mount of the test's own, taken away at the end.
struct Mount(PathBuf);

impl Mount {
    /// `None` where this user may not mount.
    fn new(arguments: &[&str], at: &Path) -> Option<Mount> {
        let arguments = [arguments, &[at.to_str().unwrap()]].concat();
        succeeds("mount", &arguments).then(|| Mount(at.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        succeeds("umount", &["--lazy", self.0.to_str().unwrap()]);
    }
}

/// Trains `x` with a checkpoint each second.
fn train(home: &Home) -> Child {
    // A limit on the size of files is an error to it and not the end.
    let shell = "trap '' XFSZ; exec \"$@\"";
    let mug = home.mug(&format!("train {SMALL} --set training.checkpoint_seconds=1 --run x"));
    let mut command = Command::new("bash");
    command.args(["-c", shell, "bash"]).arg(mug.get_program()).args(mug.get_args()).envs(home.variables());
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until(
        "the first steps",
        || home.runs().join("x/events.jsonl").exists() && home.view().stages[0].step > 3,
        String::new,
    );
    child
}

/// The run goes on, to its end, and has lost nothing.
fn finishes(home: &Home, mut child: Child, console: &Console, what: &str) {
    console.wait_for("✔ finished");
    assert!(child.wait().unwrap().success());
    Outcome::of(&home.run()).assert_same(&WHOLE, what);
}

#[test]
fn a_full_disk() {
    let home = Home::new();
    std::fs::create_dir(home.runs()).unwrap();
    let disk = Mount::new(&["-t", "tmpfs", "-o", "size=16m", "none"], &home.runs());
    let (child, console);
    if disk.is_some() {
        child = train(&home);
        console = Console::open(home.path(), "attach x", 120, 36, &[]);
        console.wait_for("▶");
        let filler = home.runs().join("filler");
        let mut file = std::fs::File::create(&filler).unwrap();
        // Again and again: what the run frees is filled as well.
        until(
            "a paused run",
            || {
                while file.write(&[1; 4096]).is_ok_and(|n| n > 0) {}
                let text = console.text();
                let why = ["No space", "of free disk"];
                text.contains("paused until it can be written") && why.iter().any(|why| text.contains(why))
            },
            || console.text(),
        );
        drop(file);
        std::fs::remove_file(filler).unwrap();
    } else {
        println!("no mount is permitted here: a limit on the size of files stands in for the full disk");
        child = train(&home);
        console = Console::open(home.path(), "attach x", 120, 36, &[]);
        console.wait_for("▶");
        let pid = child.id().to_string();
        assert!(succeeds("prlimit", &["--pid", &pid, "--fsize=20000:"]));
        until("a paused run", || console.text().contains("paused until it can be written"), || console.text());
        assert!(succeeds("prlimit", &["--pid", &pid, "--fsize=unlimited:"]));
    }
    finishes(&home, child, &console, "the disk was full for a while");
}

#[test]
fn a_directory_that_is_read_only() {
    let home = Home::new();
    let child = train(&home);
    let console = Console::open(home.path(), "attach x", 120, 36, &[]);
    console.wait_for("▶");
    let folder = home.runs().join("x/checkpoints");
    let path = folder.to_str().unwrap();
    // Permissions do not bind root; a mount does.
    // Not while a checkpoint is being written there: that moment is waited out.
    let read_only = || {
        std::thread::sleep(Duration::from_millis(5));
        succeeds("mount", &["-o", "remount,bind,ro", path])
    };
    let mount = Mount::new(&["--bind", path], &folder).filter(|_| (0..200).any(|_| read_only()));
    if mount.is_none() {
        assert!(succeeds("chmod", &["555", path]));
        assert!(
            std::fs::File::create(folder.join("x")).is_err(),
            "neither a mount nor permissions make {path} read-only"
        );
    }
    until("a paused run", || console.text().contains("paused until it can be written"), || console.text());
    assert_eq!(home.state(), "paused");
    // What was trained stands.
    assert!(home.view().stages[0].step > 3);
    drop(mount);
    assert!(succeeds("chmod", &["755", path]));
    finishes(&home, child, &console, "checkpoints could not be written for a while");
}

#[test]
fn a_directory_that_is_moved_away_and_comes_back() {
    let home = Home::new();
    let child = train(&home);
    let console = Console::open(home.path(), "attach x", 120, 36, &[]);
    console.wait_for("▶");
    let (here, aside) = (home.runs().join("x"), home.path().join("aside"));
    std::fs::rename(&here, &aside).unwrap();
    // What is missed first is a matter of the moment: the events, an array, a checkpoint.
    let told = |text: &str| text.contains("deleted, moved") || text.contains("No such file");
    let paused = || console.text().contains("paused until it can be written") && told(&console.text());
    until("a paused run", paused, || console.text());
    std::fs::rename(&aside, &here).unwrap();
    finishes(&home, child, &console, "the directory was away for a while");
}

#[test]
fn the_end_is_not_waited_for_on_a_full_disk() {
    let home = Home::new();
    let child = train(&home);
    let folder = home.runs().join("x/checkpoints");
    // No checkpoint can be written any more.
    until("no checkpoints", || std::fs::remove_dir_all(&folder).is_ok(), String::new);
    std::fs::write(&folder, "").unwrap();
    home.wait_for_state("paused");
    assert!(succeeds("kill", &["-TERM", &child.id().to_string()]));
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    let fault = home.view().fault.unwrap();
    assert!(fault.contains("told to stop"), "{fault}");
}

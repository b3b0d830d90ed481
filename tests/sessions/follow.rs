//! Watching with the file system only.

use std::time::{Duration, SystemTime};

use crate::support::home::{Home, said, signal};
use crate::support::terminal::Console;

#[test]
fn a_follower_without_the_socket_sees_the_run_changes_nothing_and_is_told_of_its_death() {
    let home = Home::new();
    let mut host = home.training();
    // No socket is found here: only the run directory is.
    let elsewhere = tempfile::tempdir().unwrap();
    let path = home.run().path().display().to_string();
    let mut follower = Console::open(elsewhere.path(), &format!("attach --follow {path}"), 100, 30, &[]);
    follower.wait_for("▶ contrastive");
    follower.wait_for("following");
    follower.press(" ");
    follower.wait_for("read-only");
    assert_eq!(home.state(), "training");
    signal(home.host(), "-KILL");
    host.wait().unwrap();
    follower.wait_for("✘ died");
    home.good("resume x");
    follower.wait_for("▶ contrastive");
    home.good("stop x");
    follower.wait_for("○ stopped");
}

#[test]
fn a_process_on_another_machine_is_known_by_its_signs_of_life() {
    let home = Home::new();
    let mut host = home.training();
    host.kill().unwrap();
    host.wait().unwrap();
    // What another machine would see, without locks: the words of the lock file, and its time.
    let file = home.run().lock_path();
    let mut holder: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for (key, value) in [("machine", "node7"), ("boot", "another-kernel"), ("locks", "machine")] {
        holder[key] = value.into();
    }
    std::fs::write(&file, holder.to_string()).unwrap();
    let path = home.run().path().display().to_string();
    let plain = home.mug(&format!("attach --plain --follow {path}")).spawn().unwrap();
    let follower = Console::open(home.path(), &format!("attach --follow {path}"), 160, 40, &[]);
    follower.wait_for("▶ contrastive");
    follower.wait_for("following");
    // Its clock is an hour behind.
    let touch = |seconds: u64| {
        let time = SystemTime::now() - Duration::from_secs(3600 - seconds);
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
    };
    for second in 0..25 {
        touch(second);
        std::thread::sleep(Duration::from_secs(1));
        assert!(follower.text().contains("following"), "{}", follower.text());
    }
    follower.wait_for("no sign of life from the run's process on node7");
    let output = plain.wait_with_output().unwrap();
    assert!(!output.status.success());
    assert!(said(&output).contains("no sign of life from the run's process on node7"), "{}", said(&output));
    touch(60);
    follower.wait_for("following");
}

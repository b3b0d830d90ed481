//! Watching with the file system only.

use crate::LONG;
use crate::support::home::{Home, signal};
use crate::support::terminal::Console;

#[test]
fn a_follower_without_the_socket_sees_the_run_changes_nothing_and_is_told_of_its_death() {
    let home = Home::new();
    let mut host = home.start(&format!("train --dataset demo {LONG} --run x"));
    home.wait_for_state("training");
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

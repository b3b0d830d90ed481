//! Many viewers at once, and one that does not read.

use mug::host::client;
use mug::training::events::Stage;

use crate::support::home::{Home, until};
use crate::support::terminal::Console;

#[test]
fn eight_viewers_one_of_them_stopped_for_the_whole_run() {
    let home = Home::new();
    let mut host = home.training();
    let sizes = [(120, 36), (80, 24), (200, 60), (100, 30), (60, 20), (80, 24), (40, 10), (120, 36)];
    let mut viewers: Vec<Console> =
        sizes.iter().map(|&(w, h)| Console::open(home.path(), "attach x", w, h, &[])).collect();
    for viewer in &viewers {
        viewer.wait_for("▶ contrastive");
    }
    let stopped = viewers.pop().unwrap();
    stopped.signal("-STOP");
    for stage in Stage::ALL {
        let running = format!("▶ {stage}");
        viewers.iter().for_each(|v| v.wait_for(&running));
        // Its pipe is full by far when the run ends: thousands of pieces of news.
        let step = home.view().stage(stage).step;
        until("more steps", || home.view().stage(stage).step > step + 100, String::new);
        viewers[0].press("sy");
    }
    assert!(host.wait().unwrap().success());
    viewers.iter().for_each(|v| v.wait_for("✔ finished"));
    assert!(!stopped.text().contains("✔ finished"), "it was not stopped");
    stopped.signal("-CONT");
    stopped.wait_for("✔ finished");
    let same = || stopped.body() == viewers[0].body();
    until("the same screens", same, || format!("{}\n\n{}", stopped.body(), viewers[0].body()));
}

#[test]
fn viewers_have_sizes_filters_and_places_of_their_own_and_read_only_ones_change_nothing() {
    let home = Home::new();
    let mut host = home.training();
    let mut one = Console::open(home.path(), "attach x", 120, 36, &[]);
    let mut other = Console::open(home.path(), "attach x --read-only", 80, 24, &[]);
    one.wait_for("1500 rows ");
    one.press("\t/y > 0.5\r");
    one.wait_for("· y > 0.5");
    other.wait_for("▶ contrastive");
    other.wait_for("read-only");
    assert!(!other.text().contains("y > 0.5"));
    for key in [" ", "s", "c"] {
        other.press(key);
        other.wait_for("attach without --read-only");
        other.press("\x1b");
        until("the notice gone", || !other.text().contains("attach without"), || other.text());
    }
    other.leave();
    assert_eq!(home.state(), "training");
    let view = home.view();
    assert!(!view.log.iter().any(|l| l.message.contains("will end after this epoch")), "{:?}", view.log);
    one.wait_for("· y > 0.5");
    home.good("stop x");
    host.wait().unwrap();
}

#[test]
fn a_run_that_as_many_watch_as_may_is_still_paused() {
    let home = Home::new();
    let mut host = home.training();
    home.host();
    let silent: Vec<_> = (0..64).map(|_| client::connect(&home.run(), std::sync::mpsc::channel().0).unwrap()).collect();
    home.good("pause x");
    assert_eq!(home.state(), "paused");
    home.good("stop x");
    drop(silent);
    host.wait().unwrap();
}

//! Keys that no person types, and leaving in spite of everything.

use std::fs::File;
use std::time::Duration;

use crate::support::home::{Home, until};
use crate::support::settings::{FIRST, LONG};
use crate::support::terminal::Console;

/// A console on a terminal, and the end of a paste that was lost.
fn pasting(home: &Home) -> Console {
    let mut console = Console::open(home.path(), "", 80, 24, &[]);
    console.wait_for("space train");
    console.press("\x1b[200~some text, and no end");
    console
}

#[test]
fn a_paste_without_an_end_keeps_nobody_from_leaving() {
    let home = Home::new();
    let mut console = pasting(&home);
    console.press("\x03");
    console.ended();
    // Without ctrl-C, too: whoever waits a moment has keys again.
    let mut console = pasting(&home);
    console.press("qq");
    std::thread::sleep(Duration::from_secs(3));
    console.leave();
    assert!(!console.screen(|s| s.alternate_screen()));
}

#[test]
fn a_flood_of_keys_does_nothing_to_the_run_and_the_last_key_still_leaves() {
    let home = Home::new();
    let mut console = Console::training(home.path(), LONG, 80, 24, &[]);
    // Checkpoints, restarts, ends and what confirms them, all at once; then what anybody would press.
    let flood = "cSyRyscM jk".repeat(10_000);
    console.press(&(flood + "q"));
    console.ended();
    let view = home.view();
    assert!(view.checkpoints < 100, "{} checkpoints", view.checkpoints);
    assert_eq!(home.state(), "training");
}

#[test]
fn a_lock_on_the_marks_keeps_nobody_from_leaving_and_what_was_not_saved_is_said() {
    let home = Home::new();
    home.good(&format!("train --dataset demo {FIRST} --run x"));
    let marks = home.runs().join("x/marks.jsonl");
    let holder = File::create(&marks).unwrap();
    holder.lock().unwrap();
    let mut console = Console::open(home.path(), "attach x", 120, 36, &[]);
    console.wait_for("1500 rows ");
    console.press("\t");
    console.wait_for("▸Labels");
    console.press("x");
    // The table is read and drawn meanwhile.
    console.press("o");
    console.wait_for("sorted by y");
    console.leave();
    until("the last words", || console.text().contains("not saved: the mark of"), || console.text());
    assert!(console.text().contains("run x is finished"), "{}", console.text());
    drop(holder);
    assert_eq!(std::fs::read_to_string(&marks).unwrap(), "");
}
